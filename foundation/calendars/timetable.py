"""The open time of a calendar as merged UTC intervals with running totals. Pure; integers are
microseconds since 1970 UTC.

UTC is cut into pieces at the zone's changes of offset. Inside a piece local time is UTC plus a
constant, so each window is shifted by that constant and clipped to the piece. No wall time is
converted to UTC, so gaps and folds need no special case.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SECOND = 1_000_000
DAY = 86_400 * SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DATE = date(1970, 1, 1)
_PROBE = timedelta(hours=12)  # no zone changes its offset twice within half a day

# weekday (Monday 0) -> united (start, end) in microseconds of the day
Windows = Mapping[int, tuple[tuple[int, int], ...]]


def to_us(instant: datetime) -> int:
    """Return the microseconds of an aware datetime since 1970 UTC, exactly."""
    delta = instant - EPOCH
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds


def from_us(value: int) -> datetime:
    return EPOCH + timedelta(microseconds=value)


def year_start_us(year: int) -> int:
    return to_us(datetime(year, 1, 1, tzinfo=UTC))


class Timetable:
    """The united open intervals between two years, with ``totals[i]`` = open time up to the end of
    interval ``i``.
    """

    def __init__(
        self,
        zone: ZoneInfo,
        windows: Windows,
        holidays: frozenset[date],
        first_year: int,
        last_year: int,
    ) -> None:
        self.first_year = first_year
        self.last_year = last_year
        self.begins_us = year_start_us(first_year)
        self.ends_us = year_start_us(last_year + 1)
        self.starts: list[int] = []
        self.stops: list[int] = []
        for start, stop in self._intervals(zone, windows, holidays):
            if self.stops and start <= self.stops[-1]:
                self.stops[-1] = max(self.stops[-1], stop)
            else:
                self.starts.append(start)
                self.stops.append(stop)
        self.totals: list[int] = []
        total = 0
        for start, stop in zip(self.starts, self.stops, strict=True):
            total += stop - start
            self.totals.append(total)
        self.total = total

    def _intervals(
        self, zone: ZoneInfo, windows: Windows, holidays: frozenset[date]
    ) -> Iterator[tuple[int, int]]:
        for begin, end, offset in _pieces(zone, self.begins_us, self.ends_us):
            day = (begin + offset) // DAY
            while day * DAY < end + offset:
                local = _EPOCH_DATE + timedelta(days=day)
                if local not in holidays:
                    for start, stop in windows.get(local.weekday(), ()):
                        low = max(day * DAY + start - offset, begin)
                        high = min(day * DAY + stop - offset, end)
                        if low < high:
                            yield low, high
                day += 1

    def open_before(self, instant: int) -> int:
        """Return the open time from the table's beginning up to the instant."""
        index = bisect_right(self.starts, instant) - 1
        if index < 0:
            return 0
        return self.totals[index] - max(0, self.stops[index] - instant)

    def add(self, begin: int, amount: int) -> int | None:
        """Return the earliest instant with ``amount`` (above 0) of open time after ``begin``; None
        if the table ends before it.
        """
        wanted = self.open_before(begin) + amount
        if wanted > self.total:
            return None
        index = bisect_left(self.totals, wanted)
        return self.stops[index] - (self.totals[index] - wanted)

    def between(self, low: int, high: int) -> Iterator[tuple[int, int]]:
        """Yield the open intervals that overlap ``[low, high)``, clipped to it, in order; none for
        an empty range.
        """
        index = bisect_right(self.stops, low)
        while low < high and index < len(self.starts) and self.starts[index] < high:
            yield max(low, self.starts[index]), min(high, self.stops[index])
            index += 1


def _offset_us(zone: ZoneInfo, instant: datetime) -> int:
    offset = instant.astimezone(zone).utcoffset() or timedelta()
    return (offset.days * 86_400 + offset.seconds) * SECOND + offset.microseconds


def _pieces(zone: ZoneInfo, begins_us: int, ends_us: int) -> Iterator[tuple[int, int, int]]:
    """Yield (begin, end, offset) of the stretches with one UTC offset, in microseconds."""
    start = moment = from_us(begins_us)
    end = from_us(ends_us)
    offset = _offset_us(zone, moment)
    while moment < end:
        following = min(moment + _PROBE, end)
        changed = _offset_us(zone, following)
        if changed != offset:
            edge = _change_between(zone, moment, following, offset)
            yield to_us(start), to_us(edge), offset
            start = edge
            offset = changed
        moment = following
    yield to_us(start), ends_us, offset


def _change_between(zone: ZoneInfo, low: datetime, high: datetime, offset: int) -> datetime:
    """Return the first second at which the offset is no longer ``offset``, by bisection."""
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        if _offset_us(zone, middle) == offset:
            low = middle
        else:
            high = middle
    return high
