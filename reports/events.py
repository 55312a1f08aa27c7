from dataclasses import dataclass

from foundation.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ReportRequested(Event):
    """The PDF of an issue waits to be made; wakes the worker after commit."""

    issue_id: int


@dataclass(frozen=True, kw_only=True)
class SimulationRequested(Event):
    """A part of a simulation waits to be computed; wakes the worker after commit."""

    part_id: int
