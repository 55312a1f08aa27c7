"""Calendar arithmetic: open time between instants, deadlines, pauses, and the ledger that explains
them.

Pure: no Django, no clock, no settings. Inputs are aware datetimes in any zone, results are UTC,
arithmetic is in integer microseconds. An instant is open when its local wall time lies in a window
``[start, end)`` of its weekday and its local date is no holiday; time is real elapsed time, so days
on which the clocks change need no rule of their own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from foundation.calendars.errors import (
    BadPause,
    BadWindow,
    BeyondHorizon,
    CalendarError,
    NaiveDatetime,
    NegativeDuration,
    NoHours,
    UnknownTimezone,
    gettext_noop,
)
from foundation.calendars.timetable import (
    DAY,
    SECOND,
    Timetable,
    from_us,
    to_us,
)

Pause = tuple[datetime, datetime | None]
FIRST_YEAR = 1900
LAST_YEAR = 9998  # of what calendars are asked about
HORIZON_YEARS = 60  # a deadline further away is a mistake in the calendar, not a promise

__all__ = [
    "BadPause",
    "BadWindow",
    "BeyondHorizon",
    "CalendarError",
    "Ledger",
    "NaiveDatetime",
    "NegativeDuration",
    "NoHours",
    "Pause",
    "SegmentKind",
    "UnknownTimezone",
    "WorkCalendar",
]


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


class WorkCalendar:
    """Weekly windows of local wall time in an IANA zone, and local holiday dates that are closed
    all day.

    ``hours`` maps weekdays (Monday is 0) to ``("HH:MM", "HH:MM")`` pairs, ``24:00`` allowed as an
    end; overlapping or touching windows are united. Raises ``UnknownTimezone``, ``BadWindow`` or
    ``NoHours``.
    """

    def __init__(
        self,
        *,
        timezone: str,
        hours: Mapping[int, Iterable[tuple[str, str]]],
        holidays: Iterable[date] = (),
    ) -> None:
        self.timezone = timezone
        self.zone = _zone(timezone)
        self.windows = {weekday: _united(weekday, windows) for weekday, windows in hours.items()}
        if not any(self.windows.values()):
            raise NoHours(
                gettext_noop("A calendar needs at least one window of open time in the week.")
            )
        self.holidays = frozenset(holidays)
        self._table: Timetable | None = None

    def add(self, start: datetime, duration: timedelta) -> datetime:
        """Return the earliest instant with exactly ``duration`` of open time since ``start``; zero
        gives ``start``.
        """
        begin = _instant(start)
        amount = _amount(duration)
        return from_us(self._add(begin, amount))

    def elapsed(self, start: datetime, end: datetime, pauses: Iterable[Pause] = ()) -> timedelta:
        """Return the open time in ``[start, end)`` outside the pauses; zero when ``end
        <= start``.
        """
        begin = _instant(start)
        finish = _instant(end)
        united = _united_pauses(pauses, finish) if pauses else ()
        if finish <= begin:
            return timedelta()
        table = self._covering(begin, finish)
        used = table.open_before(finish) - table.open_before(begin)
        for pause_from, pause_to in united:
            low = max(pause_from, begin)
            high = finish if pause_to is None else min(pause_to, finish)
            if low < high:
                used -= table.open_before(high) - table.open_before(low)
        return timedelta(microseconds=used)

    def due(
        self, start: datetime, duration: timedelta, pauses: Iterable[Pause] = ()
    ) -> datetime | None:
        """Return the deadline when time inside the pauses does not count; None while an open-ended
        pause holds it.
        """
        begin = _instant(start)
        amount = _amount(duration)
        found = self._due(begin, amount, _united_pauses(pauses, None) if pauses else ())
        return None if found is None else from_us(found)

    def dues(
        self, start: datetime, durations: Sequence[timedelta], pauses: Iterable[Pause] = ()
    ) -> list[datetime | None]:
        """Return ``due`` of each duration: the pauses are looked at once."""
        begin = _instant(start)
        united = _united_pauses(pauses, None) if pauses else ()
        found = [self._due(begin, _amount(duration), united) for duration in durations]
        return [None if instant is None else from_us(instant) for instant in found]

    def explain(self, start: datetime, duration: timedelta, pauses: Iterable[Pause] = ()) -> Ledger:
        """Return the ledger of ``due``: segments that partition ``[start, due)``; the open ones sum
        to ``duration``.

        When an open-ended pause leaves the deadline undetermined, the last segment is that pause,
        with no end.
        """
        begin = _instant(start)
        amount = _amount(duration)
        united = _united_pauses(pauses, None)
        due = self._due(begin, amount, united)
        segments = tuple(self._segments(begin, due, united))
        return Ledger(from_us(begin), None if due is None else from_us(due), duration, segments)

    def account(self, start: datetime, end: datetime, pauses: Iterable[Pause] = ()) -> Ledger:
        """Return the ledger of ``[start, end)``, whatever was promised in it; ``duration`` is what
        it counted.
        """
        begin = _instant(start)
        finish = _instant(end)
        segments = (
            tuple(self._segments(begin, finish, _united_pauses(pauses, finish)))
            if begin < finish
            else ()
        )
        return Ledger(
            from_us(begin),
            from_us(finish),
            sum((segment.counted for segment in segments), timedelta()),
            segments,
        )

    def is_open(self, instant: datetime) -> bool:
        moment = _instant(instant)
        return (
            next(self._covering(moment, moment + 1).between(moment, moment + 1), None) is not None
        )

    def next_opening(self, instant: datetime) -> datetime:
        """Return the instant itself when it is open, otherwise the next instant that is."""
        moment = _instant(instant)
        return from_us(self._add(moment, 1) - 1)

    def term(self, start: datetime, days: int, business: bool = False) -> datetime:
        """Return the end of a term in days, counted by local date; the day of the event is day 0.

        n calendar days end at 24:00 local of day n; n business days at closing time of the n-th
        following business day.
        """
        if days < 0:
            raise NegativeDuration(gettext_noop("A term cannot have a negative number of days."))
        _instant(start)
        day = start.astimezone(self.zone).date()
        if not business:
            return self.day_end(day + timedelta(days=days))
        for _ in range(days):
            day = self._following_business_day(day, 1)
        return self.closing(day)

    def days_before(self, day: date, days: int, business: bool = False) -> date:
        """Return the last date on which a notice of ``days`` (calendar or business) before ``day``
        can be given.
        """
        if days < 0:
            raise NegativeDuration(gettext_noop("A notice period cannot be negative."))
        if not business:
            return day - timedelta(days=days)
        for _ in range(days):
            day = self._following_business_day(day, -1)
        return day

    def is_business_day(self, day: date) -> bool:
        """Tell whether the local date has open time."""
        return day not in self.holidays and bool(self.windows.get(day.weekday()))

    def _following_business_day(self, day: date, step: int) -> date:
        for _ in range(366 * HORIZON_YEARS):
            day += timedelta(days=step)
            if self.is_business_day(day):
                return day
        raise BeyondHorizon(
            gettext_noop("No business day was found: check the holidays of the calendar.")
        )

    def day_kind(self, day: date) -> SegmentKind:
        """Return what a local date is for a term in business days: open, closed all day, or a
        holiday.
        """
        if self.is_business_day(day):
            return SegmentKind.OPEN
        return SegmentKind.HOLIDAY if day in self.holidays else SegmentKind.OUTSIDE_HOURS

    def day_end(self, day: date) -> datetime:
        """Return 24:00 of the local date."""
        return _midnight(day + timedelta(days=1), self.zone)

    def closing(self, day: date) -> datetime:
        """Return when the last window of the local date closes; 24:00 of a date without
        open time.
        """
        low = to_us(_midnight(day, self.zone))
        high = to_us(_midnight(day + timedelta(days=1), self.zone))
        stops = [stop for _start, stop in self._covering(low, high).between(low, high)]
        return from_us(stops[-1] if stops else high)

    def _covering(self, low: int, high: int) -> Timetable:
        """Return a table that holds ``[low, high]``, building a larger one when the cached one does
        not reach.
        """
        table = self._table
        if table is not None and table.begins_us <= low and high < table.ends_us:
            return table
        # A year more on both sides: local days reach over the ends of a UTC year, and the next
        # question comes from nearby.
        try:
            first = from_us(low).year - 1
            last = from_us(high).year + 1
        except OverflowError as error:
            raise _too_far() from error
        if first < FIRST_YEAR or last > LAST_YEAR:
            raise _too_far()
        if table is None or first < table.first_year or last > table.last_year:
            if table is not None:
                first = min(first, table.first_year)
                last = max(last, table.last_year)
            table = Timetable(self.zone, self.windows, self.holidays, first, last)
            self._table = table
        return table

    def _add(self, begin: int, amount: int) -> int:
        if amount == 0:
            return begin
        table = self._table
        if table is not None and table.begins_us <= begin:
            wanted = table.open_before(begin) + amount
            if wanted <= table.total:
                return table.instant_at(wanted)
        years = 1
        while years <= HORIZON_YEARS:
            table = self._covering(begin, begin + years * 366 * DAY)
            wanted = table.open_before(begin) + amount
            if wanted <= table.total:
                return table.instant_at(wanted)
            years *= 2
        raise _too_far()

    def _due(self, begin: int, amount: int, pauses: Sequence[tuple[int, int | None]]) -> int | None:
        answer = self._add(begin, amount)
        for pause_from, high in pauses:
            if high is not None and high <= begin:
                continue
            low = max(pause_from, begin)
            if low >= answer:
                break
            if high is None:
                return None
            table = self._covering(low, high)
            amount += table.open_before(high) - table.open_before(low)
            answer = self._add(begin, amount)
        return answer

    def _segments(
        self, begin: int, due: int | None, pauses: Sequence[tuple[int, int | None]]
    ) -> Iterable[LedgerSegment]:
        moment = begin
        for pause_from, high in pauses:
            if high is not None and high <= begin:
                continue
            low = max(pause_from, begin)
            if due is not None and low >= due:
                break
            yield from self._hours(moment, low)
            stop = high if due is None or high is None else min(high, due)
            yield LedgerSegment(
                SegmentKind.PAUSED, from_us(low), None if stop is None else from_us(stop)
            )
            if stop is None:
                return
            moment = stop
        if due is not None:
            yield from self._hours(moment, due)

    def _hours(self, low: int, high: int) -> Iterable[LedgerSegment]:
        moment = low
        for start, stop in self._covering(low, max(low, high)).between(low, high):
            yield from self._closed(moment, start)
            yield LedgerSegment(SegmentKind.OPEN, from_us(start), from_us(stop))
            moment = stop
        yield from self._closed(moment, high)

    def _closed(self, low: int, high: int) -> Iterable[LedgerSegment]:
        """Yield the closed stretch, cut at local midnights where a holiday begins or ends."""
        moment = low
        while moment < high:
            day = from_us(moment).astimezone(self.zone).date()
            holiday = day in self.holidays
            edge = day
            while (edge in self.holidays) == holiday:
                edge += timedelta(days=1)
                stop = to_us(_midnight(edge, self.zone))
                if stop >= high:
                    break
            stop = min(stop, high)
            kind = SegmentKind.HOLIDAY if holiday else SegmentKind.OUTSIDE_HOURS
            yield LedgerSegment(kind, from_us(moment), from_us(stop))
            moment = stop


def _too_far() -> BeyondHorizon:
    return BeyondHorizon(
        gettext_noop(
            "The deadline lies more than %(years)s years away: check the calendar's hours."
        ),
        years=HORIZON_YEARS,
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError, AttributeError) as error:
        raise UnknownTimezone(
            gettext_noop("“%(name)s” is not an IANA time zone, such as America/Mexico_City."),
            name=name,
        ) from error


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which the local date begins; where midnight falls in a gap, the
    gap's end.
    """
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _instant(moment: datetime) -> int:
    try:
        return to_us(moment)
    except TypeError as error:  # a naive one cannot be subtracted from an aware one
        raise NaiveDatetime(
            gettext_noop("Give an aware datetime: one without a zone names no instant.")
        ) from error


