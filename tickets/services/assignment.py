"""Who attends a ticket. Having an assignee is not the state *assigned* (SPEC 3.8)."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.models import User
from foundation.accounts.queries import acting_person, serves
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from foundation.core.errors import Invalid
from foundation.core.events import publish
from foundation.duty.queries import absence_of
from tickets import notices, verbs
from tickets.events import TicketAssigned
from tickets.models import Ticket
from tickets.permissions import can_assign
from tickets.services.base import change_ticket, record_ticket
from tickets.services.errors import MayNotDo
from tickets.states import FINAL


@transaction.atomic
def assign_ticket(
    *,
    ticket: Ticket,
    assignee: User | None,
    by: Actor,
    at: datetime,
    expected_version: int | None = None,
) -> Ticket:
    """Give the ticket to a person, or to nobody. The first person of the desk to get it becomes its
    desk owner.

    Refuses with ``MayNotDo``, ``Invalid`` (the person cannot hold tickets, or is away) or
    ``StaleTicket``.
    """
    if not can_assign(acting_person(by), ticket) or ticket.state in FINAL:
        raise MayNotDo(
            _("%(number)s cannot be assigned by you, or it has ended.") % {"number": ticket.number}
        )
    if assignee is not None and not assignee.can(Capability.HOLD_TICKETS):
        raise Invalid(
            _("%(person)s does not attend tickets.") % {"person": assignee},
            fields={"assignee": _("Choose an agent.")},
        )
    if assignee is not None and not serves(assignee, ticket.organization_id):
        raise Invalid(
            _("%(person)s does not serve %(organization)s.")
            % {"person": assignee, "organization": ticket.organization},
            fields={"assignee": _("Choose an agent who serves this customer.")},
        )
    _require_present(assignee, at)
    return _give(ticket, assignee, by, at, expected_version)


@transaction.atomic
def assign_automatically(*, ticket: Ticket, assignee: User, by: Actor, at: datetime) -> Ticket:
    """Give the ticket to a person because a rule says so; ``by`` is a part of the system, which has
    chosen who is on duty.

    Refuses with ``Invalid`` who does not attend tickets or does not serve the customer, and a
    ticket that has ended.
    """
    if ticket.state in FINAL:
        raise Invalid(_("%(number)s has ended.") % {"number": ticket.number})
    if not assignee.can(Capability.HOLD_TICKETS) or not serves(assignee, ticket.organization_id):
        raise Invalid(
            _("%(person)s does not attend tickets of %(organization)s.")
            % {"person": assignee, "organization": ticket.organization}
        )
    return _give(ticket, assignee, by, at, None)


def _give(
    ticket: Ticket, assignee: User | None, by: Actor, at: datetime, expected_version: int | None
) -> Ticket:
    if (assignee.pk if assignee else None) == ticket.assignee_id:
        return ticket
    old = ticket.assignee_id
    changes: dict[str, User | None] = {"assignee": assignee}
    if ticket.owner_id is None and assignee is not None and assignee.can(Capability.WORK_TICKETS):
        changes["owner"] = assignee
    change_ticket(ticket, expected_version=expected_version, at=at, **changes)
    record_ticket(ticket, verbs.ASSIGNED, by=by, at=at, **{"from": old, "to": ticket.assignee_id})
    publish(
        TicketAssigned(
            organization_id=ticket.organization_id,
            at=at,
            ticket_id=ticket.pk,
            assignee_id=ticket.assignee_id,
            team_id=ticket.team_id,
        )
    )
    notices.tell_assigned(ticket=ticket, by=by, at=at)
    return ticket


def _require_present(assignee: User | None, at: datetime) -> None:
    """Refuse a person who is away: nobody would look at the ticket (SPEC 3.12)."""
    absence = absence_of(assignee.pk, at) if assignee is not None else None
    if absence is None:
        return
    words = _("%(person)s is away until %(day)s.") % {
        "person": assignee,
        "day": f"{absence.ends_at:%Y-%m-%d}",
    }
    hint = (
        _("In their place: %(substitute)s.") % {"substitute": absence.substitute}
        if absence.substitute
        else _("Choose somebody else.")
    )
    raise Invalid(f"{words} {hint}", fields={"assignee": hint})


@transaction.atomic
def assign_tickets(
    *, tickets: Sequence[Ticket], assignee: User | None, by: Actor, at: datetime
) -> int:
    """Give several tickets to one person, all or none; return how many changed hands."""
    before = {ticket.pk: ticket.assignee_id for ticket in tickets}
    for ticket in tickets:
        assign_ticket(ticket=ticket, assignee=assignee, by=by, at=at)
    return sum(1 for ticket in tickets if before[ticket.pk] != ticket.assignee_id)
