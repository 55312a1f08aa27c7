"""Queries that select tickets for the periodic sweeps."""

from datetime import datetime, timedelta

from django.db.models import Min

from foundation.accounts.tenancy import every_organization
from tickets.models import HeldMessage, Ticket
from tickets.states import State


def due_for_closing(at: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (organization id, ticket id) of solved tickets whose validation period has ended."""
    return list(
        Ticket.objects.filter(validation_due_at__lte=at, state=State.SOLVED)
        .order_by("validation_due_at", "pk")
        .values_list("organization_id", "pk")[:limit]
    )


def due_for_reminder(at: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (organization id, ticket id) of solved tickets whose reminder is due and
    was not sent.
    """
    return list(
        Ticket.objects.filter(
            validation_due_at__isnull=False, validation_reminder_at__lte=at, state=State.SOLVED
        )
        .order_by("validation_reminder_at", "pk")
        .values_list("organization_id", "pk")[:limit]
    )


def oldest_held(at: datetime) -> timedelta:
    """Return for how long the oldest held message that is due has waited to be sent; zero when none
    is due.
    """
    with every_organization(reason="the age of the oldest work says nothing of a customer"):
        waiting = HeldMessage.objects.filter(send_at__lte=at)
        oldest = waiting.aggregate(at=Min("send_at"))["at"]
    return at - oldest if oldest is not None else timedelta()


def due_to_send(at: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (organization id, id) of the held messages that are due, the earliest first."""
    rows = HeldMessage.objects.filter(send_at__lte=at).order_by("send_at", "pk")
    return list(rows.values_list("organization_id", "pk")[:limit])
