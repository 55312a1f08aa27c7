"""Permissions to act on a ticket. ``queries.visible_to`` alone decides who may read it."""

from datetime import datetime

from foundation.accounts.models import User
from foundation.accounts.queries import membership_of
from foundation.accounts.roles import ACTS_FOR_ORGANIZATION, RAISES_TICKETS, Capability
from tickets.models import Ticket
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


def can_be_reopened(ticket: Ticket, at: datetime) -> bool:
    """Tell whether a closed ticket is still inside its reopening window."""
    return (
        ticket.state == State.CLOSED
        and ticket.reopen_ends_at is not None
        and at <= ticket.reopen_ends_at
    )


def is_followed_up(ticket: Ticket, at: datetime) -> bool:
    """Tell whether a message of the customer now raises a new ticket: this one has ended and cannot
    be reopened.
    """
    return ticket.state in FINAL and not can_be_reopened(ticket, at)


def standing(user: User, ticket: Ticket) -> frozenset[Who]:
    """Return the roles of this person on the ticket, as the transition table names them; empty for
    none.

    A consultant is ``HOLDER`` of tickets assigned to them, and of every ticket whose team is above
    the desk's level.
    """
    parties: set[Who] = set()
    if user.can(Capability.WORK_TICKETS):
        parties |= {Who.DESK, Who.HOLDER}
    elif user.can(Capability.HOLD_TICKETS) and (
        ticket.assignee_id == user.pk or (ticket.team is not None and ticket.team.level > 1)
    ):
        parties.add(Who.HOLDER)
    if not user.is_staff:
        membership = membership_of(user.pk, ticket.organization_id)
        if membership is not None:
            is_own = ticket.requester_id == user.pk and membership.has_role(*RAISES_TICKETS)
            if is_own or membership.has_role(*ACTS_FOR_ORGANIZATION):
                parties.add(Who.REQUESTER)
    return frozenset(parties)
