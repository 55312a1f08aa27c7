"""Spans of time in words short enough for a badge, the same in Spanish and English; and terms in
days.
"""

import re
from datetime import timedelta

from django.utils.translation import ngettext

from sla.policies.models import MAX_DAYS, MAX_MINUTES
from sla.targets import Target, Term


def short_duration(span: timedelta) -> str:
    """Return ``12 min``, ``3 h 05 min`` or ``2 d 4 h``: floored to the minute, never negative, at
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


def promise_words(target: Target) -> str:
    """Return a target as people say it: ``3 h``, or ``5 business days``."""
    if isinstance(target, timedelta):
        return short_duration(target)
    if target.business:
        return ngettext("%(count)d business day", "%(count)d business days", target.days) % {
            "count": target.days
        }
    return ngettext("%(count)d calendar day", "%(count)d calendar days", target.days) % {
        "count": target.days
    }


_AMOUNT = re.compile(r"(?:(\d+)\s*d)|(?:(\d+)\s*h)?\s*(?:(\d+)\s*(?:min|m)?)?", re.IGNORECASE)


def parse_promise(text: str) -> Target:
    """Read ``40``, ``40 min``, ``3 h``, ``1 h 30 min`` or ``5 d`` (business days); ``ValueError``
    for anything else, for zero and for more than a year of service time or ten years of days.
    """
    found = _AMOUNT.fullmatch(text.strip())
    days, hours, minutes = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    if days > MAX_DAYS or hours * 60 + minutes > MAX_MINUTES:
        raise ValueError(text)
    if days:
        return Term(days, business=True)
    if not hours and not minutes:
        raise ValueError(text)
    return timedelta(hours=hours, minutes=minutes)


def format_promise(target: Target) -> str:
    """Return the text that ``parse_promise`` reads back."""
    if isinstance(target, Term):
        return f"{target.days} d"
    hours, minutes = divmod(int(target.total_seconds()) // 60, 60)
    return " ".join(
        part
        for part in (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "")
        if part
    )


def exact_duration(span: timedelta) -> str:
    """Return ``3:00:00`` (hours, minutes, seconds) with microseconds where there are any, for
    ledgers that must add up.
    """
    total = int(span.total_seconds())
    hours, rest = divmod(total, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{span.microseconds:06d}" if span.microseconds else ""
    return f"{hours}:{minutes:02d}:{seconds:02d}{fraction}"
