"""Assignment of tickets to people. An assignee does not imply the state *assigned* (SPEC 3.8)."""

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
from foundation.duty.wording import last_day
from tickets import verbs, work_notices
from tickets.events import TicketAssigned
from tickets.models import Ticket
from tickets.permissions import can_assign
from tickets.services.base import (
    change_ticket,
    is_member,
    record_ticket,
    require_version,
)
from tickets.services.errors import ActionNotAllowed
from tickets.services.snoozing import end_snooze
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
    """Set the assignee; None clears it. If the ticket has no desk owner, an assignee of the desk
    becomes it.

    Raises ``ActionNotAllowed`` (no permission, or the ticket has ended), ``Invalid`` (the person
    does not attend tickets, does not serve the organization, is not in the group that holds the
    ticket, or is absent) or ``StaleTicket``. An unchanged assignee writes nothing.
    """
    require_version(ticket, expected_version)
    if not can_assign(acting_person(by), ticket) or ticket.state in FINAL:
        raise ActionNotAllowed(
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
    _require_member(assignee, ticket)
    _require_present(assignee, at)
    return give(ticket, assignee, by, at)


@transaction.atomic
def assign_automatically(*, ticket: Ticket, assignee: User, by: Actor, at: datetime) -> Ticket:
    """Assign the ticket on behalf of a rule; ``by`` is a system actor. The caller has chosen a
    person on duty: absences are not checked here.

    Raises ``Invalid`` if the ticket has ended, or the person does not attend tickets, does not
    serve the organization or is not in the group that holds the ticket.
    """
    if ticket.state in FINAL:
        raise Invalid(_("%(number)s has ended.") % {"number": ticket.number})
    if not assignee.can(Capability.HOLD_TICKETS) or not serves(assignee, ticket.organization_id):
        raise Invalid(
            _("%(person)s does not attend tickets of %(organization)s.")
            % {"person": assignee, "organization": ticket.organization}
        )
    _require_member(assignee, ticket)
    return give(ticket, assignee, by, at)


def give(
    ticket: Ticket, assignee: User | None, by: Actor, at: datetime, *, is_told: bool = True
) -> Ticket:
    """Write the assignee of a ticket whose row is locked, or was checked by its version; the
    callers check who may be given it, and tell them of many tickets at once without ``is_told``. An
    unchanged assignee writes nothing.
    """
    if (assignee.pk if assignee else None) == ticket.assignee_id:
        return ticket
    old = ticket.assignee_id
    changes: dict[str, User | None] = {"assignee": assignee}
    if ticket.owner_id is None and assignee is not None and assignee.can(Capability.WORK_TICKETS):
        changes["owner"] = assignee
    change_ticket(ticket, at=at, **changes)
    end_snooze(ticket)
    record_ticket(ticket, verbs.ASSIGNED, by=by, at=at, **{"from": old, "to": ticket.assignee_id})
    publish_assigned(ticket=ticket, at=at)
    is_still_theirs = ticket.assignee_id == (assignee.pk if assignee else None)  # by the handlers
    if is_told and is_still_theirs:
        work_notices.notify_assigned(ticket=ticket, by=by, at=at)
    return ticket


def publish_assigned(*, ticket: Ticket, at: datetime) -> None:
    """Publish ``TicketAssigned`` after the ticket got another assignee, or none."""
    publish(
        TicketAssigned(
            organization_id=ticket.organization_id,
            at=at,
            ticket_id=ticket.pk,
            ticket=ticket,
            assignee_id=ticket.assignee_id,
            team_id=ticket.team_id,
        )
    )


def _require_member(assignee: User | None, ticket: Ticket) -> None:
    """Raise ``Invalid`` for a person outside the group that holds the ticket: who is assigned can
    act (SPEC 3.8).
    """
    if assignee is None or is_member(assignee, ticket):
        return
    raise Invalid(
        _("%(person)s is not in %(group)s, which holds %(number)s.")
        % {"person": assignee, "group": ticket.team, "number": ticket.number},
        fields={
            "assignee": _("Choose a member of the group, or return the ticket to the desk first.")
        },
    )


def _require_present(assignee: User | None, at: datetime) -> None:
    """Raise ``Invalid`` for a person who is absent at ``at``, and name their substitute (SPEC
    3.12).
    """
    absence = absence_of(assignee.pk, at) if assignee is not None else None
    if absence is None:
        return
    words = _("%(person)s is away until %(day)s.") % {
        "person": assignee,
        "day": last_day(absence),
    }
    hint = (
        _("In their place: %(substitute)s.") % {"substitute": absence.substitute}
        if absence.substitute
        else _("Choose somebody else.")
    )
    raise Invalid(f"{words} {hint}", fields={"assignee": hint})
