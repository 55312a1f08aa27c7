"""Tickets that who has them has snoozed."""

from datetime import datetime

from django.db.models import Q, QuerySet

from tickets.models import Snooze, Ticket


def snooze_of(ticket: Ticket) -> Snooze | None:
    return Snooze.objects.filter(ticket=ticket).order_by("pk").first()


def snoozed(tickets: QuerySet[Ticket], at: datetime) -> QuerySet[Ticket]:
    """Return those that are snoozed now; a missed clock brings one back."""
    return tickets.filter(pk__in=_snoozed_now(at)).exclude(next_due_at__lte=at)


def not_snoozed(tickets: QuerySet[Ticket], at: datetime) -> QuerySet[Ticket]:
    """Return those that ``snoozed`` does not."""
    return tickets.filter(Q(next_due_at__lte=at) | ~Q(pk__in=_snoozed_now(at)))


def due_to_wake(at: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (organization, ticket) of the tickets that come back, by their time or by a missed
    clock, at most ``limit``.
    """
    comes_back = Q(until__lte=at) | Q(ticket__next_due_at__lte=at)
    due = Snooze.objects.filter(comes_back).order_by("until", "pk")
    return list(due.values_list("organization_id", "ticket_id")[:limit])


def _snoozed_now(at: datetime) -> QuerySet[Snooze, dict[str, int]]:
    return Snooze.objects.filter(until__gt=at).order_by().values("ticket")
