"""How long the desk worked on tickets."""

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta

from django.db.models import Sum

from tickets.models import Ticket, TimeEntry
from tickets.queries.relations import absorbed_by, survivor_of


def times_of(ticket_ids: Collection[int]) -> list[TimeEntry]:
    """Return the entries of tickets without the removed ones, by the day of the work."""
    entries = TimeEntry.objects.filter(ticket__in=ticket_ids, removed_at=None)
    return list(entries.select_related("person", "ticket").order_by("worked_on", "pk"))


def time_of(ticket: Ticket, entry_id: int) -> TimeEntry | None:
    """Return an entry that was not removed, of the ticket or of one that was merged into it; None
    when it has none with this id.
    """
    entries = TimeEntry.objects.filter(pk=entry_id, removed_at=None)
    joined = entries.select_related("person", "ticket__contract", "ticket__organization")
    entry = joined.order_by("pk").first()
    return entry if entry is not None and survivor_of(entry.ticket).pk == ticket.pk else None


def has_time(ticket: Ticket) -> bool:
    """Tell whether time was entered for the ticket or for one that was merged into it."""
    ids = [ticket.pk, *(each.pk for each in absorbed_by(ticket))]
    return TimeEntry.objects.filter(ticket__in=ids, removed_at=None).exists()


def time_worked(ticket_ids: Iterable[int]) -> Mapping[int, timedelta]:
    """Return ticket id -> the time worked, for every id. Runs one query."""
    ids = list(ticket_ids)
    entries = TimeEntry.objects.filter(ticket__in=ids, removed_at=None).order_by()
    sums = dict(entries.values_list("ticket").annotate(Sum("minutes")))
    return {pk: timedelta(minutes=sums.get(pk, 0)) for pk in ids}
