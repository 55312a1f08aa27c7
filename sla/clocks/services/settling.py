"""Warnings and breaches that fell due, each announced once."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Max

from foundation.activity.services import Fact, record
from foundation.core.actor import system_actor
from foundation.core.bulk import update_rows
from foundation.core.events import publish
from sla import verbs
from sla.clocks.arithmetic import BREACH_PERCENT, Reading
from sla.clocks.models import Announcement, Clock, ClockSegment
from sla.clocks.queries import LoadedClock, load_locked_clocks
from sla.clocks.rows import read_intervals
from sla.clocks.services.base import SYSTEM_NAME, fact_of, iso
from sla.clocks.services.dating import Dates, projection_of_readings, put_dates, reading_of
from sla.events import ClockBreached, ClockEvent, ClocksAnnounced, ClockWarned
from sla.metrics import Metric
from tickets.services import set_clock_projections
from tickets.services.base import locked_tickets

_COLUMNS = (*Dates._fields, "breached_at", "announced_percent")  # those that settling may change


class Settled(NamedTuple):
    """A clock with its current dates, not yet written. ``percent`` is a threshold that it has newly
    crossed, otherwise 0.
    """

    item: LoadedClock
    reading: Reading
    percent: int


def settle_ticket(*, ticket_id: int, at: datetime) -> int:
    """Announce the thresholds and breaches that the ticket's clocks reached before ``at``. Return
    how many clocks announced one.
    """
    return settle_tickets(ticket_ids=[ticket_id], at=at, in_sets=False)


@transaction.atomic
def settle_tickets(*, ticket_ids: Sequence[int], at: datetime, in_sets: bool = True) -> int:
    """Do the same for several tickets of one organization, in one transaction: rows are read and
    written in sets. ``in_sets`` as of ``ClocksAnnounced``, whose handlers it concerns.

    Locks the tickets, then their clocks. All clocks of a ticket are settled in one transaction, so
    that two breaches in one sweep cause one escalation step.
    """
    tickets = locked_tickets(ticket_ids, "organization")
    if not tickets:
        return 0
    organization_id = tickets[0].organization_id
    loaded = load_locked_clocks(tickets, read_intervals(ticket_ids))
    settled = [_bring_up_to_date(item, at) for item in loaded]
    readings: dict[int, list[Reading]] = {ticket.pk: [] for ticket in tickets}
    for each in settled:
        if each.item.metric is not Metric.VALIDATION:
            readings[each.item.clock.ticket_id].append(each.reading)
    rows = [
        (each.item.clock.pk, *(getattr(each.item.clock, name) for name in _COLUMNS))
        for each in settled
    ]
    update_rows(Clock, _COLUMNS, rows, organization_id=organization_id)
    set_clock_projections(
        projections={pk: projection_of_readings(live) for pk, live in readings.items()},
        organization_id=organization_id,
    )
    events = _announce([each for each in settled if each.percent], at)
    if events:
        publish(
            ClocksAnnounced(organization_id=organization_id, at=at, clocks=events, in_sets=in_sets)
        )
    return len(events)


def settle(item: LoadedClock, at: datetime) -> None:
    """Save the current dates of a live clock and announce the highest threshold crossed before
    ``at``, if it is new.
    """
    if not item.clock.is_live:
        return
    settled = _bring_up_to_date(item, at)
    item.clock.save()
    for event in _announce([settled] if settled.percent else [], at):
        publish(event)


def _bring_up_to_date(item: LoadedClock, at: datetime) -> Settled:
    """Bring a live clock up to date in memory. Only a breach that is taken back is written."""
    clock = item.clock
    reading = reading_of(item)
    if clock.announced_percent == BREACH_PERCENT and _was_too_early(item, reading, at):
        take_back_breach(item)
        clock.remeasured_at = at
        clock.save(update_fields=["remeasured_at"])
        fact = fact_of(verbs.BREACH_TAKEN_BACK, clock, announced_percent=clock.announced_percent)
        record(
            organization_id=clock.organization_id,
            facts=[fact],
            by=system_actor(SYSTEM_NAME),
            at=at,
        )
    crossed = max(
        (percent for percent, instant in reading.events if instant is not None and instant < at),
        default=0,
    )
    fresh = crossed > clock.announced_percent
    if fresh:
        clock.announced_percent = crossed
        if crossed == BREACH_PERCENT:
            _breach(item, reading)
    put_dates(clock, reading)
    return Settled(item, reading, crossed if fresh else 0)


def _was_too_early(item: LoadedClock, reading: Reading, at: datetime) -> bool:
    """Tell whether the deadline of the recorded breach has moved and lies ahead. This happens if
    the system clock jumped ahead.
    """
    missed_at = item.segments[-1].breached_at
    return missed_at is not None and (reading.due_at is None or reading.due_at > max(missed_at, at))


def _breach(item: LoadedClock, reading: Reading) -> None:
    assert reading.due_at is not None
    segment = item.segments[-1]
    # A target that is already overdue when its segment starts is breached at that start.
    segment.breached_at = item.clock.breached_at = max(reading.due_at, segment.starts_at)


def _announce(crossed: Sequence[Settled], at: datetime) -> list[ClockEvent]:
    """Write the announcements of clocks of one organization, the breaches of their segments and the
    facts; return the events to publish.
    """
    if not crossed:
        return []
    organization_id = crossed[0].item.clock.organization_id
    Announcement.objects.bulk_create(
        Announcement(
            organization_id=organization_id,
            clock=each.item.clock,
            segment=each.item.segments[-1],
            percent=each.percent,
            at=at,
        )
        for each in crossed
    )
    update_rows(
        ClockSegment,
        ("breached_at",),
        [
            (segment.pk, segment.breached_at)
            for segment in (
                each.item.segments[-1] for each in crossed if each.percent == BREACH_PERCENT
            )
        ],
        organization_id=organization_id,
    )
    record(
        organization_id=organization_id,
        facts=[_fact(each) for each in crossed],
        by=system_actor(SYSTEM_NAME),
        at=at,
    )
    return [_event(each, at) for each in crossed]


def _fact(each: Settled) -> Fact:
    clock = each.item.clock
    if each.percent == BREACH_PERCENT:
        return fact_of(verbs.BREACHED, clock, breached_at=iso(clock.breached_at))
    return fact_of(verbs.WARNED, clock, percent=each.percent)


def _event(each: Settled, at: datetime) -> ClockEvent:
    clock = each.item.clock
    kind = ClockBreached if each.percent == BREACH_PERCENT else ClockWarned
    return kind(
        organization_id=clock.organization_id,
        at=at,
        ticket_id=clock.ticket_id,
        clock_id=clock.pk,
        segment_id=each.item.segments[-1].pk,
        metric=clock.metric,
        percent=each.percent,
    )


def take_back_breach(item: LoadedClock) -> None:
    """Delete a breach that was recorded too early and its announcement, so that the clock can be
    breached again. The record keeps the facts.
    """
    clock = item.clock
    segment = item.segments[-1]
    clock.breached_at = segment.breached_at = None
    warned = Announcement.objects.filter(segment=segment).exclude(percent=BREACH_PERCENT)
    clock.announced_percent = warned.aggregate(most=Max("percent"))["most"] or 0
    segment.save(update_fields=["breached_at"])
    Announcement.objects.filter(segment=segment, percent=BREACH_PERCENT).delete()
