"""Dates of clocks: from a reading to the row of the clock and the columns of its ticket."""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from foundation.calendars.arithmetic import CalendarError
from sla.clocks.arithmetic import Reading, due_of
from sla.clocks.models import Clock, ClockState
from sla.clocks.queries import LoadedClock
from sla.metrics import Metric
from tickets.models import Ticket
from tickets.services import set_clock_projection

logger = logging.getLogger(__name__)


def reading_of(item: LoadedClock) -> Reading:
    """Return the dates of a clock. On ``CalendarError`` log it and return the stored due instant
    without warnings, so that the ticket stays usable.
    """
    try:
        return item.reading()
    except CalendarError:
        logger.exception(
            "The %s of ticket %s keeps its date: check the calendar",
            item.clock.metric,
            item.clock.ticket_id,
        )
        return Reading(item.clock.due_at, None, {})


def last_due(item: LoadedClock) -> datetime | None:
    try:
        return due_of(item.stretches)
    except CalendarError:
        return item.clock.due_at


def put_dates(clock: Clock, reading: Reading) -> None:
    """Set the columns of ``Dates`` from a reading, without saving."""
    for name, value in dates_of(reading, clock.announced_percent)._asdict().items():
        setattr(clock, name, value)


class Dates(NamedTuple):
    """The columns of a live clock that follow from its reading."""

    due_at: datetime | None
    at_risk_at: datetime | None
    state: ClockState
    next_event_at: datetime | None


def dates_of(reading: Reading, announced_percent: int) -> Dates:
    """Return the dates of a live clock that has announced ``announced_percent``. A breached clock
    runs on without further events.
    """
    ahead = [
        instant
        for percent, instant in reading.events
        if percent > announced_percent and instant is not None
    ]
    return Dates(
        reading.due_at,
        reading.at_risk_at,
        ClockState.PAUSED if reading.due_at is None else ClockState.RUNNING,
        min(ahead, default=None),
    )


def update_ticket_due_dates(ticket: Ticket, loaded: Iterable[LoadedClock]) -> None:
    next_due_at, at_risk_at = projection_of(loaded)
    set_clock_projection(ticket=ticket, next_due_at=next_due_at, at_risk_at=at_risk_at)


def projection_of(loaded: Iterable[LoadedClock]) -> tuple[datetime | None, datetime | None]:
    """Return (next due, at risk) of a ticket: the earliest instants of its live clocks, without
    validation.
    """
    return projection_of_readings(
        reading_of(item)
        for item in loaded
        if item.clock.is_live and item.metric is not Metric.VALIDATION
    )


def projection_of_readings(live: Iterable[Reading]) -> tuple[datetime | None, datetime | None]:
    readings = list(live)
    dues = [reading.due_at for reading in readings if reading.due_at is not None]
    risks = [reading.at_risk_at for reading in readings if reading.at_risk_at is not None]
    return min(dues, default=None), min(risks, default=None)
