"""The account of a deadline: segments that partition its time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

Pause = tuple[datetime, datetime | None]


class SegmentKind(StrEnum):
    OPEN = "open"
    OUTSIDE_HOURS = "outside_hours"
    HOLIDAY = "holiday"
    PAUSED = "paused"
    START_DAY = "start_day"  # of a term in days: the day of the event, which does not count


@dataclass(frozen=True)
class LedgerSegment:
    """A stretch ``[start, end)`` in UTC; ``end`` is None for a pause that has not ended. Only OPEN
    ones count.
    """

    kind: SegmentKind
    start: datetime
    end: datetime | None

    @property
    def counted(self) -> timedelta:
        if self.kind is not SegmentKind.OPEN or self.end is None:
            return timedelta()
        return self.end - self.start


@dataclass(frozen=True)
class Ledger:
    """The account of one deadline: segments that partition ``[start, due)`` without gap
    or overlap.
    """

    start: datetime
    due: datetime | None
    duration: timedelta
    segments: tuple[LedgerSegment, ...]

    @property
    def counted(self) -> timedelta:
        return sum((segment.counted for segment in self.segments), timedelta())
