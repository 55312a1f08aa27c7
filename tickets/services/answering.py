"""Replies of the customer, which resume a pending-user ticket."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.queries import acting_person
from foundation.core.actor import Actor
from foundation.documents.checking import CheckedFile
from tickets import notices
from tickets.models import Message, MessageKind, Ticket
from tickets.permissions import can_write_as_customer
from tickets.queries import survivor_of
from tickets.services.base import lock_ticket
from tickets.services.conversation import publish_customer_replied, write_message
from tickets.services.details import TransitionDetails
from tickets.services.errors import ActionNotAllowed
from tickets.services.lifecycle import resume_after_answer, transition_ticket
from tickets.services.snoozing import end_snooze
from tickets.states import DECLINE, FINAL, State


@transaction.atomic
def reply_as_customer(
    *, ticket: Ticket, body: str, by: Actor, at: datetime, files: Sequence[CheckedFile] = ()
) -> Message:
    """Write the customer's reply and notify the assignee, otherwise the desk owner. Put a
    pending-user ticket back in progress (SPEC 3.8). The reply to a merged ticket is written on the
    one in which it goes on.

    Raises ``ActionNotAllowed`` if the ticket has ended, or for a person other than its requester, a
    coordinator or who follows it. Locks the row of the ticket on which it is written.
    """
    user = acting_person(by)
    written_on = ticket
    ticket = _lock_survivor(written_on)
    if not can_write_as_customer(user, written_on):
        raise ActionNotAllowed(
            _("Only its requester, a coordinator or who follows it can reply to this ticket.")
        )
    if ticket.state in FINAL:
        raise ActionNotAllowed(
            _("%(number)s has ended. Reopen it while that is possible, or send a follow-up.")
            % {"number": ticket.number}
        )
    message = write_message(
        ticket=ticket,
        kind=MessageKind.REPLY,
        body=body,
        is_from_staff=False,
        by=by,
        at=at,
        files=files,
        through=written_on if written_on.pk != ticket.pk else None,
    )
    end_snooze(ticket)
    if ticket.state == State.PENDING_USER:
        resume_after_answer(ticket=ticket, by=by, at=at)
    publish_customer_replied(ticket=ticket, message=message, at=at)
    notices.notify_customer_replied(ticket=ticket, message=message, at=at)
    return message


def _lock_survivor(ticket: Ticket) -> Ticket:
    """Return the ticket in which this one goes on, itself when it was not merged, with its row
    locked: nobody merges the two, or undoes it, until the commit.
    """
    while True:
        survivor = survivor_of(ticket)
        lock_ticket(survivor)
        if survivor is not ticket:
            ticket.refresh_from_db(fields=["merged_into"])
        if survivor_of(ticket).pk == survivor.pk:
            return survivor


@transaction.atomic
def answer_solution(
    *,
    ticket: Ticket,
    body: str,
    still_fails: bool,
    by: Actor,
    at: datetime,
    files: Sequence[CheckedFile] = (),
) -> Message:
    """Write the customer's reply on a solved ticket. If it still fails, the reply declines the
    solution and the work goes on; else it is a message alone (SPEC 3.11).

    Raises as ``transition_ticket`` or ``reply_as_customer`` do. Locks the ticket's row.
    """
    if not still_fails:
        return reply_as_customer(ticket=ticket, body=body, by=by, at=at, files=files)
    details = TransitionDetails(reason=body, files=tuple(files))
    transition_ticket(ticket=ticket, name=DECLINE.name, details=details, by=by, at=at)
    return Message.objects.filter(ticket=ticket).latest("pk")
