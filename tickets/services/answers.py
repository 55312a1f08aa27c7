"""Reminders to a customer who does not answer the desk's question, and the closing after them. The
contract says after how many business days, how often, and with which code.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from catalog.models import Contract
from foundation.core.actor import system_actor
from foundation.core.events import publish
from tickets import notices, verbs
from tickets.events import AnswerTermEnded
from tickets.models import HeldMessage, Ticket
from tickets.services.base import lock_ticket, record_ticket
from tickets.services.lifecycle import close_without_answer
from tickets.states import ClosureCode, State

REMINDERS = system_actor("reminders")


def set_answer_due(*, ticket: Ticket, due_at: datetime | None, begins: bool = True) -> None:
    """Set when the next thing happens without an answer, in the row and in the instance; None:
    nothing does. ``begins``: no reminder was sent yet. Skip a ticket that waits for nobody.
    """
    values: dict[str, Any] = {"answer_due_at": due_at}
    if begins:
        values |= {"reminders_sent": 0, "is_closing_announced": False}
    waiting = Ticket.objects.filter(pk=ticket.pk, state=State.PENDING_USER)
    if waiting.update(**values):
        for name, value in values.items():
            setattr(ticket, name, value)


@transaction.atomic
def pursue_answer(*, ticket: Ticket, at: datetime) -> bool:
    """Do what is due on a ticket whose customer has not answered: remind them or, after the
    reminder that announced it, close it. Return False when nothing is due any more. Locks the row.

    A requester who may not read the ticket is not reminded, and nothing is closed behind their
    back: their time begins anew, in case they get access again.
    """
    lock_ticket(ticket)
    if ticket.answer_due_at is None or ticket.answer_due_at > at or _is_being_written_to(ticket):
        return False
    contract = ticket.binding_contract
    if contract is None or not contract.answer_days:
        set_answer_due(ticket=ticket, due_at=None)
    elif not notices.has_reader(ticket):
        set_answer_due(ticket=ticket, due_at=None)
        begin_another_term(ticket, at)
    elif ticket.closes_without_answer_at is not None:
        close_without_answer(
            ticket=ticket, code=ClosureCode(contract.no_answer_end), by=REMINDERS, at=at
        )
    elif ticket.reminders_sent < contract.answer_reminders or contract.no_answer_end:
        _remind(ticket, contract, at)
    else:
        set_answer_due(ticket=ticket, due_at=None, begins=False)
    return True


def _is_being_written_to(ticket: Ticket) -> bool:
    """Tell whether a message to the customer waits to be sent: it begins the time anew."""
    return HeldMessage.objects.filter(ticket=ticket, send_at__isnull=False).exists()


def _remind(ticket: Ticket, contract: Contract, at: datetime) -> None:
    ticket.reminders_sent += 1
    ticket.is_closing_announced = contract.closes_after(ticket.reminders_sent)
    ticket.save(update_fields=["reminders_sent", "is_closing_announced"])
    record_ticket(ticket, verbs.CUSTOMER_REMINDED, by=REMINDERS, at=at, count=ticket.reminders_sent)
    begin_another_term(ticket, at)
    notices.notify_reminder(ticket=ticket, at=at)


def begin_another_term(ticket: Ticket, at: datetime) -> None:
    """Begin the time to answer anew; of a ticket that waits for nobody nothing changes."""
    publish(AnswerTermEnded(organization_id=ticket.organization_id, at=at, ticket_id=ticket.pk))
    ticket.refresh_from_db(fields=["answer_due_at"])
