"""Extend the public holidays of calendars, by schedule."""

import logging
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from foundation.calendars.holidays import public_holidays
from foundation.calendars.models import Calendar, CalendarVersion
from foundation.calendars.services.versions import HOLIDAY_YEARS_AHEAD, publish_calendar_version
from foundation.core.actor import system_actor

logger = logging.getLogger(__name__)


def extend_holidays(*, at: datetime) -> int:
    """Publish a version with more public holidays for each calendar whose list ends next year or
    earlier (SPEC 4.5); return how many.

    Adds the country's holidays up to ``HOLIDAY_YEARS_AHEAD`` years ahead. A public holiday that is
    missing from the last listed year, because somebody removed it, is not added to later years.
    Skips calendars without holidays, which are open on them on purpose, and calendars with a
    version that is not in force yet. A refused version is logged and skipped.
    """
    extended = 0
    for calendar in Calendar.objects.select_related("organization").order_by("pk"):
        newest = CalendarVersion.objects.filter(calendar=calendar).order_by("-number").first()
        if newest is None or newest.effective_from > at or not newest.holidays:
            continue
        last = date.fromisoformat(max(newest.holidays)).year
        if last > at.year + 1:
            continue
        lacking = _lacking(calendar, newest, last, at.year + HOLIDAY_YEARS_AHEAD)
        if not lacking:
            continue
        try:
            with transaction.atomic():
                publish_calendar_version(
                    calendar=calendar,
                    time_zone=newest.time_zone,
                    hours=newest.hours,
                    holidays=newest.holidays | lacking,
                    effective_from=at,
                    by=system_actor("holidays"),
                    at=at,
                )
        except ValidationError as error:
            logger.warning("Calendar %s keeps the holidays it has: %s", calendar.pk, error.messages)
            continue
        extended += 1
    return extended


def _lacking(calendar: Calendar, version: CalendarVersion, last: int, until: int) -> dict[str, str]:
    """Return the public holidays of the years ``last + 1`` to ``until``, without those that the
    calendar lacks, by name, in year ``last``.
    """
    country = calendar.organization.country
    region = calendar.organization.region
    taken_out = {
        name
        for day, name in public_holidays(country, region, last, last).items()
        if day not in version.holidays
    }
    return {
        day: name
        for day, name in public_holidays(country, region, last + 1, until).items()
        if name not in taken_out
    }
