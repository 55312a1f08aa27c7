"""Calendar arithmetic: open time between instants, due dates, pauses and ledgers.

Pure: no Django, no clock, no settings. Inputs are aware datetimes in any zone, results are UTC,
arithmetic is in integer microseconds. An instant is open when its local wall time lies in a window
``[start, end)`` of its weekday and its local date is not a holiday. Durations are elapsed UTC time,
so changes to and from daylight saving time need no special case.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

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
from foundation.calendars.inputs import (
    FIRST_YEAR,
    HORIZON_YEARS,
    LAST_YEAR,
    amount_us,
    instant_us,
    midnight,
    too_far,
    united_pauses,
    united_windows,
    zone_named,
)
from foundation.calendars.ledger import Ledger, LedgerSegment, Pause, SegmentKind
from foundation.calendars.timetable import (
    DAY,
    Timetable,
    from_us,
    to_us,
)

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
        self.zone = zone_named(timezone)
        self.windows = {
            weekday: united_windows(weekday, windows) for weekday, windows in hours.items()
        }
        if not any(self.windows.values()):
            raise NoHours(
                gettext_noop("A calendar needs at least one window of open time in the week.")
            )
        self.holidays = frozenset(holidays)
        self._table: Timetable | None = None

    def is_working_day(self, day: date) -> bool:
        """Tell whether the local day has open time."""
        return bool(self.windows.get(day.weekday())) and day not in self.holidays

    def add(self, start: datetime, duration: timedelta) -> datetime:
        """Return the earliest instant with exactly ``duration`` of open time since ``start``; zero
        gives ``start``.

        Raises ``NaiveDatetime``, ``NegativeDuration`` or ``BeyondHorizon``.
        """
        begin = instant_us(start)
        amount = amount_us(duration)
        return from_us(self._add(begin, amount))

    def elapsed(self, start: datetime, end: datetime, pauses: Iterable[Pause] = ()) -> timedelta:
        """Return the open time in ``[start, end)`` outside the pauses; zero when ``end
        <= start``.
        """
        begin = instant_us(start)
        finish = instant_us(end)
        united = united_pauses(pauses, finish) if pauses else ()
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
        """Return the instant at which ``duration`` of open time outside the pauses has passed.

        Returns None when a pause without end begins before that instant.
        """
        begin = instant_us(start)
        amount = amount_us(duration)
        found = self._due(begin, amount, united_pauses(pauses, None) if pauses else ())
        return None if found is None else from_us(found)

    def dues(
        self, start: datetime, durations: Sequence[timedelta], pauses: Iterable[Pause] = ()
    ) -> list[datetime | None]:
        """Return ``due`` of each duration, in order. The pauses are merged once."""
        begin = instant_us(start)
        united = united_pauses(pauses, None) if pauses else ()
        found = [self._due(begin, amount_us(duration), united) for duration in durations]
        return [None if instant is None else from_us(instant) for instant in found]

    def explain(self, start: datetime, duration: timedelta, pauses: Iterable[Pause] = ()) -> Ledger:
        """Return the ledger of ``due``: segments that partition ``[start, due)``. The open segments
        sum to ``duration``.

        When ``due`` is None, the last segment is the pause without end.
        """
        begin = instant_us(start)
        amount = amount_us(duration)
        united = united_pauses(pauses, None)
        due = self._due(begin, amount, united)
        segments = tuple(self._segments(begin, due, united))
        return Ledger(from_us(begin), None if due is None else from_us(due), duration, segments)

    def account(self, start: datetime, end: datetime, pauses: Iterable[Pause] = ()) -> Ledger:
        """Return the ledger of ``[start, end)`` without a target: its ``due`` is ``end`` and its
        ``duration`` the open time outside the pauses.
        """
        begin = instant_us(start)
        finish = instant_us(end)
        segments = (
            tuple(self._segments(begin, finish, united_pauses(pauses, finish)))
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
        moment = instant_us(instant)
        return (
            next(self._covering(moment, moment + 1).between(moment, moment + 1), None) is not None
        )

    def next_opening(self, instant: datetime) -> datetime:
        """Return the instant itself when it is open, otherwise the next instant that is."""
        moment = instant_us(instant)
        return from_us(self._add(moment, 1) - 1)

    def open_until(self, instant: datetime, reach: timedelta) -> datetime:
        """Return the end of the open time around the instant, at most ``reach`` after it; the
        instant itself when it is closed.
        """
        moment = instant_us(instant)
        latest = moment + amount_us(reach)
        for start, stop in self._covering(moment, latest).between(moment, latest):
            return from_us(stop) if start == moment else instant
        return instant

    def term(self, start: datetime, days: int, business: bool = False) -> datetime:
        """Return the end of a term in days, counted by local date; the day of the event is day 0.

        n calendar days end at 24:00 local of day n; n business days at closing time of the n-th
        following business day.
        """
        if days < 0:
            raise NegativeDuration(gettext_noop("A term cannot have a negative number of days."))
        instant_us(start)
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
        """Classify a local date for a term in business days: OPEN, HOLIDAY, or OUTSIDE_HOURS for a
        weekday without windows.
        """
        if self.is_business_day(day):
            return SegmentKind.OPEN
        return SegmentKind.HOLIDAY if day in self.holidays else SegmentKind.OUTSIDE_HOURS

    def day_end(self, day: date) -> datetime:
        """Return 24:00 of the local date."""
        return midnight(day + timedelta(days=1), self.zone)

    def closing(self, day: date) -> datetime:
        """Return when the last window of the local date closes; 24:00 of a date without
        open time.
        """
        low = to_us(midnight(day, self.zone))
        high = to_us(midnight(day + timedelta(days=1), self.zone))
        stops = [stop for _start, stop in self._covering(low, high).between(low, high)]
        return from_us(stops[-1] if stops else high)

    def _covering(self, low: int, high: int) -> Timetable:
        """Return a table that covers ``[low, high]``. Replaces the cached table by a larger one
        when needed; raises ``BeyondHorizon`` outside ``FIRST_YEAR`` to ``LAST_YEAR``.
        """
        table = self._table
        if table is not None and table.begins_us <= low and high < table.ends_us:
            return table
        # One more year on both sides: local days cross the ends of a UTC year, and later calls
        # mostly ask for nearby instants.
        try:
            first = from_us(low).year - 1
            last = from_us(high).year + 1
        except OverflowError as error:
            raise too_far() from error
        if first < FIRST_YEAR or last > LAST_YEAR:
            raise too_far()
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
        answer = None
        if self._table is not None and self._table.begins_us <= begin:
            answer = self._table.add(begin, amount)
        years = 1
        while answer is None and years < 2 * HORIZON_YEARS:
            reach = min(years, HORIZON_YEARS) * 366 * DAY
            answer = self._covering(begin, begin + reach).add(begin, amount)
            years *= 2
        if answer is None or answer > begin + HORIZON_YEARS * 366 * DAY:
            raise too_far()
        return answer

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
        if due is not None and moment < due:
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
                stop = to_us(midnight(edge, self.zone))
                if stop >= high:
                    break
            stop = min(stop, high)
            kind = SegmentKind.HOLIDAY if holiday else SegmentKind.OUTSIDE_HOURS
            yield LedgerSegment(kind, from_us(moment), from_us(stop))
            moment = stop
