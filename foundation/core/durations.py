"""Durations as short texts that are the same in Spanish and English."""

from datetime import timedelta


def short_duration(span: timedelta) -> str:
    """Return the absolute duration as ``12 min``, ``3 h 05 min`` or ``2 d 4 h``, rounded down; at
    least ``1 min``.
    """
    minutes = max(1, int(abs(span).total_seconds()) // 60)
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes:02d} min" if minutes else f"{hours} h"
    return f"{minutes} min"


def exact_duration(span: timedelta) -> str:
    """Return ``3:00:00`` (hours, minutes, seconds) with microseconds where there are any, for
    ledgers that must add up.
    """
    total = int(span.total_seconds())
    hours, rest = divmod(total, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{span.microseconds:06d}" if span.microseconds else ""
    return f"{hours}:{minutes:02d}:{seconds:02d}{fraction}"
