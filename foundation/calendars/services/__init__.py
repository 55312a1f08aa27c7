"""The services that write calendars."""

from foundation.calendars.services.upkeep import extend_holidays
from foundation.calendars.services.versions import (
    check_course,
    check_holidays,
    ensure_calendars,
    mark_redated,
    publish_calendar_version,
    renew_zones,
)

__all__ = [
    "check_course",
    "check_holidays",
    "ensure_calendars",
    "extend_holidays",
    "mark_redated",
    "publish_calendar_version",
    "renew_zones",
]
