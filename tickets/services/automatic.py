"""Automatic assignment: by skill, schedule and load, or because a person asks for their next ticket
(SPEC 3.12). Each choice is kept with its reasons.
"""

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.models import User
from foundation.accounts.queries import acting_person
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor, system_actor
from foundation.duty.standing import standings
from tickets import queries
from tickets.choosing import Bar, Choice, Wanted, choose
from tickets.models import AssignmentChoice, GroupAssignment, Ticket
from tickets.services.assignment import give
from tickets.services.base import is_member, locked_ticket, may_hold
from tickets.services.errors import ActionNotAllowed

logger = logging.getLogger(__name__)

ASSIGNER = system_actor("automatic assignment")
MOST_WAITING = 2_000  # tickets looked at in one run, the most urgent ones
MOST_GIVEN = 100  # tickets given in one run: the next one reads shifts and absences anew
MOST_ASKED = 500  # tickets looked at for one person's next ticket
_AT_ONCE = 100
_RELATED = ("organization", "requester", "assignee", "owner", "service", "team")


def assign_waiting(*, at: datetime) -> int:
    """Give the waiting tickets of the groups with automatic assignment to people, the most urgent
    first, at most ``MOST_GIVEN``; return how many. Needs a scope over every customer. A ticket that
    cannot be given is logged and left to the next run.
    """
    given = 0
    planned = queries.plan(at, MOST_WAITING, only_with_room=True)
    ids = [each.ticket.pk for each in planned if each.choice.person_id is not None]
    for ticket_id in ids[:MOST_GIVEN]:
        try:
            choice = assign_by_choice(ticket_id=ticket_id, at=at)
        except Exception:
            logger.exception("Ticket %s could not be assigned automatically", ticket_id)
            continue
        given += choice is not None and choice.person_id is not None
    return given


@transaction.atomic
def assign_by_choice(*, ticket_id: int, at: datetime) -> Choice | None:
    """Choose a person for a ticket, give it to them and keep the choice. Returns None when the
    ticket does not wait any more, and a choice of nobody when nobody can take it. Needs a scope
    over every customer.
    """
    ticket = locked_ticket(ticket_id, *_RELATED)
    if not queries.is_waiting(ticket):
        return None
    _lock_choices()
    pool = queries.pool_on(queries.automatic_groups(), at)
    wanted = queries.wanted_by([ticket])[ticket.pk]
    choice = choose(wanted, pool.candidates_for(ticket))
    if choice.person_id is not None:
        give(ticket, pool.people[choice.person_id], ASSIGNER, at)
        _keep(ticket, choice, at)
    return choice


def forget_groups() -> None:
    """Have the groups with automatic assignment read again, after the commit."""
    transaction.on_commit(lambda: cache.delete(queries.GROUPS_KEY), robust=True)


@dataclass(frozen=True)
class NextTicket:
    """The most urgent ticket that a person can work on; None when there is none. ``is_new``: it was
    given to them now. ``bar``: they are at their limit or away, so that only their own come.
    """

    ticket: Ticket | None = None
    is_new: bool = False
    bar: Bar | None = None


def next_ticket(*, by: Actor, at: datetime, skipping: Collection[int] = frozenset()) -> NextTicket:
    """Return the most urgent ticket that waits for the desk and that the person behind ``by`` has,
    or can take: then it is given to them. ``skipping`` are ids of tickets that they do not want
    now.

    Taken are tickets without an assignee that the desk holds, or a group of theirs, for which they
    have the skills. Raises ``ActionNotAllowed`` for who attends no tickets.
    """
    person = acting_person(by)
    if not person.can(Capability.HOLD_TICKETS):
        raise ActionNotAllowed(_("You do not attend tickets."))
    candidate = queries.candidates_of(standings([person.pk], at))[person.pk]
    offered = queries.offered_to(person, skipping, at)
    own = offered.filter(assignee=person).first()
    bar = candidate.bar(Wanted(), is_asked_for=True)
    if bar is not None:
        return NextTicket(own, bar=bar)
    for some in _portions(list(offered[:MOST_ASKED])):
        wanted = queries.wanted_by(some)
        for ticket in some:
            if ticket.assignee_id == person.pk:
                return NextTicket(ticket)
            is_fit = candidate.bar(wanted[ticket.pk], is_asked_for=True) is None
            if is_fit and _take(ticket.pk, person, by, at):
                return NextTicket(ticket, is_new=True)
    return NextTicket(own)


@transaction.atomic
def _take(ticket_id: int, person: User, by: Actor, at: datetime) -> bool:
    """Give a ticket to the person who asks for one, if it still waits where they can take it and
    they still have room; return whether it is theirs.
    """
    ticket = locked_ticket(ticket_id, *_RELATED)
    if ticket.assignee_id == person.pk:
        return True
    is_theirs = may_hold(person, ticket) and is_member(person, ticket)
    is_offered = ticket.team_id is not None or person.can(Capability.WORK_TICKETS)
    if not (queries.is_waiting(ticket) and is_theirs and is_offered):
        return False
    _lock_choices()
    candidate = queries.candidates_of(standings([person.pk], at))[person.pk]
    choice = choose(queries.wanted_by([ticket])[ticket.pk], [candidate], is_asked_for=True)
    if choice.person_id is None:
        return False
    give(ticket, person, by, at)
    _keep(ticket, choice, at, is_asked_for=True)
    return True


def _lock_choices() -> None:
    """Let one choice be made at a time: two at once would both count the load of before."""
    list(GroupAssignment.objects.select_for_update().order_by("pk"))


def _portions(tickets: Sequence[Ticket]) -> Iterator[Sequence[Ticket]]:
    for start in range(0, len(tickets), _AT_ONCE):
        yield tickets[start : start + _AT_ONCE]


def _keep(ticket: Ticket, choice: Choice, at: datetime, *, is_asked_for: bool = False) -> None:
    AssignmentChoice.objects.create(
        organization_id=ticket.organization_id,
        ticket=ticket,
        person_id=choice.person_id,
        is_asked_for=is_asked_for,
        at=at,
        verdicts=[verdict.as_data() for verdict in choice.verdicts],
    )
