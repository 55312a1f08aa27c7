from collections.abc import Sequence
from dataclasses import dataclass

from foundation.core.events import Event
from sla.clocks.arithmetic import BREACH_PERCENT


@dataclass(frozen=True, kw_only=True)
class ClockEvent(Event):
    """A threshold of a clock was crossed: ``percent`` of its target is used."""

    ticket_id: int
    clock_id: int
    segment_id: int
    metric: str
    percent: int


@dataclass(frozen=True, kw_only=True)
class ClockWarned(ClockEvent):
    """A warning threshold was crossed. Of several crossed at once, only the highest is
    announced.
    """


@dataclass(frozen=True, kw_only=True)
class ClockBreached(ClockEvent):
    """A target was missed. ``at`` is when this was announced; ``Clock.breached_at`` is when it
    happened.
    """

    percent: int = BREACH_PERCENT


@dataclass(frozen=True, kw_only=True)
class ClocksAnnounced(Event):
    """What one transaction of the sweep announced, of clocks of one organization, by ticket. The
    sweep publishes this; ``ClockWarned`` and ``ClockBreached`` come from acts on one ticket.

    ``in_sets``: a handler writes the rows of all tickets together, and an error of one fails the
    transaction. Otherwise, as when the sweep repeats a ticket that failed, it secures each of its
    actions by a savepoint.
    """

    clocks: Sequence[ClockEvent]
    in_sets: bool
