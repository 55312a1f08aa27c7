"""The ledger of a due date: segments that partition the time from its start to the due date."""

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
    """Segments that partition ``[start, due)`` in order, without gap or overlap.

    ``due`` is None when a pause without end is the last segment.
    """

    start: datetime
    due: datetime | None
    duration: timedelta
    segments: tuple[LedgerSegment, ...]

    @property
    def counted(self) -> timedelta:
        return sum((segment.counted for segment in self.segments), timedelta())
