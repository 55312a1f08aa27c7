"""When a recurring ticket is raised: rules as recurrence rules of RFC 5545 (RRULE), without a time
of day and without a start, and the local days that they give. Nothing here reads the database.
"""

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from typing import Literal, NamedTuple, TypeVar

from dateutil import rrule
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.core.errors import Invalid, Text
from foundation.core.zones import zone

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")  # Monday is 0
WORKING_DAYS = (0, 1, 2, 3, 4)
MOST_INTERVAL = 99
MOST_COUNT = 999
LONGEST_RULE = 200  # characters
FIRST_YEAR = 2000
LAST_YEAR = 2100
MOST_TRIED = 1_000  # days of a rule that are looked at for one on which a ticket is raised
LONGEST_CLOSURE = 31  # days after a closed one that are looked at for the next working day
D = TypeVar("D")
_MOST_DAYS = {month: calendar.monthrange(2024, month)[1] for month in range(1, 13)}


class Frequency(StrEnum):
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


class ClosedDays(TextChoices):
    """What happens on a day on which the customer's business calendar is closed."""

    RAISE = "raise", gettext_lazy("The ticket is raised all the same")
    NEXT = "next", gettext_lazy("The ticket is raised on the next working day")
    SKIP = "skip", gettext_lazy("No ticket is raised")


_BY_FREQUENCY: dict[Frequency, frozenset[str]] = {
    Frequency.DAILY: frozenset(),
    Frequency.WEEKLY: frozenset({"BYDAY"}),
    Frequency.MONTHLY: frozenset({"BYDAY", "BYMONTHDAY", "BYSETPOS"}),
    Frequency.YEARLY: frozenset({"BYMONTH", "BYDAY", "BYMONTHDAY", "BYSETPOS"}),
}
_FREQUENCIES: dict[Frequency, Literal[0, 1, 2, 3]] = {
    Frequency.DAILY: rrule.DAILY,
    Frequency.WEEKLY: rrule.WEEKLY,
    Frequency.MONTHLY: rrule.MONTHLY,
    Frequency.YEARLY: rrule.YEARLY,
}
_ALWAYS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"})
_DAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")


