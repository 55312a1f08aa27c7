"""Rebuild clocks from the record: compute them again, compare with the stored rows, repair the
differences.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from foundation.calendars.arithmetic import CalendarError
from foundation.calendars.queries import Versions, calendar_versions_of
from sla.clocks.models import Announcement, Clock, ClockSegment
from sla.clocks.queries import LoadedClock
from sla.clocks.replay import (
    Replay,
    ReplayedClock,
    ReplayedFact,
    replay,
)
from sla.clocks.services.dating import put_dates, update_ticket_due_dates
from sla.policies.layers import Bound, policies_by_ids
from tickets.models import Ticket
from tickets.queries import timeline
from tickets.services.base import lock_ticket

_CLOCK = (
    "metric",
    "state",
    "policy_ids",
    "calendar_id",
    "priority",
    "target",
    "target_unit",
    "started_at",
    "due_at",
    "stopped_at",
    "used",
    "is_met",
    "breached_at",
    "announced_percent",
    "next_event_at",
    "at_risk_at",
    "remeasured_at",
)
_SEGMENT = (
    "cause",
    "policy_ids",
    "calendar_id",
    "priority",
    "target",
    "target_unit",
    "starts_at",
    "breached_at",
)


@dataclass(frozen=True)
class Difference:
    """A field of a clock in which the stored row and the record differ, with both values."""

    ticket: str
    clock: str
    field: str
    kept: Any
    recorded: Any

    def __str__(self) -> str:
        return (
            f"{self.ticket} {self.clock} {self.field}: kept {self.kept}, the record says "
            f"{self.recorded}"
        )


@dataclass(frozen=True)
class _Rebuilt:
    loaded: LoadedClock
    announcements: set[tuple[int, int]]
    replayed: ReplayedClock


@transaction.atomic
def rebuild_clocks(*, ticket: Ticket, write: bool) -> list[Difference]:
    """Compute a ticket's clocks from its record and return the differences from the stored rows.
    ``write`` repairs them.

    The ticket comes with its organization; its row is locked. Publishes no event and sends no
    letter. If the record lacks a key or a calendar has no date, returns one ``Difference`` and
    writes nothing.
    """
    lock_ticket(ticket)
    try:
        found = replay(
            ReplayedFact(entry.at, entry.verb, entry.payload) for entry in timeline(ticket)
        )
    except KeyError as missing:  # an old fact lacks a key that the replay needs
        return [Difference(ticket.number, "", "record", "not compared", f"lacks {missing}")]
    try:
        rebuilt = _rebuilt(ticket, found)
    except CalendarError as error:  # report it, and go on with the other tickets
        return [Difference(ticket.number, "", "dates", "not compared", str(error))]
    kept = {clock.pk: clock for clock in Clock.objects.filter(ticket=ticket).order_by("pk")}
    segments = _by_number(
        ClockSegment.objects.filter(clock__ticket=ticket).order_by("clock_id", "number")
    )
    announced = _announced(ticket)
    differences = [d for item in rebuilt for d in _compare(ticket, item, kept, segments, announced)]
    orphaned = [clock for pk, clock in kept.items() if pk not in found.clocks]
    differences += [
        Difference(ticket.number, clock.metric, "clock", clock.pk, None) for clock in orphaned
    ]
    if write and differences:
        _write(ticket, rebuilt, orphaned, segments)
    return differences


def _rebuilt(ticket: Ticket, replayed: Replay) -> list[_Rebuilt]:
    policies = policies_by_ids(
        segment.policy_ids for clock in replayed.clocks.values() for segment in clock.segments
    )
    versions = calendar_versions_of(ticket.organization)
    return [
        _rows(ticket, clock, policies, versions, replayed) for clock in replayed.clocks.values()
    ]


def _rows(
    ticket: Ticket, replayed: ReplayedClock, policies: Bound, versions: Versions, whole: Replay
) -> _Rebuilt:
    """Return the unsaved rows that result from the record."""
    same = {"organization_id": ticket.organization_id}
    clock = Clock(
        pk=replayed.clock_id,
        ticket=ticket,
        metric=replayed.metric,
        state=replayed.state,
        policy_ids=replayed.policy_ids,
        calendar_id=replayed.segments[-1].calendar_id,
        priority=replayed.priority,
        target=replayed.segments[-1].target,
        target_unit=replayed.segments[-1].target_unit,
        started_at=replayed.started_at,
        due_at=replayed.due_at,
        stopped_at=replayed.stopped_at,
        used=replayed.used,
        is_met=replayed.is_met,
        breached_at=replayed.breached_at,
        announced_percent=replayed.announced_percent,
        remeasured_at=replayed.remeasured_at,
        **same,
    )
    segments = [
        ClockSegment(
            clock_id=replayed.clock_id,
            number=s.number,
            **{name: getattr(s, name) for name in _SEGMENT},
            **same,
        )
        for s in replayed.segments
    ]
    loaded = LoadedClock(clock, policies, segments, whole.intervals, versions)
    if replayed.is_live:
        put_dates(clock, loaded.reading())
    return _Rebuilt(
        loaded, {(number, percent) for number, percent, _at in replayed.announcements}, replayed
    )


def _compare(
    ticket: Ticket,
    item: _Rebuilt,
    kept: dict[int, Clock],
    segments: dict[tuple[int, int], ClockSegment],
    announced: dict[int, set[tuple[int, int]]],
) -> Iterable[Difference]:
    clock = item.loaded.clock
    row = kept.get(clock.pk)
    if row is None:
        yield Difference(ticket.number, clock.metric, "clock", None, clock.pk)
        return
    for name in _CLOCK:
        if getattr(row, name) != getattr(clock, name):
            yield Difference(
                ticket.number, clock.metric, name, getattr(row, name), getattr(clock, name)
            )
    for segment in item.loaded.segments:
        old = segments.get((clock.pk, segment.number))
        for name in _SEGMENT:
            before = getattr(old, name, None)
            if old is None or before != getattr(segment, name):
                yield Difference(
                    ticket.number,
                    clock.metric,
                    f"segment {segment.number} {name}",
                    before,
                    getattr(segment, name),
                )
    extra = sum(pk == clock.pk for pk, _number in segments) - len(item.loaded.segments)
    if extra > 0:
        yield Difference(
            ticket.number,
            clock.metric,
            "segments",
            len(item.loaded.segments) + extra,
            len(item.loaded.segments),
        )
    if announced.get(clock.pk, set()) != item.announcements:
        yield Difference(
            ticket.number,
            clock.metric,
            "announcements",
            sorted(announced.get(clock.pk, ())),
            sorted(item.announcements),
        )


def _by_number(rows: Iterable[ClockSegment]) -> dict[tuple[int, int], ClockSegment]:
    return {(row.clock_id, row.number): row for row in rows}


def _announced(ticket: Ticket) -> dict[int, set[tuple[int, int]]]:
    """Return clock id -> (segment number, percent) of what was announced."""
    rows = (
        Announcement.objects.filter(clock__ticket=ticket)
        .order_by("pk")
        .values_list("clock_id", "segment__number", "percent")
    )
    found: dict[int, set[tuple[int, int]]] = {}
    for clock_id, number, percent in rows:
        found.setdefault(clock_id, set()).add((number, percent))
    return found


def _write(
    ticket: Ticket,
    rebuilt: list[_Rebuilt],
    orphaned: list[Clock],
    segments: dict[tuple[int, int], ClockSegment],
) -> None:
    """Replace the stored rows by the rebuilt ones. Clocks and segments that remain keep
    their ids.
    """
    Clock.objects.filter(pk__in=[clock.pk for clock in orphaned]).delete()
    for item in rebuilt:
        clock = item.loaded.clock
        clock.save()
        wanted = {segment.number for segment in item.loaded.segments}
        ClockSegment.objects.filter(clock=clock).exclude(number__in=wanted).delete()
        for segment in item.loaded.segments:
            old = segments.get((clock.pk, segment.number))
            segment.pk = old.pk if old is not None else None
            segment.save()
        Announcement.objects.filter(clock=clock).delete()
        by_number = {segment.number: segment for segment in item.loaded.segments}
        Announcement.objects.bulk_create(
            Announcement(
                organization_id=clock.organization_id,
                clock=clock,
                segment=by_number[number],
                percent=percent,
                at=at,
            )
            for number, percent, at in item.replayed.announcements
        )
    update_ticket_due_dates(ticket, [item.loaded for item in rebuilt])
