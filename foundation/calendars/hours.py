"""Parse and format weekly hours and holidays as text, one line each. Pure."""

from collections.abc import Sequence
from datetime import date

from foundation.calendars.arithmetic import BadWindow, CalendarError, WorkCalendar
from foundation.calendars.errors import gettext_noop

DAYS_EN = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS_ES = ("lun", "mar", "mié", "jue", "vie", "sáb", "dom")
_NUMBER = {
    **{name: day for day, name in enumerate(DAYS_EN)},
    **{name: day for day, name in enumerate(DAYS_ES)},
    "mie": 2,
    "sab": 5,
}

Hours = dict[str, list[list[str]]]


class BadDate(CalendarError):
    code = "bad_date"


def parse_hours(text: str) -> Hours:
    """Parse lines such as ``lun-vie 09:00-13:00, 14:00-18:00`` into weekday -> windows. A night
    shift ``22:00-06:00`` is split at midnight.

    Raises ``BadWindow`` that quotes the wrong line, or an error of ``WorkCalendar``, such as
    ``NoHours`` for an empty text.
    """
    hours: Hours = {}
    for line in filter(None, (raw.strip().lower() for raw in text.splitlines())):
        days, spans = _first_word(line)
        for day in _days(days, line):
            for span in spans.split(","):
                _put(hours, day, span, line)
    WorkCalendar(
        timezone="UTC", hours={int(day): [(a, b) for a, b in spans] for day, spans in hours.items()}
    )
    return hours


def _first_word(line: str) -> tuple[str, str]:
    """Return the first word and the rest. Any blank parts them: a spreadsheet pastes tabs."""
    first, *rest = line.split(maxsplit=1)
    return first, rest[0].strip() if rest else ""


def _days(text: str, line: str) -> list[int]:
    first, _, last = text.partition("-")
    if first not in _NUMBER or (last and last not in _NUMBER):
        raise BadWindow(
            gettext_noop("“%(line)s”: begin with days, such as lun-vie or mon-fri."), line=line
        )
    start = _NUMBER[first]
    end = _NUMBER[last or first]
    return [day % 7 for day in range(start, end + 1 if end >= start else end + 8)]


def _put(hours: Hours, day: int, span: str, line: str) -> None:
    start, separator, end = (part.strip() for part in span.partition("-"))
    if not separator:
        raise BadWindow(gettext_noop("“%(line)s”: write hours such as 09:00-19:00."), line=line)
    start = _padded(start)
    end = _padded(end)
    if end == start != "00:00":  # ambiguous: an empty window or 24 hours
        raise BadWindow(
            gettext_noop(
                "“%(line)s”: a window ends when it begins. Write 00:00-24:00 for a whole day."
            ),
            line=line,
        )
    if end <= start:
        hours.setdefault(str(day), []).append([start, "24:00"])
        if end != "00:00":
            hours.setdefault(str((day + 1) % 7), []).append(["00:00", end])
    else:
        hours.setdefault(str(day), []).append([start, end])


def _padded(text: str) -> str:
    """Return ``09:00`` for ``9:00``, so that times compare as text. Text that is not a time comes
    back unchanged: ``WorkCalendar`` raises ``BadWindow`` for it.
    """
    hours, colon, minutes = text.partition(":")
    return f"{hours:0>2}:{minutes}" if colon and hours.isascii() and hours.isdigit() else text


def minute_of(text: str) -> int:
    """Return the minute of the day of a stored time."""
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


def format_hours(hours: Hours, days: Sequence[str] = DAYS_ES) -> str:
    """Return the lines that ``parse_hours`` reads back; ``days`` are the short names of the week,
    Spanish or English.
    """
    lines = [
        f"{days[int(day)]} " + ", ".join(f"{a}-{b}" for a, b in spans)
        for day, spans in sorted(hours.items())
        if spans
    ]
    return "\n".join(lines)


def parse_holidays(text: str) -> dict[str, str]:
    """Read lines such as ``2026-12-25 Navidad``; raises ``BadDate`` with the line that is wrong."""
    found: dict[str, str] = {}
    for line in filter(None, (raw.strip() for raw in text.splitlines())):
        day, name = _first_word(line)
        try:
            found[date.fromisoformat(day).isoformat()] = name
        except ValueError as error:
            raise BadDate(
                gettext_noop("“%(line)s”: begin with the date as YYYY-MM-DD."), line=line
            ) from error
    return dict(sorted(found.items()))


def format_holidays(holidays: dict[str, str]) -> str:
    return "\n".join(f"{day} {name}".strip() for day, name in sorted(holidays.items()))
