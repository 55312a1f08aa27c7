"""A reply that takes a step of the life cycle in the same act."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from foundation.core.actor import Actor
from tickets.models import Ticket
from tickets.services.base import require_version
from tickets.services.details import TransitionDetails
from tickets.services.lifecycle import transition_ticket
from tickets.states import START, WITH_REPLY, Transition


def steps_with_reply(ticket: Ticket, possible: Sequence[Transition]) -> list[Transition]:
    """Return the steps that a person may take with a reply: those of the ``possible`` ones, and
    those that would be once the work on the ticket has started.
    """
    if START not in possible:
        return [step for step in WITH_REPLY if step in possible]
    return [step for step in WITH_REPLY if step.target != ticket.state]


@transaction.atomic
def reply_and_step(
    *,
    ticket: Ticket,
    name: str,
    details: TransitionDetails,
    by: Actor,
    at: datetime,
    expected_version: int | None = None,
) -> Ticket:
    """Take a step of ``WITH_REPLY``, whose message is the reply: one message, one letter. Work that
    has not started is started first, which the record shows.

    Raises what ``transition_ticket`` raises.
    """
    require_version(ticket, expected_version)
    step = next((each for each in WITH_REPLY if each.name == name), None)
    if step is not None and ticket.state not in step.sources and ticket.state in START.sources:
        transition_ticket(ticket=ticket, name=START.name, by=by, at=at)
    return transition_ticket(ticket=ticket, name=name, details=details, by=by, at=at)
