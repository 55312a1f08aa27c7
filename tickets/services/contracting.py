"""Change of a ticket's contract, which decides its policy, its matrix and its billing."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.models import Contract
from foundation.accounts.queries import acting_person
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from foundation.core.classification import Impact, Urgency
from foundation.core.errors import Invalid
from foundation.core.events import publish
from foundation.core.texts import is_blank
from tickets import verbs
from tickets.events import TicketContractChanged
from tickets.models import MessageKind, Ticket
from tickets.services.base import (
    change_ticket,
    changes_between,
    codes_of,
    record_ticket,
    require_version,
)
from tickets.services.conversation import write_message
from tickets.services.errors import ActionNotAllowed, DetailsMissing
from tickets.services.terms import leaves_contract, matrix_under, terms_under
from tickets.states import OPEN_STATES


@transaction.atomic
def change_contract(
    *,
    ticket: Ticket,
    contract: Contract,
    reason: str,
    from_start: bool,
    by: Actor,
    at: datetime,
    expected_version: int | None = None,
) -> Ticket:
    """Move an open ticket to another contract of its organization. The new matrix sets the
    priority, the new policy sets the targets.

    ``from_start`` corrects a contract that was wrong at the arrival: open clocks are measured again
    from there. Otherwise the time used is kept. Raises ``ActionNotAllowed`` (only supervisors of
    the desk, only open tickets), ``Invalid`` (the contract that binds it, or another customer's),
    ``DetailsMissing`` without a ``reason``, or ``StaleTicket``. The reason becomes an internal
    note.
    """
    require_version(ticket, expected_version)
    _check(ticket, contract, reason, by)
    before = codes_of(ticket)
    terms = terms_under(ticket, contract, ticket.received_at if from_start else at)
    priority = matrix_under(ticket, terms)[Urgency(ticket.urgency), Impact(ticket.impact)]
    change_ticket(ticket, at=at, priority=priority, **terms.columns(ticket, at))
    changed = changes_between(before, codes_of(ticket))
    text = _("Reason for the change of contract: %(reason)s") % {"reason": reason.strip()}
    note = write_message(
        ticket=ticket, kind=MessageKind.NOTE, body=text, is_from_staff=True, by=by, at=at
    )
    record_ticket(
        ticket,
        verbs.CONTRACT_CHANGED,
        by=by,
        at=at,
        changed=changed,
        from_start=from_start,
        note=note.pk,
    )
    publish(
        TicketContractChanged(
            organization_id=ticket.organization_id,
            at=at,
            ticket_id=ticket.pk,
            ticket=ticket,
            from_start=from_start,
            leaves_contract=leaves_contract(changed),
        )
    )
    return ticket


def _check(ticket: Ticket, contract: Contract, reason: str, by: Actor) -> None:
    if not acting_person(by).can(Capability.SUPERVISE) or ticket.state not in OPEN_STATES:
        raise ActionNotAllowed(
            _(
                "Only a supervisor of the desk can change the contract, and only of tickets that "
                "are neither solved nor ended."
            )
        )
    if (
        contract.organization_id != ticket.organization_id
        or ticket.binding_contract_id == contract.pk
    ):
        raise Invalid(
            _("Choose another contract of the same customer."),
            fields={"contract": _("Choose another one.")},
        )
    if is_blank(reason):
        raise DetailsMissing(
            _("Give the reason for the change of contract."),
            fields={"reason": _("Say why: it stays with the ticket.")},
        )
