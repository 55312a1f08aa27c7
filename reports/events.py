from dataclasses import dataclass

from foundation.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ReportRequested(Event):
    """An issue needs its PDF; the handler starts the worker after the commit."""

    issue_id: int


@dataclass(frozen=True, kw_only=True)
class SimulationRequested(Event):
    """A part of a simulation needs computing; the handler starts the worker after the commit."""

    part_id: int
