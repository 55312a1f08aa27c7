"""Triage: the desk confirms or changes the classification that the customer proposed (SPEC 3.7)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.models import Service
from foundation.accounts.queries import acting_person
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from foundation.core.classification import (
    Environment,
    Impact,
    Kind,
    Priority,
    Urgency,
)
from foundation.core.events import publish
from foundation.core.texts import is_blank
from tickets import verbs
from tickets.events import TicketClassified
from tickets.models import Message, MessageKind, Ticket
from tickets.permissions import can_classify
from tickets.services.base import (
    change_ticket,
    changes_between,
    codes_of,
    record_ticket,
    require_version,
)
from tickets.services.conversation import write_message
from tickets.services.errors import ActionNotAllowed, DetailsMissing
from tickets.services.terms import Terms, is_rebound, leaves_contract, matrix_under, terms_for
from tickets.states import OPEN_STATES


@dataclass(frozen=True, kw_only=True)
class Classification:
    impact: Impact
    urgency: Urgency
    kind: Kind
    service: Service
    environment: Environment = Environment.PRODUCTION


@transaction.atomic
def classify_ticket(
    *,
    ticket: Ticket,
    classification: Classification,
    by: Actor,
    at: datetime,
    reason: str = "",
    from_start: bool = False,
    expected_version: int | None = None,
) -> Ticket:
    """Set the classification, and the priority by the contract's matrix. Open clocks continue with
    the new targets. A service that the contract does not cover puts the ticket under the one that
    does, or out of contract (``terms_for``).

    ``from_start`` corrects a classification that was wrong at the arrival: open clocks are measured
    again from there (SPEC 4.8). It is for supervisors of the desk, and always with a reason. Raises
    ``ActionNotAllowed``, ``StaleTicket``, or ``DetailsMissing`` without a ``reason`` if a later
    classification changes values or any puts the ticket out of contract. The reason becomes an
    internal note. A handler of ``sla`` raises ``HidesBreach`` if the change would remove a breach,
    or take it out of the contract's figures. Saving equal values confirms the proposal
    and is recorded too.
    """
    require_version(ticket, expected_version)
    _check(ticket, by, from_start=from_start)
    is_first = ticket.classified_at is None
    before = codes_of(ticket)
    terms = terms_for(ticket, classification.service, at, from_start=from_start)
    _write(ticket, classification, terms, at)
    changed = changes_between(before, codes_of(ticket))
    is_change = bool(changed) or from_start
    note = _note_reason(ticket, reason, by, at) if is_change else None
    needs_reason = from_start or not is_first or leaves_contract(changed)
    if is_change and note is None and needs_reason:
        raise DetailsMissing(
            _("Give the reason for the new classification."),
            fields={"reason": _("Say why: it stays with the ticket.")},
        )
    record_ticket(
        ticket,
        verbs.CLASSIFIED,
        by=by,
        at=at,
        changed=changed,
        from_start=from_start,
        note=note.pk if note else None,
    )
    if is_change:
        publish(
            TicketClassified(
                organization_id=ticket.organization_id,
                at=at,
                ticket_id=ticket.pk,
                ticket=ticket,
                person_id=by.person_id,
                from_start=from_start,
                is_rebound=is_rebound(changed),
                leaves_contract=leaves_contract(changed),
            )
        )
    return ticket


def _write(ticket: Ticket, classification: Classification, terms: Terms, at: datetime) -> None:
    change_ticket(
        ticket,
        at=at,
        impact=classification.impact,
        urgency=classification.urgency,
        kind=classification.kind,
        service=classification.service,
        environment=classification.environment,
        support_type=classification.service.support_type,
        priority=priority_of(ticket, classification, terms),
        classified_at=at,
        **terms.columns(ticket, at),
    )


def _check(ticket: Ticket, by: Actor, *, from_start: bool) -> None:
    user = acting_person(by)
    if from_start and not user.can(Capability.SUPERVISE):
        raise ActionNotAllowed(
            _("Only a supervisor of the desk can apply a classification from the start.")
        )
    if not can_classify(user, ticket) or ticket.state not in OPEN_STATES:
        raise ActionNotAllowed(
            _("Only the desk can classify, and only tickets that are neither solved nor ended.")
        )


def priority_of(ticket: Ticket, classification: Classification, terms: Terms) -> Priority:
    """Return the priority of a classification by the matrix that binds under these terms (SPEC
    3.7).
    """
    return matrix_under(ticket, terms)[classification.urgency, classification.impact]


def _note_reason(ticket: Ticket, reason: str, by: Actor, at: datetime) -> Message | None:
    if is_blank(reason):
        return None
    text = _("Reason for the new classification: %(reason)s") % {"reason": reason.strip()}
    return write_message(
        ticket=ticket, kind=MessageKind.NOTE, body=text, is_from_staff=True, by=by, at=at
    )
