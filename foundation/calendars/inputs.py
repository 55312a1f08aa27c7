"""Validate the inputs of the arithmetic and convert them to integer microseconds. Pure."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from foundation.calendars.errors import (
    BadPause,
    BadWindow,
    BeyondHorizon,
    NaiveDatetime,
    NegativeDuration,
    UnknownTimezone,
    gettext_noop,
)
from foundation.calendars.ledger import Pause
from foundation.calendars.timetable import (
    SECOND,
    to_us,
)

FIRST_YEAR = 1900
LAST_YEAR = 9998  # the years that a calendar accepts
HORIZON_YEARS = 60  # a due date further away means that the hours are wrong


def too_far() -> BeyondHorizon:
    return BeyondHorizon(
        gettext_noop(
            "The deadline lies more than %(years)s years away: check the calendar's hours."
        ),
        years=HORIZON_YEARS,
    )


def zone_named(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError, AttributeError) as error:
        raise UnknownTimezone(
            gettext_noop("“%(name)s” is not an IANA time zone, such as America/Mexico_City."),
            name=name,
        ) from error


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which the local date begins. Where a change of offset skips
    midnight, this is the instant of the change.
    """
    return datetime.combine(day, time(), zone).astimezone(UTC)


def instant_us(moment: datetime) -> int:
    try:
        return to_us(moment)
    except TypeError as error:  # naive minus aware raises TypeError
        raise NaiveDatetime(
            gettext_noop("Give an aware datetime: one without a zone names no instant.")
        ) from error


def amount_us(duration: timedelta) -> int:
    amount = (duration.days * 86_400 + duration.seconds) * SECOND + duration.microseconds
    if amount < 0:
        raise NegativeDuration(gettext_noop("A duration cannot be negative."))
    return amount


def minute_of_day(text: str) -> int:
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


def united_windows(weekday: int, windows: Iterable[tuple[str, str]]) -> tuple[tuple[int, int], ...]:
    if weekday not in range(7):
        raise BadWindow(
            gettext_noop("%(day)s is not a weekday: Monday is 0, Sunday is 6."), day=weekday
        )
    united: list[tuple[int, int]] = []
    for start, end in sorted((minute_of_day(a), minute_of_day(b)) for a, b in windows):
        if end <= start:
            raise BadWindow(
                gettext_noop("A window ends after it starts; split a night shift at midnight.")
            )
        if united and start <= united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((start, end))
    return tuple((start * 60 * SECOND, end * 60 * SECOND) for start, end in united)


def united_pauses(pauses: Iterable[Pause], open_end: int | None) -> list[tuple[int, int | None]]:
    """Return the pauses sorted, in microseconds, with overlapping and touching ones merged.

    ``open_end`` replaces a missing end; when it is None too, that pause absorbs all later ones.
    Empty pauses are dropped. Raises ``BadPause`` for an end before its start.
    """
    spans: list[tuple[int, int | None]] = []
    for low, high in pauses:
        begin = instant_us(low)
        end = open_end if high is None else instant_us(high)
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
