"""Targets: service time to the second, or terms in days by date (SPEC 4.14)."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Term:
    """A target in days, counted by local date and never turned into minutes (SPEC 4.14): day 0 is
    the day of the event.
    """

    days: int
    business: bool


Target = timedelta | Term


class TargetUnit(models.TextChoices):
    """What a stored target counts: time to the second, or days by date (SPEC 4.14)."""

    TIME = "time", _("service time")
    CALENDAR_DAYS = "calendar_days", _("calendar days")
    BUSINESS_DAYS = "business_days", _("business days")


def target_of(target: timedelta, unit: str) -> Target:
    """Return the target of a stored duration and unit: a ``timedelta`` of service time, or a
    ``Term``.
    """
    return (
        target if unit == TargetUnit.TIME else Term(target.days, unit == TargetUnit.BUSINESS_DAYS)
    )


def stored_target(target: Target) -> tuple[timedelta, str]:
    """Return (duration, unit) as the columns of clocks and segments store them."""
    if isinstance(target, timedelta):
        return target, TargetUnit.TIME
    return timedelta(
        days=target.days
    ), TargetUnit.BUSINESS_DAYS if target.business else TargetUnit.CALENDAR_DAYS
