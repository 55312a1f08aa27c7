"""Durations as short texts that are the same in Spanish and English. All are rounded down."""

import re
from datetime import timedelta

SECOND = timedelta(seconds=1)


def short_duration(span: timedelta) -> str:
    """Return the absolute duration as ``12 min``, ``3 h 05 min`` or ``2 d 4 h``; below a minute as
    ``12 s``, and nothing as ``0 min``.
    """
    seconds = int(abs(span).total_seconds())
    if 0 < seconds < 60:
        return f"{seconds} s"
    days, rest = divmod(seconds // 60, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes:02d} min" if minutes else f"{hours} h"
    return f"{minutes} min"


def full_duration(span: timedelta) -> str:
    """Return the absolute duration to the second, for accounts: ``3 h 05 min 12 s``, ``0 s``."""
    minutes, seconds = divmod(int(abs(span).total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (seconds, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"


def exact_duration(span: timedelta) -> str:
    """Return ``3:00:00`` (hours, minutes, seconds), for ledgers."""
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}"


def whole_seconds(span: timedelta) -> timedelta:
    return span // SECOND * SECOND


_TYPED = re.compile(
    r"(?:(?P<hours>\d{1,3}(?:[.,]\d{1,2})?)\s*(?:h|hs|hrs?|horas?|hours?)\.?)?"
    r"\s*(?:(?P<minutes>\d{1,4})\s*(?:m|min|mins|minutos?|minutes?)?\.?)?",
    re.IGNORECASE | re.ASCII,
)
_COLON = re.compile(r"(?P<hours>\d{1,3}):(?P<minutes>[0-5]\d)", re.ASCII)


def typed_minutes(text: str) -> int | None:
    """Return the minutes that a person typed, as ``90``, ``1:30``, ``1 h 30 min``, ``1.5 h`` or
    ``45 min``; None for anything else.
    """
    stripped = text.strip()
    found = _COLON.fullmatch(stripped) or _TYPED.fullmatch(stripped)
    if found is None or not (found["hours"] or found["minutes"]):
        return None
    hours = float((found["hours"] or "0").replace(",", "."))
    return round(hours * 60) + int(found["minutes"] or 0)
