"""The clocks of a ticket, replayed from its record: a pure function of facts (SPEC 17.2). Reads
neither models nor the system clock.

The facts hold decisions (policy, target, calendar), changes of state, announcements and stops. Due
instants of live clocks are not replayed: the calendars give them. A stopped clock takes its result
from its stop and is never computed again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sla import verbs
from sla.clocks.arithmetic import BREACH_PERCENT
from sla.metrics import AT_ARRIVAL
from tickets import verbs as tickets_verbs


@dataclass(frozen=True)
class ReplayedFact:
    at: datetime
    verb: str
    payload: dict[str, Any]


@dataclass
class ReplayedSegment:
    number: int
    cause: str
    policy_ids: list[int]
    calendar_id: int
    priority: int
    target: timedelta
    target_unit: str
    starts_at: datetime
    breached_at: datetime | None = None


@dataclass
class ReplayedClock:
    """A clock as the record gives it. ``due_at`` comes from its stop or withdrawal; for a live
    clock it is computed.
    """

    clock_id: int
    metric: str
    policy_ids: list[int]
    priority: int
    started_at: datetime
    segments: list[ReplayedSegment]
    state: str = "live"
    due_at: datetime | None = None
    stopped_at: datetime | None = None
    used: timedelta | None = None
    is_met: bool | None = None
    breached_at: datetime | None = None
    announced_percent: int = 0
    remeasured_at: datetime | None = None
    # segment number, percent, at
    announcements: list[tuple[int, int, datetime]] = field(default_factory=list)

    @property
    def is_live(self) -> bool:
        return self.state == "live"


@dataclass
class ReplayedInterval:
    """An interval in a state, as ``tickets.StateInterval`` keeps it."""

    state: str
    started_at: datetime
    ended_at: datetime | None = None
    mark: str = ""


@dataclass
class Replay:
    clocks: dict[int, ReplayedClock] = field(default_factory=dict)
    intervals: list[ReplayedInterval] = field(default_factory=list)
    arrived_at: datetime | None = None


def replay(facts: Iterable[ReplayedFact]) -> Replay:
    """Return the clocks and intervals that result from the facts of one ticket, in order. Skip
    unknown verbs. Raise ``KeyError`` if the payload of an old fact lacks a key.
    """
    result = Replay()
    for fact in facts:
        handle = _HANDLERS.get(fact.verb)
        if handle is not None:
            handle(result, fact)
    return result


def _raised(result: Replay, fact: ReplayedFact) -> None:
    result.arrived_at = _instant(fact.payload.get("received_at", "")) or fact.at
    result.intervals.append(ReplayedInterval(fact.payload["state"], result.arrived_at))


def _state_changed(result: Replay, fact: ReplayedFact) -> None:
    result.intervals[-1].ended_at = fact.at
    result.intervals.append(ReplayedInterval(fact.payload["to"], fact.at))


def _stay_marked(result: Replay, fact: ReplayedFact) -> None:
    _begin_stay(result, fact, fact.payload["mark"])


def _stay_unmarked(result: Replay, fact: ReplayedFact) -> None:
    _begin_stay(result, fact, "")


def _begin_stay(result: Replay, fact: ReplayedFact, mark: str) -> None:
    last = result.intervals[-1]
    last.ended_at = fact.at
    result.intervals.append(ReplayedInterval(last.state, fact.at, mark=mark))


def _reprioritized(result: Replay, fact: ReplayedFact) -> None:
    change = fact.payload.get("changed", {}).get("priority")
    for clock in result.clocks.values():
        if change and clock.is_live and clock.metric in AT_ARRIVAL:
            clock.priority = change[1]
            clock.remeasured_at = fact.at


def _segment(fact: ReplayedFact, number: int, starts_at: datetime) -> ReplayedSegment:
    payload = fact.payload
    target = timedelta(seconds=payload["target_seconds"])
    unit = payload.get("target_unit", "time")
    return ReplayedSegment(
        number,
        payload["cause"],
        _policy_ids(payload),
        payload["calendar"],
        payload["priority"],
        target,
        unit,
        starts_at,
    )


def _policy_ids(payload: dict[str, Any]) -> list[int]:
    """Return the policy version ids of a promise. The oldest facts name one only, the
    contract's.
    """
    if "policy_ids" in payload:
        return list(payload["policy_ids"])
    return [payload["policy"]] if payload["policy"] is not None else []


def _started(result: Replay, fact: ReplayedFact) -> None:
    """Add a clock. It starts at the arrival of the ticket, unless the fact of a later promise
    carries ``started_at``.

    A promise that is made again replaces the clock with the same id.
    """
    payload = fact.payload
    since = _instant(payload.get("started_at", "")) or result.arrived_at or fact.at
    segment = _segment(fact, 1, since)
    clock = ReplayedClock(
        payload["clock"],
        payload["metric"],
        segment.policy_ids,
        payload["priority"],
        since,
        [segment],
    )
    clock.announced_percent = payload.get("announced_percent", 0)
    clock.remeasured_at = fact.at if payload.get("is_remeasured") else None
    result.clocks[payload["clock"]] = clock


def _retargeted(result: Replay, fact: ReplayedFact) -> None:
    clock = result.clocks[fact.payload["clock"]]
    clock.remeasured_at = fact.at
    clock.segments.append(_segment(fact, len(clock.segments) + 1, fact.at))
    clock.policy_ids = clock.segments[-1].policy_ids
    clock.priority = fact.payload["priority"]
    clock.breached_at = None
    clock.announced_percent = 0


def _restarted(result: Replay, fact: ReplayedFact) -> None:
    """Measure the clock again from its start, without announcements: a mistake at the arrival was
    corrected.
    """
    clock = result.clocks[fact.payload["clock"]]
    clock.remeasured_at = fact.at
    clock.segments = [_segment(fact, 1, clock.started_at)]
    clock.announcements = []
    clock.policy_ids = clock.segments[-1].policy_ids
    clock.priority = fact.payload["priority"]
    clock.breached_at = None
    clock.announced_percent = 0


def _warned(result: Replay, fact: ReplayedFact) -> None:
    _announced(result.clocks[fact.payload["clock"]], fact.payload["percent"], fact.at)


def _breached(result: Replay, fact: ReplayedFact) -> None:
    clock = result.clocks[fact.payload["clock"]]
    clock.breached_at = clock.segments[-1].breached_at = datetime.fromisoformat(
        fact.payload["breached_at"]
    )
    _announced(clock, BREACH_PERCENT, fact.at)


def _announced(clock: ReplayedClock, percent: int, at: datetime) -> None:
    clock.announced_percent = percent
    clock.announcements.append((len(clock.segments), percent, at))


def _breach_taken_back(result: Replay, fact: ReplayedFact) -> None:
    clock = result.clocks[fact.payload["clock"]]
    clock.remeasured_at = fact.at
    clock.breached_at = clock.segments[-1].breached_at = None
    clock.announced_percent = fact.payload["announced_percent"]
    clock.announcements = [
        row for row in clock.announcements if row[:2] != (len(clock.segments), BREACH_PERCENT)
    ]


def _rebound(result: Replay, fact: ReplayedFact) -> None:
    clock = result.clocks[fact.payload["clock"]]
    clock.policy_ids = clock.segments[-1].policy_ids = list(fact.payload["policy_ids"])


def _stopped(result: Replay, fact: ReplayedFact) -> None:
    clock = result.clocks[fact.payload["clock"]]
    payload = fact.payload
    clock.state = "stopped"
    clock.stopped_at = fact.at
    clock.is_met = payload["is_met"]
    clock.due_at = _instant(payload["due_at"])
    clock.used = timedelta(seconds=payload["used_seconds"])
    if (
        clock.is_met and clock.breached_at is not None
    ):  # the stop was in time: drop a breach recorded by a sweep meanwhile
        clock.breached_at = clock.segments[-1].breached_at = None
        clock.announced_percent = payload["announced_percent"]
        clock.announcements = [
            row for row in clock.announcements if row[:2] != (len(clock.segments), BREACH_PERCENT)
        ]


def _withdrawn(result: Replay, fact: ReplayedFact) -> None:
    clock = result.clocks[fact.payload["clock"]]
    clock.state = "withdrawn"
    clock.stopped_at = fact.at
    clock.due_at = _instant(fact.payload["due_at"])


def _resumed(result: Replay, fact: ReplayedFact) -> None:
    clock = result.clocks[fact.payload["clock"]]
    clock.state = "live"
    clock.remeasured_at = fact.at
    clock.stopped_at = None
    clock.used = None
    clock.is_met = None
    clock.due_at = None


def _reinstated(result: Replay, fact: ReplayedFact) -> None:
    """Let a clock run on that a merge had withdrawn."""
    clock = result.clocks[fact.payload["clock"]]
    clock.state = "live"
    clock.remeasured_at = fact.at
    clock.stopped_at = clock.due_at = None


def _unmerged(result: Replay, fact: ReplayedFact) -> None:
    """Take back the interval that the merge began."""
    result.intervals.pop()
    result.intervals[-1].ended_at = None


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


_HANDLERS = {
    tickets_verbs.RAISED: _raised,
    tickets_verbs.STATE_CHANGED: _state_changed,
    tickets_verbs.STAY_MARKED: _stay_marked,
    tickets_verbs.STAY_UNMARKED: _stay_unmarked,
    tickets_verbs.CLASSIFIED: _reprioritized,
    tickets_verbs.CONTRACT_CHANGED: _reprioritized,
    verbs.STARTED: _started,
    verbs.RETARGETED: _retargeted,
    verbs.RESTARTED: _restarted,
    verbs.WARNED: _warned,
    verbs.BREACHED: _breached,
    verbs.BREACH_TAKEN_BACK: _breach_taken_back,
    verbs.REBOUND: _rebound,
    verbs.STOPPED: _stopped,
    verbs.WITHDRAWN: _withdrawn,
    verbs.RESUMED: _resumed,
    verbs.REINSTATED: _reinstated,
    tickets_verbs.UNMERGED: _unmerged,
}
READ = tuple(_HANDLERS)  # the verbs that a replay reads; it skips all others