def _amount(duration: timedelta) -> int:
    amount = (duration.days * 86_400 + duration.seconds) * SECOND + duration.microseconds
    if amount < 0:
        raise NegativeDuration(gettext_noop("A duration cannot be negative."))
    return amount


def _minute_of(text: str) -> int:
    hours, separator, minutes = text.partition(":")
    if not (
        separator and text.isascii() and hours.isdigit() and minutes.isdigit() and len(minutes) == 2
    ):
        raise BadWindow(
            gettext_noop("“%(text)s” is not a time of day: write HH:MM, 00:00 to 24:00."), text=text
        )
    minute = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or minute > 24 * 60:
        raise BadWindow(
            gettext_noop("“%(text)s” is not a time of day: write HH:MM, 00:00 to 24:00."), text=text
        )
    return minute


def _united(weekday: int, windows: Iterable[tuple[str, str]]) -> tuple[tuple[int, int], ...]:
    if weekday not in range(7):
        raise BadWindow(
            gettext_noop("%(day)s is not a weekday: Monday is 0, Sunday is 6."), day=weekday
        )
    united: list[tuple[int, int]] = []
    for start, end in sorted((_minute_of(a), _minute_of(b)) for a, b in windows):
        if end <= start:
            raise BadWindow(
                gettext_noop("A window ends after it starts; split a night shift at midnight.")
            )
        if united and start <= united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((start, end))
    return tuple((start * 60 * SECOND, end * 60 * SECOND) for start, end in united)


def _united_pauses(pauses: Iterable[Pause], open_end: int | None) -> list[tuple[int, int | None]]:
    """Return the pauses in order, overlapping and touching ones as one; an end of None swallows
    what follows.
    """
    spans: list[tuple[int, int | None]] = []
    for low, high in pauses:
        begin = _instant(low)
        end = open_end if high is None else _instant(high)
        if high is not None and end is not None and end < begin:
            raise BadPause(gettext_noop("A pause ends before it starts."))
        if end is None or begin < end:
            spans.append((begin, end))
    united: list[tuple[int, int | None]] = []
    for begin, end in sorted(spans, key=lambda span: (span[0], span[1] is None, span[1] or 0)):
        if united and (united[-1][1] is None or begin <= united[-1][1]):
            last = united[-1][1]
            united[-1] = (united[-1][0], None if last is None or end is None else max(last, end))
        else:
            united.append((begin, end))
    return united
