"""A request that was registered for the wrong customer is raised anew for the right one. A ticket
never changes its customer: nobody of either reads the other's (SPEC 3.13).
"""

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.queries import acting_person
from foundation.core.actor import Actor
from foundation.core.classification import Channel
from foundation.core.errors import Invalid
from tickets import verbs
from tickets.endings import EndCause
from tickets.models import Ticket
from tickets.services.base import lock_ticket, record_ticket, require_version, require_worker
from tickets.services.details import TransitionDetails
from tickets.services.lifecycle import possible_transitions, transition_ticket
from tickets.services.raising import NewTicket, Written, raise_ticket
from tickets.services.splitting import written_at
from tickets.services.times import Spent
from tickets.states import Transition

_ENDINGS = ("reject", "close_invalid")


@transaction.atomic
def raise_elsewhere(
    *,
    ticket: Ticket,
    request: NewTicket,
    reason: str,
    spent: Spent | None = None,
    by: Actor,
    at: datetime,
    expected_version: int | None = None,
) -> Ticket:
    """Raise for another customer what was registered for the wrong one, and end ``ticket`` with
    ``reason``, which its requester reads. Texts and files of ``request`` alone go with it: the
    conversation, the tasks and the time worked stay. The times of the new ticket run from when the
    old one arrived. The record of both has the other's number, for the staff alone. A ticket that
    is solved or has ended stays as it is.

    Raises ``ActionNotAllowed`` for a person who may not work on the ticket, ``StaleTicket``,
    ``Invalid`` for a requester of the same customer, and what raising and ending a ticket raise.
    """
    lock_ticket(ticket)
    require_version(ticket, expected_version)
    require_worker(ticket, by)
    if request.organization.pk == ticket.organization_id:
        words = _("%(number)s is of this customer already: change its requester instead.")
        words %= {"number": ticket.number}
        raise Invalid(words, fields={"membership": words})
    written = Written(written_at(ticket, None, at), Channel(ticket.channel))
    found = raise_ticket(request=replace(request, written=written), by=by, at=at)
    record_ticket(ticket, verbs.RAISED_ELSEWHERE, by=by, at=at, other=found.pk)
    record_ticket(found, verbs.CAME_FROM_ELSEWHERE, by=by, at=at, other=ticket.pk)
    ending = ending_elsewhere(ticket=ticket, by=by, at=at)
    if ending is not None:
        details = TransitionDetails(reason=reason, cause=EndCause.WRONG_CUSTOMER, spent=spent)
        transition_ticket(ticket=ticket, name=ending.name, details=details, by=by, at=at)
    return found


def ending_elsewhere(*, ticket: Ticket, by: Actor, at: datetime) -> Transition | None:
    """Return the step that ends a ticket which is raised for another customer; None when none can
    be taken, as of one that has ended.
    """
    possible = possible_transitions(ticket=ticket, user=acting_person(by), at=at)
    return next((each for each in possible if each.name in _ENDINGS), None)
