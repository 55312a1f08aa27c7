"""Why a clock is due when it is: the rule that chose the target, and the account of the time, line by line (SPEC 4.10)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.zones import zone
from core.classification import Priority, SupportType
from sla.calendars import LedgerSegment, SegmentKind
from sla.clocks import used_until
from sla.models import CalendarVersion
from sla.queries import AccountPart, LoadedClock, Stay
from sla.rules import TargetRule


@dataclass(frozen=True)
class Line:
    """A stretch ``[start, end)`` in UTC; ``end`` is None for a pause that lasts. ``total`` is what counted up to its end.

    ``reason`` is the name of the holiday, or the state that paused the clock; empty otherwise.
    """

    kind: SegmentKind
    start: datetime
    end: datetime | None
    counted: timedelta
    total: timedelta
    reason: str


@dataclass(frozen=True)
class Part:
    """The lines that one version of one calendar measured towards one target; ``cause`` says why it began."""

    calendar: str
    version: int
    time_zone: str
    tzdata_version: str
    target: timedelta
    cause: str
    lines: tuple[Line, ...]

    @property
    def counted(self) -> timedelta:
        return sum((line.counted for line in self.lines), timedelta())


@dataclass(frozen=True)
class Explanation:
    """The account of a clock. The parts partition the time from ``started_at`` to ``due_at``; their counted lines sum to ``target``.

    ``used`` is what counted up to the stop, or up to the instant that was asked about; ``left`` never is negative.
    """

    metric: str
    state: str
    priority: Priority
    target: timedelta
    started_at: datetime
    due_at: datetime | None
    stopped_at: datetime | None
    used: timedelta
    left: timedelta
    rules: tuple[TargetRule, ...]
    parts: tuple[Part, ...]


def explain_clock(item: LoadedClock, *, support_type: str, at: datetime) -> Explanation:
    """Return why the clock is due when it is, as seen at the aware instant ``at``."""
    clock = item.clock
    used = clock.used if clock.used is not None else used_until(item.stretches, min(at, clock.stopped_at or at))
    return Explanation(
        metric=clock.metric,
        state=clock.state,
        priority=Priority(clock.priority),
        target=clock.target,
        started_at=clock.started_at,
        due_at=clock.due_at,
        stopped_at=clock.stopped_at,
        used=used,
        left=max(clock.target - used, timedelta()),
        rules=tuple(item.policy.rules(item.metric, Priority(clock.priority), SupportType(support_type))),
        parts=tuple(_parts(item)),
    )


def _parts(item: LoadedClock) -> Iterator[Part]:
    total = timedelta()
    for part in item.account:
        lines = []
        for segment in part.ledger.segments:
            total += segment.counted
            lines.append(Line(segment.kind, segment.start, segment.end, segment.counted, total, _reason(segment, part, item.intervals)))
        version = part.version
        yield Part(
            calendar=version.calendar.name,
            version=version.number,
            time_zone=version.time_zone,
            tzdata_version=version.tzdata_version,
            target=part.segment.target,
            cause=part.segment.cause,
            lines=tuple(lines),
        )


def _reason(segment: LedgerSegment, part: AccountPart, stays: Sequence[Stay]) -> str:
    if segment.kind is SegmentKind.PAUSED:
        return next((s.state for s in stays if s.started_at <= segment.start and (s.ended_at is None or s.ended_at > segment.start)), "")
    if segment.kind is SegmentKind.HOLIDAY:
        return ", ".join(dict.fromkeys(_holidays(part.version, segment)))
    return ""


def _holidays(version: CalendarVersion, segment: LedgerSegment) -> Iterator[str]:
    """Yield the names of the holidays that a closed stretch lies in; one without a name is silent."""
    assert segment.end is not None
    local = zone(version.time_zone)
    day: date = segment.start.astimezone(local).date()
    last = (segment.end - timedelta(microseconds=1)).astimezone(local).date()
    while day <= last:
        if name := version.holidays.get(day.isoformat()):
            yield name
        day += timedelta(days=1)
