"""Calendars of an organization and their versions."""

from datetime import datetime
from importlib.metadata import version as installed_version
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organization
from activity.services import Fact, record
from core.actor import Actor
from core.events import publish
from sla.defaults import BUSINESS_HOURS, CONTINUOUS_HOURS, CalendarRole
from sla.events import CalendarVersionPublished
from sla.holidays import public_holidays
from sla.models import Calendar, CalendarVersion

HOLIDAY_YEARS_BACK, HOLIDAY_YEARS_AHEAD = 1, 3
_SINCE_EVER = datetime.fromisoformat("2000-01-01T00:00:00+00:00")

_DEFAULTS: dict[CalendarRole, tuple[str, dict[str, Any]]] = {
    CalendarRole.CONTINUOUS: ("24x7", CONTINUOUS_HOURS),
    CalendarRole.BUSINESS: ("Lun-Vie 09:00-19:00", BUSINESS_HOURS),
}


@transaction.atomic
def ensure_calendars(*, organization: Organization, by: Actor, at: datetime) -> list[CalendarVersion]:
    """Give the organization the two default calendars it lacks (SPEC 4.5) and return the versions made now.

    Called when an organization is created, and again whenever a clock would start without a calendar: a ticket is never
    lost because somebody deleted one.
    """
    present = set(Calendar.objects.filter(organization=organization).order_by().values_list("role", flat=True))
    made = []
    for role, (name, hours) in _DEFAULTS.items():
        if role in present:
            continue
        calendar = Calendar.objects.create(organization=organization, name=name, role=role)
        closed = {}
        if role is CalendarRole.BUSINESS:
            closed = public_holidays(organization.country, organization.region, at.year - HOLIDAY_YEARS_BACK, at.year + HOLIDAY_YEARS_AHEAD)
        made.append(
            publish_calendar_version(
                calendar=calendar,
                time_zone=organization.time_zone,
                hours=hours,
                holidays=closed,
                effective_from=_SINCE_EVER,
                by=by,
                at=at,
            )
        )
    if made:
        organization.refresh_from_db(fields=["terms_stamp"])  # whoever holds it reads the new calendars
    return made


@transaction.atomic
def publish_calendar_version(
    *,
    calendar: Calendar,
    time_zone: str,
    hours: dict[str, list[list[str]]],
    holidays: dict[str, str],
    effective_from: datetime,
    by: Actor,
    at: datetime,
) -> CalendarVersion:
    """Add a version to a calendar; earlier ones stay, and the open clocks get their dates by it in the background.

    Raises ``ValidationError`` when the data is not a calendar, or the version would change the past (DECISIONS 15).
    """
    last = CalendarVersion.objects.filter(calendar=calendar).order_by("-number").first()
    if last is not None and effective_from < at:
        raise ValidationError(_("A new version of a calendar takes effect now or later: the past stays as it was."))
    version = CalendarVersion(
        organization_id=calendar.organization_id,
        calendar=calendar,
        number=last.number + 1 if last else 1,
        time_zone=time_zone,
        hours=hours,
        holidays=holidays,
        tzdata_version=installed_version("tzdata"),
        effective_from=effective_from,
        published_at=at,
        redated_at=at if last is None else None,  # a first version finds no clock that it could move
    )
    version.full_clean(exclude=["calendar", "organization"])
    version.save()
    fact = Fact(verb="calendar.version_published", object_type="sla.calendar", object_id=calendar.pk, payload={"version": version.pk})
    record(organization_id=calendar.organization_id, facts=[fact], by=by, at=at)
    if last is not None:
        publish(CalendarVersionPublished(organization_id=calendar.organization_id, at=at, version_id=version.pk))
    return version
