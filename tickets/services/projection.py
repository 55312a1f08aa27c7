"""Columns of the ticket that other apps compute: they never touch ``updated_at`` or ``version``
(DECISIONS 13).
"""

from datetime import datetime

from django.db import transaction

from foundation.core.bulk import update_rows
from tickets import notices
from tickets.models import LAST, Ticket
from tickets.states import State


def set_clock_projection(
    *, ticket: Ticket, next_due_at: datetime | None, at_risk_at: datetime | None
) -> None:
    """Write what the queue sorts and filters by, and put it on the instance; called by ``sla`` in
    the transaction that moved the clocks.
    """
    ticket.next_due_at = next_due_at
    ticket.at_risk_at = at_risk_at
    ticket.queue_at = next_due_at or LAST
    Ticket.objects.filter(pk=ticket.pk).update(
        next_due_at=next_due_at, at_risk_at=at_risk_at, queue_at=ticket.queue_at
    )


def set_clock_projections(
    *, projections: dict[int, tuple[datetime | None, datetime | None]], organization_id: int
) -> None:
    """Write the same for many tickets of an organization: ticket id -> (next due, at risk)."""
    rows = [(pk, due, risk, due or LAST) for pk, (due, risk) in projections.items()]
    update_rows(
        Ticket, ("next_due_at", "at_risk_at", "queue_at"), rows, organization_id=organization_id
    )


def set_validation_term(*, ticket_id: int, due_at: datetime, reminder_at: datetime) -> None:
    """Write when a solved ticket closes by itself and when its requester is reminded."""
    Ticket.objects.filter(pk=ticket_id, state=State.SOLVED).update(
        validation_due_at=due_at, validation_reminder_at=reminder_at
    )


def move_validation_term(*, ticket_id: int, due_at: datetime, reminder_at: datetime) -> None:
    """Write the new end of a period that runs; a reminder that was sent is not sent again."""
    solved = Ticket.objects.filter(pk=ticket_id, state=State.SOLVED)
    solved.update(validation_due_at=due_at)
    solved.filter(validation_reminder_at__isnull=False).update(validation_reminder_at=reminder_at)


def set_reopen_window(*, ticket_id: int, until: datetime | None) -> None:
    """Write until when a closed ticket may be reopened; None: what follows is a new ticket."""
    Ticket.objects.filter(pk=ticket_id, state=State.CLOSED).update(reopen_ends_at=until)


@transaction.atomic
def remind_of_validation(*, ticket: Ticket, at: datetime) -> bool:
    """Remind the requester once that the solution waits for their answer; return whether it was
    done now.
    """
    claimed = Ticket.objects.filter(
        pk=ticket.pk, state=State.SOLVED, validation_reminder_at=ticket.validation_reminder_at
    ).update(validation_reminder_at=None)
    if claimed:
        notices.tell_validation_reminder(ticket=ticket, at=at)
    return bool(claimed)
