"""The verdict of a clock, defined once for reports, audits and simulations."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sla.clocks.models import ClockState


class Verdict(StrEnum):
    MET = "met"
    MISSED = "missed"
    RUNNING = "running"
    WITHDRAWN = "withdrawn"


class Judged(Protocol):
    """The columns of a clock that decide its verdict, as a model or a plain row."""

    @property
    def state(self) -> str: ...
    @property
    def is_met(self) -> bool | None: ...
    @property
    def due_at(self) -> datetime | None: ...
    @property
    def stopped_at(self) -> datetime | None: ...


def verdict_on(due_at: datetime | None, stopped_at: datetime | None, at: datetime) -> Verdict:
    """Return the verdict as of ``at`` by instants alone. A running clock past its due instant is
    missed, even before a sweep records the breach.

    ``due_at`` is None while a pause runs, ``stopped_at`` while the clock does.
    """
    if stopped_at is not None:
        is_met = due_at is None or stopped_at <= due_at
        return Verdict.MET if is_met else Verdict.MISSED
    return Verdict.MISSED if due_at is not None and due_at < at else Verdict.RUNNING


def verdict_of(clock: Judged, at: datetime) -> Verdict:
    """Return the verdict of a clock as of ``at``; for a stopped clock the stored one."""
    if clock.state == ClockState.WITHDRAWN:
        return Verdict.WITHDRAWN
    if clock.state == ClockState.STOPPED:
        return Verdict.MET if clock.is_met else Verdict.MISSED
    return verdict_on(clock.due_at, None, at)


def decided_at(due_at: datetime | None, stopped_at: datetime | None) -> datetime | None:
    """Return the instant at which the verdict of a clock fell: its stop or withdrawal or, if that
    came first, its due instant. It decides which month owns the verdict. None while neither is
    known.
    """
    return min((each for each in (due_at, stopped_at) if each is not None), default=None)


def verdict_before(clock: Judged, end: datetime) -> Verdict:
    """Return the verdict that fell before ``end``; *running* for one that fell later, or not yet.
    Later facts of the clock change which verdict it is, never that there is exactly one ``end``
    before which it fell.
    """
    decided = decided_at(clock.due_at, clock.stopped_at)
    return Verdict.RUNNING if decided is None or decided >= end else verdict_of(clock, end)
