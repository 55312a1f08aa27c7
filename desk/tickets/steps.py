"""How the ticket page offers the steps of the life cycle: one act that comes next, and a menu."""

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import User
from tickets.models import Ticket
from tickets.permissions import can_work
from tickets.services import steps_with_reply
from tickets.states import FINAL, OPEN_STATES, PENDING, START, Effect, State, Transition

Group = tuple[str | Promise, list[Transition]]

WORK = _("Work")
WAIT = _("Wait")
HAND_OVER = _("Hand over")
CLOSE = _("Close")


def grouped(steps: Sequence[Transition]) -> list[Group]:
    """Return the steps by what they do, in the order of the menu; no empty group."""
    groups: list[Group] = [(label, []) for label in (WORK, WAIT, HAND_OVER, CLOSE)]
    by_label = dict(groups)
    for step in steps:
        by_label[_group_of(step)].append(step)
    return [(label, members) for label, members in groups if members]


def _group_of(step: Transition) -> str | Promise:
    if step.target in PENDING:
        return WAIT
    if step.target == State.ASSIGNED or Effect.ASSIGNS_OWNER in step.effects:
        return HAND_OVER
    if step.is_solution or step.target in FINAL:
        return CLOSE
    return WORK


def primary_act(ticket: Ticket, user: User, possible: Sequence[Transition]) -> str:
    """Return the act that comes next: ``start`` (take the ticket by starting work), ``assign``
    (take one that waits), ``solve``, or "" for none.
    """
    if ticket.state not in OPEN_STATES or not can_work(user, ticket):
        return ""
    if ticket.assignee_id is None:
        return "start" if START in possible and ticket.state not in PENDING else "assign"
    return "solve" if any(step.is_solution for step in steps_with_reply(ticket, possible)) else ""
