"""Targets as text for badges and forms, and the parser of that text."""

import re
from datetime import timedelta

from django.utils.translation import ngettext

from foundation.core.durations import full_duration, short_duration
from sla.policies.models import MAX_DAYS, MAX_MINUTES
from sla.targets import Target, Term


def target_words(target: Target) -> str:
    """Return a target as people say it, whole: ``3 h``, ``25 h 30 min``, or ``5 business days``."""
    if isinstance(target, timedelta):
        loses_minutes = target >= timedelta(days=1) and target % timedelta(hours=1)
        return full_duration(target) if loses_minutes else short_duration(target)
    if target.business:
        return ngettext("%(count)d business day", "%(count)d business days", target.days) % {
            "count": target.days
        }
    return ngettext("%(count)d calendar day", "%(count)d calendar days", target.days) % {
        "count": target.days
    }


_AMOUNT = re.compile(r"(?:(\d+)\s*d)|(?:(\d+)\s*h)?\s*(?:(\d+)\s*(?:min|m)?)?", re.IGNORECASE)


def parse_target(text: str) -> Target:
    """Parse ``40`` (minutes), ``40 min``, ``3 h``, ``1 h 30 min`` or ``5 d`` (business days). Raise
    ``ValueError`` for other text, for zero, and above ``MAX_MINUTES`` or ``MAX_DAYS``.
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


def format_target(target: Target) -> str:
    """Return the text that ``parse_target`` reads. It drops seconds and the kind of day: calendar
    days come back as business days.
    """
    if isinstance(target, Term):
        return f"{target.days} d"
    hours, minutes = divmod(int(target.total_seconds()) // 60, 60)
    return " ".join(
        part
        for part in (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "")
        if part
    )
