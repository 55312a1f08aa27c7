"""Permissions to act on a ticket. ``queries.visible_to`` alone decides who may read it."""

from datetime import datetime

from foundation.accounts.models import User
from foundation.accounts.queries import may_read, members_with_role, membership_of
from foundation.accounts.roles import ACTS_FOR_ORGANIZATION, RAISES_TICKETS, Capability
from tickets.models import Ticket
from tickets.queries import is_watched_by, survivor_of
from tickets.states import FINAL, State, Who


def can_work(user: User, ticket: Ticket) -> bool:
    """Tell whether this person may reply, write notes and assign: the desk on any ticket, a higher
    level on the tickets it holds.
    """
    return bool(standing(user, ticket) & {Who.DESK, Who.HOLDER})


def can_classify(user: User, ticket: Ticket) -> bool:
    return Who.DESK in standing(user, ticket)


def can_assign(user: User, ticket: Ticket) -> bool:
    return can_work(user, ticket)


def can_reply_as_customer(user: User, ticket: Ticket) -> bool:
    return Who.REQUESTER in standing(user, ticket)


def can_write_as_customer(user: User, ticket: Ticket) -> bool:
    """Tell whether this person of the customer may write on the ticket: its requester, a
    coordinator, or who follows it.
    """
    if can_reply_as_customer(user, ticket):
        return True
    follows = not user.is_staff and is_watched_by(ticket, user)
    return follows and membership_of(user.pk, ticket.organization_id) is not None


def may_follow(user: User, ticket: Ticket) -> bool:
    """Tell whether a person may be told what happens on a ticket: of the staff who sees tickets of
    the customer, or a valid user of the customer.
    """
    if user.is_staff and not user.can(Capability.SEE_TICKETS):
        return False
    return may_read(user.pk, ticket.organization_id)


def accepters(ticket: Ticket) -> list[User]:
    """Return the people of the customer who may accept a solution: the requester, then the
    coordinators by name.
    """
    coordinators = members_with_role(ticket.organization_id, *ACTS_FOR_ORGANIZATION)
    own = [ticket.requester] if can_reply_as_customer(ticket.requester, ticket) else []
    return own + [person for person in coordinators if person.pk != ticket.requester_id]


def can_be_reopened(ticket: Ticket, at: datetime) -> bool:
    """Tell whether a closed ticket is still inside its reopening window."""
    return (
        ticket.state == State.CLOSED
        and ticket.reopen_ends_at is not None
        and at <= ticket.reopen_ends_at
    )


def is_followed_up(ticket: Ticket, at: datetime) -> bool:
    """Tell whether a message of the customer now raises a new ticket: this one, or the one in which
    it goes on, has ended and cannot be reopened.
    """
    last = survivor_of(ticket)
    return last.state in FINAL and not can_be_reopened(last, at)


def holds(user: User, ticket: Ticket) -> bool:
    """Tell whether a member of the staff belongs to the level that holds the ticket: a member of
    its group or, without a group, the desk and the assignee (SPEC 3.8).
    """
    if ticket.team_id is not None:
        return ticket.team_id in user.team_ids
    return user.can(Capability.WORK_TICKETS) or ticket.assignee_id == user.pk


def standing(user: User, ticket: Ticket) -> frozenset[Who]:
    """Return the roles of this person on the ticket, as the transition table names them; empty for
    none.
    """
    parties: set[Who] = set()
    if user.can(Capability.WORK_TICKETS):
        parties.add(Who.DESK)
    if user.can(Capability.HOLD_TICKETS) and holds(user, ticket):
        parties.add(Who.HOLDER)
        if Who.DESK in parties and (ticket.team is None or ticket.team.level == 1):
            parties.add(Who.FIRST_LEVEL)
    if not user.is_staff:
        membership = membership_of(user.pk, ticket.organization_id)
        if membership is not None:
            is_own = ticket.requester_id == user.pk and membership.has_role(*RAISES_TICKETS)
            if is_own or membership.has_role(*ACTS_FOR_ORGANIZATION):
                parties.add(Who.REQUESTER)
    return frozenset(parties)
