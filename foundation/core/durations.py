"""Durations as short texts that are the same in Spanish and English. All are rounded down."""

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
