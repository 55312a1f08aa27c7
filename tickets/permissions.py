"""May this person do this with this ticket? Seeing it is ``queries.visible_to`` alone."""

from datetime import datetime

from foundation.accounts.models import User
from foundation.accounts.queries import membership_of
from foundation.accounts.roles import ACTS_FOR_ORGANIZATION, RAISES_TICKETS, Capability
from tickets.models import Ticket
from tickets.states import FINAL, State, Who


def can_work(user: User, ticket: Ticket) -> bool:
    """Answer, note, classify: the desk always, a higher level for what it holds."""
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
    """Tell whether what the customer writes now becomes a new ticket: this one has
    ended for good.
    """
    return ticket.state in FINAL and not can_be_reopened(ticket, at)


def standing(user: User, ticket: Ticket) -> frozenset[Who]:
    """Return as whom this person stands before the ticket, in the words of the transition table.

    A consultant holds what is assigned to them, and anything that was sent to a level above the
    desk.
    """
    found: set[Who] = set()
    if user.can(Capability.WORK_TICKETS):
        found |= {Who.DESK, Who.HOLDER}
    elif user.can(Capability.HOLD_TICKETS) and (
        ticket.assignee_id == user.pk or (ticket.team is not None and ticket.team.level > 1)
    ):
        found.add(Who.HOLDER)
    if not user.is_staff:
        membership = membership_of(user.pk, ticket.organization_id)
        if membership is not None:
            is_own = ticket.requester_id == user.pk and membership.has_role(*RAISES_TICKETS)
            if is_own or membership.has_role(*ACTS_FOR_ORGANIZATION):
                found.add(Who.REQUESTER)
    return frozenset(found)
