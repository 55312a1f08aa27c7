"""Tickets that who has them has put aside for a while."""

from datetime import datetime

from django.db.models import Q, QuerySet

from tickets.models import Snooze, Ticket


def snooze_of(ticket: Ticket) -> Snooze | None:
    return Snooze.objects.filter(ticket=ticket).order_by("pk").first()


def snoozed(tickets: QuerySet[Ticket], at: datetime) -> QuerySet[Ticket]:
    """Return those that are put aside now."""
    return tickets.filter(pk__in=_put_aside(at))


def not_snoozed(tickets: QuerySet[Ticket], at: datetime) -> QuerySet[Ticket]:
    """Return those that are not put aside now, and those with a missed clock: it brings them
    back.
    """
    return tickets.filter(Q(next_due_at__lte=at) | ~Q(pk__in=_put_aside(at)))


def due_to_wake(at: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (organization, ticket) of the tickets that come back, at most ``limit``."""
    due = Snooze.objects.filter(until__lte=at).order_by("until", "pk")
    return list(due.values_list("organization_id", "ticket_id")[:limit])


def _put_aside(at: datetime) -> QuerySet[Snooze, dict[str, int]]:
    return Snooze.objects.filter(until__gt=at).order_by().values("ticket")
