"""Tickets of people who cannot work on them any more: they left, lost the customer or the group, or
are away. Nobody keeps a ticket silently: it goes on to a substitute, or back, with a note (SPEC
3.12).
"""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from foundation.accounts.models import User
from foundation.accounts.roles import Capability
from foundation.accounts.tenancy import organization_scope
from foundation.core.actor import system_actor
from foundation.duty.models import Absence
from foundation.duty.queries import substitute_at
from foundation.duty.wording import last_day
from tickets import queries, work_notices
from tickets.models import MessageKind, Ticket
from tickets.services.assignment import give
from tickets.services.base import change_ticket, is_member, locked_tickets, may_hold
from tickets.services.conversation import write_message
from tickets.services.ticket_tasks import release_tasks

RETURNS = system_actor("return of tickets")
AT_ONCE = 50  # tickets of one transaction and one letter
_RELATED = ("organization", "requester", "assignee", "owner", "team")


@transaction.atomic
def return_tickets(*, holder: User, at: datetime) -> int:
    """Give the active tickets of somebody who left, or who no longer serves their customers or is
    in the group that holds them, back to the desk or the group, each with a note; return how many.

    ``holder`` stops being assignee, desk owner and owner of a task of each ticket that they may not
    hold any more. Nobody stays assigned who could not be assigned.
    """
    returned = 0
    for ticket in locked_tickets(queries.tickets_not_for(holder), *_RELATED):
        stays = may_hold(holder, ticket)
        if not stays:
            if ticket.owner_id == holder.pk:
                change_ticket(ticket, at=at, owner=None)
            release_tasks(ticket=ticket, owner=holder, by=RETURNS, at=at)
            words = gettext_noop("%(person)s does not attend this customer any more.")
        elif ticket.assignee_id == holder.pk and not is_member(holder, ticket):
            words = gettext_noop("%(person)s is not in %(group)s any more.")
        else:
            continue
        if ticket.assignee_id == holder.pk:
            give(ticket, None, RETURNS, at)
        _note(ticket, words, holder, None, at)
        returned += 1
    return returned


@transaction.atomic
def return_resumed(*, ticket_id: int, at: datetime) -> None:
    """Give a ticket that goes on back, if its assignee or desk owner may not hold it any more."""
    ticket = Ticket.objects.select_related("assignee", "owner").get(pk=ticket_id)
    for holder in {ticket.assignee, ticket.owner} - {None}:
        return_tickets(holder=holder, at=at)


def hand_over(*, absence_id: int, at: datetime) -> int:
    """Give the active tickets of somebody who is away on to their substitute, or back to the desk
    or the group that holds them, each with a note; return how many. What comes to them in their
    absence goes the same way. Needs a scope over every customer; works in portions, and goes on
    after a crash.

    The substitute gets what they may be given and are there for, beyond their limit too. One letter
    for each portion tells them, or the supervisors of the customer or the group about what came
    back.
    """
    absence = Absence.objects.select_related("person", "substitute").get(pk=absence_id)
    if not absence.is_to_hand_over(at):
        return 0
    handed = 0
    for organization_id, ids in queries.assigned_by_customer(absence.person).items():
        with organization_scope(organization_id):
            for start in range(0, len(ids), AT_ONCE):
                handed += _hand_over(absence, ids[start : start + AT_ONCE], at)
    return handed


@transaction.atomic
def _hand_over(absence: Absence, ticket_ids: Sequence[int], at: datetime) -> int:
    person = absence.person
    substitute = substitute_at(absence, at)
    passed: list[Ticket] = []
    returned: list[Ticket] = []
    for ticket in locked_tickets(ticket_ids, *_RELATED):
        if person.pk not in {ticket.assignee_id, ticket.owner_id} or not ticket.is_active:
            continue
        heir = substitute if substitute and may_hold(substitute, ticket) else None
        is_assigned = ticket.assignee_id == person.pk
        takes = heir if heir is not None and is_member(heir, ticket) else None
        if ticket.owner_id == person.pk:
            follows = heir is not None and heir.can(Capability.WORK_TICKETS)
            change_ticket(ticket, at=at, owner=heir if follows else None)
        if is_assigned:
            give(ticket, takes, RETURNS, at, is_told=False)
        if takes if is_assigned else ticket.owner is not None:
            passed.append(ticket)
        elif is_assigned:
            returned.append(ticket)
        words = gettext_noop("%(person)s is away until %(day)s.")
        _note(ticket, words, person, absence, at, is_assigned=is_assigned)
    work_notices.notify_handed_over(
        absence=absence, heir=substitute, passed=passed, returned=returned, at=at
    )
    return len(passed) + len(returned)


def _note(
    ticket: Ticket,
    words: str,
    person: User,
    absence: Absence | None,
    at: datetime,
    *,
    is_assigned: bool = True,
) -> None:
    """Write an internal note with what happened and where the ticket is now, in the language of
    the installation. Without ``is_assigned`` the person only followed it up.
    """
    with translation.override(settings.LANGUAGE_CODE):
        day = last_day(absence) if absence is not None else ""
        happened = _(words) % {"person": person, "group": ticket.team, "day": day}
        if not is_assigned:
            now = _("Desk owner: %(owner)s.") % {"owner": ticket.owner or "—"}
        elif ticket.assignee is not None:
            now = _("Assigned to %(assignee)s.") % {"assignee": ticket.assignee}
        elif ticket.team is not None:
            now = _("Back to %(group)s.") % {"group": ticket.team}
        else:
            now = _("Back to the desk.")
        write_message(
            ticket=ticket,
            kind=MessageKind.NOTE,
            body=f"{happened} {now}",
            is_from_staff=True,
            by=RETURNS,
            at=at,
        )
