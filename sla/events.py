from dataclasses import dataclass

from foundation.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ClockEvent(Event):
    ticket_id: int
    clock_id: int
    segment_id: int
    metric: str


@dataclass(frozen=True, kw_only=True)
class ClockWarned(ClockEvent):
    """A warning threshold was crossed. Of several crossed at once, only the highest is
    announced.
    """

    percent: int


@dataclass(frozen=True, kw_only=True)
class ClockBreached(ClockEvent):
    """A target was missed. ``at`` is when this was announced; ``Clock.breached_at`` is when it
    happened.
    """
