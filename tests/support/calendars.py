"""New versions of the north's calendar."""

from datetime import datetime
from typing import Any

from foundation.calendars.defaults import CalendarRole
from foundation.calendars.models import Calendar, CalendarVersion
from foundation.calendars.queries import version_to_redate
from foundation.calendars.services import publish_calendar_version
from tests.support.house import (
    SETUP,
    House,
)

SHORT_DAYS = {str(day): [["09:00", "14:00"]] for day in range(5)}


def publish(
    house: House, *, at: datetime, effective_from: datetime, hours: Any = None, holidays: Any = None
) -> CalendarVersion:
    calendar = Calendar.objects.get(organization=house.north, role=CalendarRole.BUSINESS)
    return publish_calendar_version(
        calendar=calendar,
        time_zone="America/Mexico_City",
        hours=hours or SHORT_DAYS,
        holidays=holidays or {},
        effective_from=effective_from,
        by=SETUP,
        at=at,
    )


def version_of(version: CalendarVersion) -> CalendarVersion:
    found = version_to_redate(version.pk)
    assert found is not None
    return found


NEXT_TO_NOTHING = {"0": [["09:00", "09:01"]]}


def business(house: House) -> Calendar:
    return Calendar.objects.get(organization=house.north, role="business")


LONG_DAYS = {str(day): [["08:00", "20:00"]] for day in range(5)}
