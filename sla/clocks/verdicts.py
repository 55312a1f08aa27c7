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


def verdict_before(clock: Judged, end: datetime) -> Verdict:
    """Return the verdict as it stood at ``end``, of a clock that was not measured again since: what
    happened later changes nothing.
    """
    if clock.stopped_at is not None and clock.stopped_at < end:
        return verdict_of(clock, end)
    return verdict_on(clock.due_at, None, end)
