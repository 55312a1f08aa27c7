"""Warnings and breaches that fell due, each announced once."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from foundation.core.events import publish
from sla import verbs
from sla.clocks.arithmetic import BREACH_PERCENT, Reading
from sla.clocks.models import (
    Announcement,
)
from sla.clocks.queries import LoadedClock
from sla.clocks.services.base import fact_of, iso, load_locked, record_facts
from sla.clocks.services.dating import (
    put_dates,
    reading_of,
    update_ticket_due_dates,
)
from sla.events import ClockBreached, ClockWarned
from tickets.models import Ticket
from tickets.services.base import locked_ticket


@transaction.atomic
def settle_ticket(*, ticket_id: int, at: datetime) -> int:
    """Announce the thresholds and breaches that the ticket's clocks reached before ``at``. Return
    how many clocks announced one.

    Locks the ticket, then its clocks. All clocks are settled in one transaction, so that two
    breaches in one sweep cause one escalation step.
    """
    ticket = locked_ticket(ticket_id, "organization")
    loaded = load_locked(ticket)
    announced = sum(settle(ticket, item, at) for item in loaded)
    update_ticket_due_dates(ticket, loaded)
    return announced


def settle(ticket: Ticket, item: LoadedClock, at: datetime) -> int:
    """Save the current dates of a live clock and announce the highest threshold crossed before
    ``at``. Return 1 if it is new, otherwise 0.
    """
    clock = item.clock
    if not clock.is_live:
        return 0
    reading = reading_of(item)
    if clock.announced_percent == BREACH_PERCENT and _was_too_early(item, reading, at):
        take_back_breach(item)
        record_facts(
            ticket,
            [fact_of(verbs.BREACH_TAKEN_BACK, clock, announced_percent=clock.announced_percent)],
            at,
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
    clock.save()
    if fresh:
        _announce(ticket, item, crossed, at)
    return int(fresh)


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
    segment.save(update_fields=["breached_at"])


def _announce(ticket: Ticket, item: LoadedClock, percent: int, at: datetime) -> None:
    clock = item.clock
    segment = item.segments[-1]
    Announcement.objects.create(
        organization_id=clock.organization_id, clock=clock, segment=segment, percent=percent, at=at
    )
    if percent == BREACH_PERCENT:
        record_facts(
            ticket, [fact_of(verbs.BREACHED, clock, breached_at=iso(clock.breached_at))], at
        )
        publish(
            ClockBreached(
                organization_id=clock.organization_id,
                at=at,
                ticket_id=ticket.pk,
                clock_id=clock.pk,
                segment_id=segment.pk,
                metric=clock.metric,
            )
        )
        return
    record_facts(ticket, [fact_of(verbs.WARNED, clock, percent=percent)], at)
    publish(
        ClockWarned(
            organization_id=clock.organization_id,
            at=at,
            ticket_id=ticket.pk,
            clock_id=clock.pk,
            segment_id=segment.pk,
            metric=clock.metric,
            percent=percent,
        )
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
