"""What calendars need as years go by."""

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
    """Publish the calendars anew whose holidays end before the year after next, with the country's
    of the years that lack (SPEC 4.5).

    Returns how many. What somebody changed stays changed: a holiday that was taken out of the last
    year is not put into the new ones. A calendar without holidays has none of purpose, and one with
    a version still to come is left until that one holds.
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
    """Return the public holidays after the last year of the list, without those that were taken out
    of that year.
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
