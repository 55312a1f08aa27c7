"""Assignment of tickets to people. An assignee does not imply the state *assigned* (SPEC 3.8)."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from foundation.accounts.models import User
from foundation.accounts.queries import acting_person, serves
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor, system_actor
from foundation.core.errors import Invalid
from foundation.core.events import publish
from foundation.duty.queries import absence_of
from tickets import notices, verbs
from tickets.events import TicketAssigned
from tickets.models import MessageKind, Ticket
from tickets.permissions import can_assign
from tickets.queries import active, open_tasks
from tickets.services.base import (
    change_ticket,
    locked_ticket,
    may_hold,
    record_ticket,
    require_version,
)
from tickets.services.conversation import write_message
from tickets.services.errors import ActionNotAllowed
from tickets.services.ticket_tasks import release_tasks
from tickets.states import FINAL

RETURNS = system_actor("return of tickets")


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


def give(ticket: Ticket, assignee: User | None, by: Actor, at: datetime) -> Ticket:
    """Write the assignee of a ticket whose row is locked, or was checked by its version; the
    callers check who may be given it. An unchanged assignee writes nothing.
    """
    if (assignee.pk if assignee else None) == ticket.assignee_id:
        return ticket
    old = ticket.assignee_id
    changes: dict[str, User | None] = {"assignee": assignee}
    if ticket.owner_id is None and assignee is not None and assignee.can(Capability.WORK_TICKETS):
        changes["owner"] = assignee
    change_ticket(ticket, at=at, **changes)
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
    notices.notify_assigned(ticket=ticket, by=by, at=at)
    return ticket


@transaction.atomic
def return_tickets(*, holder: User, at: datetime) -> int:
    """Give the active tickets of somebody who left, or who no longer serves their customers, back
    to the desk, each with a note; return how many.

    ``holder`` stops being assignee, desk owner and owner of a task of each ticket that they may not
    hold any more.
    Nobody stays assigned who could not be assigned.
    """
    tasks = open_tasks().filter(owner=holder).order_by().values("ticket")
    rows = active(Ticket.objects.filter(Q(assignee=holder) | Q(owner=holder) | Q(pk__in=tasks)))
    returned = 0
    for ticket_id in list(rows.order_by("pk").values_list("pk", flat=True)):
        ticket = locked_ticket(ticket_id, "organization", "requester", "assignee", "owner")
        if may_hold(holder, ticket):
            continue
        if ticket.owner_id == holder.pk:
            change_ticket(ticket, at=at, owner=None)
        if ticket.assignee_id == holder.pk:
            give(ticket, None, RETURNS, at)
        release_tasks(ticket=ticket, owner=holder, by=RETURNS, at=at)
        with translation.override(settings.LANGUAGE_CODE):
            text = _("%(person)s does not attend this customer any more: back to the desk.")
            write_message(
                ticket=ticket,
                kind=MessageKind.NOTE,
                body=text % {"person": holder},
                is_from_staff=True,
                by=RETURNS,
                at=at,
            )
        returned += 1
    return returned


def _require_member(assignee: User | None, ticket: Ticket) -> None:
    """Raise ``Invalid`` for a person outside the group that holds the ticket: who is assigned can
    act (SPEC 3.8).
    """
    if assignee is None or ticket.team_id is None or ticket.team_id in assignee.team_ids:
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
        "day": f"{absence.ends_at:%Y-%m-%d}",
    }
    hint = (
        _("In their place: %(substitute)s.") % {"substitute": absence.substitute}
        if absence.substitute
        else _("Choose somebody else.")
    )
    raise Invalid(f"{words} {hint}", fields={"assignee": hint})
