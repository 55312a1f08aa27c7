"""Writes to the ticket columns that other apps compute. They leave ``updated_at`` and ``version``
unchanged (DECISIONS 13).
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
    """Write the columns by which the queue sorts and filters, to the row and to the instance.
    ``sla`` calls it in the transaction that changed the clocks.
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
    """Set when a solved ticket closes automatically and when its requester is reminded. Skip a
    ticket in another state.
    """
    Ticket.objects.filter(pk=ticket_id, state=State.SOLVED).update(
        validation_due_at=due_at, validation_reminder_at=reminder_at
    )


def move_validation_term(*, ticket_id: int, due_at: datetime, reminder_at: datetime) -> None:
    """Move the end of a running validation period. A reminder that was sent is not scheduled again:
    its column is null.
    """
    solved = Ticket.objects.filter(pk=ticket_id, state=State.SOLVED)
    solved.update(validation_due_at=due_at)
    solved.filter(validation_reminder_at__isnull=False).update(validation_reminder_at=reminder_at)


def set_reopen_window(*, ticket_id: int, until: datetime | None) -> None:
    """Set until when a closed ticket can be reopened; None if it cannot. Otherwise a message of the
    customer raises a new ticket.
    """
    Ticket.objects.filter(pk=ticket_id, state=State.CLOSED).update(reopen_ends_at=until)


@transaction.atomic
def remind_of_validation(*, ticket: Ticket, at: datetime) -> bool:
    """Remind the requester to validate the solution. Clear ``validation_reminder_at`` by
    compare-and-set; return False, without a letter, if the requester was reminded before.
    """
    if ticket.validation_reminder_at is None:
        return False
    claimed = Ticket.objects.filter(
        pk=ticket.pk, state=State.SOLVED, validation_reminder_at=ticket.validation_reminder_at
    ).update(validation_reminder_at=None)
    if claimed:
        notices.notify_validation_reminder(ticket=ticket, at=at)
    return bool(claimed)
