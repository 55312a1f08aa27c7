"""What a clock came to: the one definition that reports, audits and simulations share."""

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
    """A clock, as a row or as a plain tuple of its columns."""

    @property
    def state(self) -> str: ...
    @property
    def is_met(self) -> bool | None: ...
    @property
    def due_at(self) -> datetime | None: ...


def verdict_on(due_at: datetime | None, stopped_at: datetime | None, at: datetime) -> Verdict:
    """Judge by instants alone, as of ``at``: a clock that runs past its due instant is missed,
    whether or not anybody has looked since (a breach happens at the due instant).

    ``due_at`` is None while a pause runs, ``stopped_at`` while the clock does.
    """
    if stopped_at is not None:
        is_met = due_at is None or stopped_at <= due_at
        return Verdict.MET if is_met else Verdict.MISSED
    return Verdict.MISSED if due_at is not None and due_at < at else Verdict.RUNNING


def verdict_of(clock: Judged, at: datetime) -> Verdict:
    """Return the verdict of a clock as of ``at``; of a stopped one the verdict it was given."""
    if clock.state == ClockState.WITHDRAWN:
        return Verdict.WITHDRAWN
    if clock.state == ClockState.STOPPED:
        return Verdict.MET if clock.is_met else Verdict.MISSED
    return verdict_on(clock.due_at, None, at)
