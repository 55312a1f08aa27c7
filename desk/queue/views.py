"""The queue: a list of tickets, most urgent first, with filters, saved views and acts on several
tickets at once. The address holds all of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk.frame import frame
from desk.queue.chips import chips_of
from desk.queue.columns import FIXED, OPTIONAL, joined
from desk.queue.people import people_with_load
from desk.queue.reading import PageReading
from desk.queue.rows import Row, rows_of
from desk.queue.saved import SaveViewForm
from desk.queue.steps import STEPS
from foundation.accounts.models import User
from foundation.accounts.roles import Capability
from foundation.core.classification import Impact, Urgency
from foundation.core.errors import NotFound
from tickets import queries
from tickets.services import MOST_AT_ONCE
from web.access import needs
from web.keyset import keyset_page
from web.queue.lists import (
    ANYWHERE,
    CLOSED,
    GROUP_LABELS,
    LISTS,
    ORDERS,
    Group,
    group_counts,
    group_of,
    in_group,
)
from web.queue.saved import saved_views
from web.requests import is_id, with_query
from web.tabs import Tab

PAGE_SIZE = 50
SEARCH_SIZE = 20  # rows with the sentence that was found are twice as tall
COUNTS_KEPT = 20  # seconds


@dataclass(frozen=True)
class Section:
    """Rows under one heading. A closed one has no rows: they are read when it is opened."""

    group: Group | None
    count: int | None = None
    rows: Sequence[Row] = field(default_factory=list)
    is_closed: bool = False

    @property
    def label(self) -> str:
        return str(GROUP_LABELS[self.group]) if self.group else ""


@require_safe
@needs(Capability.SEE_TICKETS)
def queue(request: HttpRequest) -> HttpResponse:
    """Show the list that the address asks for; ``selected`` are the tickets of an act that was
    refused.
    """
    now = timezone.now()
    reading = PageReading(request, now)
    is_grouped = reading.is_grouped
    is_complete = "complete" in request.GET  # without the script of the page
    words = reading.filter.words
    tickets = joined(reading.open_tickets, reading.columns)
    if words:  # they may be found in the requester's name
        tickets = tickets.select_related("requester")
    page = keyset_page(
        tickets,
        ORDERS[reading.order],
        SEARCH_SIZE if words else PAGE_SIZE,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    hits = queries.hits_of(page.rows, words, reader=reading.reader) if words else {}
    rows = rows_of(page.rows, now, reader=reading.reader, hits=hits, columns=reading.columns)
    if is_grouped:
        sections = _sections(reading, rows, has_more=bool(page.after))
    else:
        sections = [Section(None, rows=rows)] if rows else []
    context = {
        **frame(request),
        **_views_context(reading),
        "now": now,
        "reading": reading,
        "form": reading.filter.form,
        "chosen": reading.filter.chosen,
        "refusal": reading.refusal,
        "sections": sections,
        "is_empty": not any(section.rows or section.count for section in sections),
        "page": page,
        "heads": reading.heads(),
        "columns": reading.columns,
        "span": len(FIXED) + len(reading.columns) + 1,
        "column_choices": OPTIONAL,
        "can_work": reading.reader.can(Capability.WORK_TICKETS),
        "bulk_steps": STEPS,
        "most_at_once": MOST_AT_ONCE,
        "chips": chips_of(reading.filter, is_complete=is_complete),
        "people": people_with_load(now) if is_complete else [],
        "impacts": Impact,
        "urgencies": Urgency,
        "view_form": SaveViewForm(reader=reading.reader, auto_id="view_%s"),
        "left_out": reading.left_out.values(),
        "selected": _ids(request.GET.get("selected", "")),
        "shown": ",".join(str(ticket.pk) for ticket in page.rows),
    }
    return render(request, "desk/queue/page.html", context)


def _ids(text: str) -> set[int]:
    """Return the ids of a list in an address, at most ``PAGE_SIZE`` twice."""
    parts = text.split(",")[: 2 * PAGE_SIZE]
    return {int(part) for part in parts if is_id(part)}


def _sections(reading: PageReading, rows: Sequence[Row], *, has_more: bool) -> list[Section]:
    """Return the rows under their headings, with the number of tickets of each group; below the
    last row the groups that are closed.
    """
    by_group: dict[Group, list[Row]] = {}
    for row in rows:
        by_group.setdefault(group_of(row.ticket, reading.now), []).append(row)
    closed = [] if has_more else list(CLOSED)
    counts = group_counts(reading.tickets, {*by_group, *closed}, reading.now)
    found = [Section(group, counts[group], inside) for group, inside in by_group.items()]
    return found + [
        Section(group, counts[group], is_closed=True) for group in closed if counts[group]
    ]


@require_safe
@needs(Capability.SEE_TICKETS)
def group_rows(request: HttpRequest, group: str) -> HttpResponse:
    """Serve the rows of a closed group, which htmx requests when the reader opens it."""
    if group not in CLOSED:
        raise NotFound(_("There is nothing to show here."))
    reading = PageReading(request, timezone.now())
    tickets = in_group(reading.tickets, Group(group), reading.now)
    tickets = joined(tickets, reading.columns)
    page = keyset_page(tickets, ORDERS["clock"], PAGE_SIZE, after=request.GET.get("after", ""))
    context = {
        "now": reading.now,
        "rows": rows_of(page.rows, reading.now, reader=reading.reader, columns=reading.columns),
        "query": reading.query(),
        "columns": reading.columns,
        "span": len(FIXED) + len(reading.columns) + 1,
        "can_work": reading.reader.can(Capability.WORK_TICKETS),
        "group": group,
        "more": with_query(request.GET, after=page.after) if page.after else "",
        "flat": with_query(request.GET, sort="number", after=None),
    }
    return render(request, "desk/queue/_group.html", context)


@require_safe
@needs(Capability.SEE_TICKETS)
def news(request: HttpRequest) -> HttpResponse:
    """Serve the bar that says how many tickets of the list changed since the page was read."""
    now = timezone.now()
    reading = PageReading(request, now)
    since = _instant(request.GET.get("since", ""), now)
    changed = reading.tickets.filter(updated_at__gt=since)
    shown = _ids(request.GET.get("shown", ""))
    seen = queries.visible_to(reading.reader).filter(pk__in=shown, updated_at__gt=since)
    counts = queries.counts_up_to_limit(
        {"changed": changed, "seen": seen, "stayed": changed.filter(pk__in=shown)}
    )
    # those of the list, and those that were shown and have left it
    count = min(counts["changed"] + counts["seen"] - counts["stayed"], queries.COUNT_LIMIT)
    context = {"count": count, "address": with_query(request.GET, since=None, shown=None)}
    return render(request, "desk/queue/_news.html", context)


@require_safe
@needs(Capability.SEE_TICKETS)
def counts(request: HttpRequest) -> HttpResponse:
    """Serve the column of the lists with fresh counts."""
    reading = PageReading(request, timezone.now())
    return render(request, "desk/queue/_views.html", _views_context(reading))


@require_safe
@needs(Capability.SEE_TICKETS)
def choices(request: HttpRequest) -> HttpResponse:
    """Serve the filters with everything that may be chosen, which htmx requests after the page."""
    reading = PageReading(request, timezone.now())
    context = {"chips": chips_of(reading.filter, is_complete=True)}
    response = render(request, "desk/queue/_chips.html", context)
    patch_cache_control(response, private=True, max_age=60)
    return response


def _instant(text: str, now: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo is not None else now
    except (ValueError, OverflowError):
        return now


def _views_context(reading: PageReading) -> dict[str, Any]:
    known, counted_at = _kept_counts(reading.reader, reading.now)
    query = reading.query()
    return {
        "lists": [
            (each.icon, Tab(each.label, f"?view={name}", name == reading.name, known.get(name)))
            for name, each in LISTS.items()
            if name != ANYWHERE
        ],
        "saved_views": [(view, view.query == query) for view in saved_views(reading.reader)],
        "counted_ago": int((reading.now - counted_at).total_seconds()),
        "query": query,
    }


def forget_counts(reader: User) -> None:
    """Count anew for a person who has just changed tickets."""
    cache.delete_many([_counts_key(reader)])


def _counts_key(reader: User) -> str:
    return f"queue-counts-{reader.pk}"


def _kept_counts(reader: User, now: datetime) -> tuple[dict[str, int], datetime]:
    """Return the counts of the lists and when they were counted: at most ``COUNTS_KEPT`` ago."""
    key = _counts_key(reader)
    kept = cache.get(key)
    if kept is None:  # in plain JSON, as the cache keeps it
        kept = {"counts": queries.desk_counts(reader, now), "at": now.isoformat()}
        cache.set(key, kept, COUNTS_KEPT)
    return kept["counts"], datetime.fromisoformat(kept["at"])