@dataclass(frozen=True)
class Weekday:
    """``number`` is 0 for Monday; ``nth`` counts it within the month, from its end when it is
    negative; 0 means every one.
    """

    number: int
    nth: int = 0

    def __str__(self) -> str:
        return f"{self.nth or ''}{DAYS[self.number]}"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A recurrence rule: at most one day a day. ``position`` picks one of the days that the others
    give in a month. Without days, that of the start. Of ``count`` and ``until`` at most one is set.
    """

    frequency: Frequency
    interval: int = 1
    weekdays: tuple[Weekday, ...] = ()
    month_days: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    position: int = 0
    count: int | None = None
    until: date | None = None

    def __str__(self) -> str:
        """Return the text of RFC 5545: ``FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE``."""
        parts = {
            "FREQ": str(self.frequency),
            "INTERVAL": str(self.interval) if self.interval > 1 else "",
            "BYMONTH": _joined(self.months),
            "BYMONTHDAY": _joined(self.month_days),
            "BYDAY": _joined(self.weekdays),
            "BYSETPOS": str(self.position or ""),
            "COUNT": str(self.count or ""),
            "UNTIL": f"{self.until:%Y%m%d}" if self.until else "",
        }
        return ";".join(f"{name}={value}" for name, value in parts.items() if value)

    def days_from(self, start: date) -> Iterator[date]:
        """Yield the local days that the rule gives, in order, from ``start`` on."""
        if self._is_empty():
            return
        for moment in rrule.rrule(
            _FREQUENCIES[self.frequency],
            dtstart=datetime.combine(start, time()),
            interval=self.interval,
            wkst=rrule.MO,
            count=self.count,
            until=datetime.combine(self.until, time()) if self.until else None,
            bysetpos=self.position or None,
            bymonth=self.months or None,
            bymonthday=self.month_days or None,
            byweekday=[rrule.weekday(each.number, each.nth or None) for each in self.weekdays]
            or None,
        ):
            yield moment.date()

    def _is_empty(self) -> bool:
        """Tell whether no month has such a day: the library would look until the year 9999."""
        if self.month_days:
            longest = max(_MOST_DAYS[month] for month in self.months or _MOST_DAYS)
            if all(abs(day) > longest for day in self.month_days):
                return True
        most = 5 * len(self.weekdays) or 31
        if self.month_days:
            most = min(most, len(self.month_days))
        return abs(self.position) > most


def parse_rule(text: str) -> Rule:
    """Return the rule that ``text`` writes, with or without ``RRULE:`` before it. Raises
    ``Invalid``, with the field ``rule``, for another text, for a part that does not go with its
    frequency, and for what comes more often than once a day.
    """
    parts = _parts(text)
    frequency = _frequency(parts.pop("FREQ", ""))
    known = _ALWAYS | _BY_FREQUENCY[frequency]
    if wrong := sorted(parts.keys() - known):
        raise _wrong(
            _("%(parts)s does not go with FREQ=%(frequency)s. Known there: %(known)s.")
            % {
                "parts": ", ".join(wrong),
                "frequency": frequency,
                "known": ", ".join(sorted(known - {"FREQ"})),
            }
        )
    if {"COUNT", "UNTIL"} <= parts.keys():
        raise _wrong(_("Use COUNT or UNTIL, not both."))
    if parts.pop("WKST", "MO") != "MO":
        raise _wrong(_("Weeks begin on Monday: leave WKST out."))
    is_by_day = parts.keys() & {"BYDAY", "BYMONTHDAY"}
    if frequency is Frequency.YEARLY and is_by_day and "BYMONTH" not in parts:
        raise _wrong(_("Name the months of the days, with BYMONTH."))
    if "BYSETPOS" in parts and not is_by_day:
        raise _wrong(_("BYSETPOS goes with BYDAY or BYMONTHDAY."))
    return Rule(
        frequency=frequency,
        interval=_number(parts, "INTERVAL", 1, MOST_INTERVAL) or 1,
        weekdays=_weekdays(parts.get("BYDAY", ""), has_nth=frequency is not Frequency.WEEKLY),
        month_days=_numbers(parts, "BYMONTHDAY", 31, is_signed=True),
        months=_numbers(parts, "BYMONTH", 12),
        position=_position(parts),
        count=_number(parts, "COUNT", 1, MOST_COUNT),
        until=_until(parts.get("UNTIL", "")),
    )


class PlannedDay(NamedTuple):
    """A local day on which a ticket is raised, and the day of the rule that it comes from."""

    day: date
    of_rule: date


def planned_days(
    rule: Rule,
    start: date,
    *,
    closed: ClosedDays,
    is_open: Callable[[date], bool],
    after: date | None = None,
    done: date | None = None,
) -> Iterator[PlannedDay]:
    """Yield the local days on which a ticket is raised, in order and each once, later than
    ``after``: those of the rule, without the closed ones or with the next working day in their
    place. ``done`` is the last day of the rule that was dealt with: wherever the calendar would
    move it now, it does not come again. Ends with the rule, or when ``MOST_TRIED`` days of it that
    come after gave none.
    """
    last = after
    tried = 0
    since = after - timedelta(days=LONGEST_CLOSURE) if after else date.min
    for day in rule.days_from(start):
        if day < since or (done is not None and day <= done):
            continue
        tried += 1
        if tried > MOST_TRIED:
            return
        found = _moved(day, closed, is_open)
        if found is not None and (last is None or found > last):
            last = found
            tried = 0
            yield PlannedDay(found, day)


def instant_of(day: date, at_time: time, time_zone: str) -> datetime:
    """Return the UTC instant of a local time of day; of a time that occurs twice, the first; of one
    that the clocks skip, the same time counted on from before they went forward.
    """
    return datetime.combine(day, at_time, zone(time_zone)).astimezone(UTC)


def first_days(days: Iterator[D], count: int) -> list[D]:
    return list(islice(days, count))


def wrong_start(day: date) -> Text:
    """Return why a rule cannot begin on this day; "" when it can."""
    if FIRST_YEAR <= day.year <= LAST_YEAR:
        return ""
    words = _("Choose a day between the years %(first)d and %(last)d.")
    return words % {"first": FIRST_YEAR, "last": LAST_YEAR}


def _moved(day: date, closed: ClosedDays, is_open: Callable[[date], bool]) -> date | None:
    """Return the day on which the ticket of a day of the rule is raised; None for none."""
    if closed == ClosedDays.RAISE or is_open(day):
        return day
    if closed == ClosedDays.SKIP:
        return None
    later = (day + timedelta(days=step) for step in range(1, LONGEST_CLOSURE + 1))
    return next(filter(is_open, later), None)


def _joined(values: tuple[object, ...]) -> str:
    return ",".join(map(str, values))


def _parts(text: str) -> dict[str, str]:
    if len(text) > LONGEST_RULE:
        raise _wrong(_("At most %(count)d characters.") % {"count": LONGEST_RULE})
    body = "".join(text.split()).upper().removeprefix("RRULE:").rstrip(";")
    parts: dict[str, str] = {}
    for part in body.split(";"):
        name, sign, value = part.partition("=")
        if not (name and sign and value) or name in parts:
            raise _wrong(
                _("Write a rule of RFC 5545, such as FREQ=WEEKLY;BYDAY=MO: “%(part)s” is none.")
                % {"part": part[:40]}
            )
        parts[name] = value
    return parts


def _frequency(text: str) -> Frequency:
    if text not in {*Frequency}:
        raise _wrong(_("FREQ is one of %(known)s.") % {"known": ", ".join(Frequency)})
    return Frequency(text)


def _number(parts: dict[str, str], name: str, least: int, most: int) -> int | None:
    text = parts.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,3}", text) or not least <= int(text) <= most:
        words = _("%(name)s is a number from %(least)d to %(most)d.")
        raise _wrong(words % {"name": name, "least": least, "most": most})
    return int(text)


def _numbers(
    parts: dict[str, str], name: str, most: int, *, is_signed: bool = False
) -> tuple[int, ...]:
    if name not in parts:
        return ()
    found = []
    for text in parts[name].split(","):
        is_number = re.fullmatch(r"[+-]?[0-9]{1,2}" if is_signed else r"[0-9]{1,2}", text)
        if not is_number or not 1 <= abs(int(text)) <= most:
            words = _("%(name)s has numbers from 1 to %(most)d, separated by commas.")
            raise _wrong(words % {"name": name, "most": most})
        found.append(int(text))
    return tuple(sorted({*found}))


def _position(parts: dict[str, str]) -> int:
    found = _numbers(parts, "BYSETPOS", 31, is_signed=True)
    if len(found) > 1:
        raise _wrong(_("BYSETPOS is one number."))
    return found[0] if found else 0


def _weekdays(text: str, *, has_nth: bool) -> tuple[Weekday, ...]:
    found = []
    for each in text.split(",") if text else ():
        match = _DAY.fullmatch(each)
        if match is None or (match[1] and not has_nth):
            example = "MO, 1MO, -1FR" if has_nth else "MO, TU, WE"
            raise _wrong(
                _("BYDAY has days such as %(example)s, separated by commas.") % {"example": example}
            )
        found.append(Weekday(DAYS.index(match[2]), int(match[1] or 0)))
    return tuple(sorted({*found}, key=lambda each: (each.number, each.nth)))


def _until(text: str) -> date | None:
    """Return the last day; a time of day behind it, as other programs write it, is left out."""
    if not text:
        return None
    match = re.fullmatch(r"([0-9]{8})(T[0-9]{6}Z?)?", text)
    try:
        return date.fromisoformat(match[1] if match else "")
    except ValueError as error:
        raise _wrong(_("UNTIL is a day such as 20261231.")) from error


def _wrong(words: Text) -> Invalid:
    return Invalid(words, fields={"rule": words})
