"""Services that create calendars and publish their versions."""

import logging
from collections.abc import Iterable
from datetime import date, datetime
from importlib.metadata import version as installed_version
from itertools import chain, count
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.locks import lock_organization
from foundation.accounts.models import Organization
from foundation.activity.services import Fact, record
from foundation.calendars import verbs
from foundation.calendars.defaults import BUSINESS_HOURS, CONTINUOUS_HOURS, CalendarRole
from foundation.calendars.events import CalendarVersionPublished
from foundation.calendars.holidays import public_holidays
from foundation.calendars.models import Calendar, CalendarVersion
from foundation.core.actor import Actor, system_actor
from foundation.core.bounds import require_in_reach
from foundation.core.events import publish
from foundation.core.zones import zone

HOLIDAY_YEARS_BACK = 1
HOLIDAY_YEARS_AHEAD = 3
logger = logging.getLogger(__name__)
_SINCE_EVER = datetime.fromisoformat("2000-01-01T00:00:00+00:00")

_DEFAULTS: dict[CalendarRole, tuple[str, dict[str, Any]]] = {
    CalendarRole.CONTINUOUS: ("24x7", CONTINUOUS_HOURS),
    CalendarRole.BUSINESS: ("Lun-Vie 09:00-19:00", BUSINESS_HOURS),
}


@transaction.atomic
def ensure_calendars(
    *, organization: Organization, by: Actor, at: datetime
) -> list[CalendarVersion]:
    """Create the default calendars that the organization lacks (SPEC 4.5); return the versions
    created now.

    Called when an organization is created, and again when a clock starts and a calendar is missing.
    So a deleted calendar never makes a new ticket fail.
    """
    present = set(
        Calendar.objects.filter(organization=organization).order_by().values_list("role", flat=True)
    )
    made = []
    for role, (name, hours) in _DEFAULTS.items():
        if role in present:
            continue
        calendar = Calendar.objects.create(
            organization=organization, name=_free_name(organization, name), role=role
        )
        closed = {}
        if role is CalendarRole.BUSINESS:
            closed = public_holidays(
                organization.country,
                organization.region,
                at.year - HOLIDAY_YEARS_BACK,
                at.year + HOLIDAY_YEARS_AHEAD,
            )
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
        # the old stamp would give the caller the cached list without the new calendars
        organization.refresh_from_db(fields=["terms_stamp"])
    return made


def _free_name(organization: Organization, wanted: str) -> str:
    """Return the name, with a number appended when another calendar has it. A duplicate would
    violate ``calendar_unique_name``.
    """
    taken = set(
        Calendar.objects.filter(organization=organization).order_by().values_list("name", flat=True)
    )
    names = chain([wanted], (f"{wanted} ({number})" for number in count(2)))
    return next(name for name in names if name not in taken)


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
    is_renewal: bool = False,
) -> CalendarVersion:
    """Add a version to a calendar. Earlier versions stay; open clocks are re-dated in the
    background.

    Raises ``ValidationError`` when the data is not a calendar, or ``effective_from`` is before
    ``at`` (DECISIONS 15) or before that of the last version. Handlers of
    ``CalendarVersionPublished`` run in this transaction and may raise it too.
    """
    lock_organization(calendar.organization_id)
    last = CalendarVersion.objects.filter(calendar=calendar).order_by("-number").first()
    check_holidays(holidays, at)
    if not is_renewal:  # a renewal republishes the planned versions after this one
        check_course(last, effective_from, at)
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
        redated_at=at if last is None else None,  # first version: no clock uses the calendar yet
    )
    version.full_clean(exclude=["calendar", "organization"])
    version.save()
    fact = Fact(
        verb=verbs.VERSION_PUBLISHED,
        object_type="calendars.calendar",
        object_id=calendar.pk,
        payload={"version": version.pk},
    )
    record(organization_id=calendar.organization_id, facts=[fact], by=by, at=at)
    if last is not None:
        publish(
            CalendarVersionPublished(
                organization_id=calendar.organization_id,
                at=at,
                version_id=version.pk,
                is_renewal=is_renewal,
            )
        )
    return version


def renew_zones(*, at: datetime) -> int:
    """Republish every calendar whose newest version has another tz database than the installed one;
    return how many.

    Hours and holidays stay as they are. As with any version, open clocks are re-dated; the ledger
    shows ``tzdata_version``. A refused version is logged and skipped.
    """
    installed = installed_version("tzdata")
    renewed = 0
    for calendar in Calendar.objects.select_related("organization").order_by("pk"):
        versions = list(CalendarVersion.objects.filter(calendar=calendar).order_by("number"))
        if not versions or versions[-1].tzdata_version == installed:
            continue
        try:
            with transaction.atomic():
                _renew(calendar, versions, at)
        except ValidationError as error:  # such as a zone renamed in the new database
            logger.warning(
                "Calendar %s keeps the zones of %s: %s",
                calendar.pk,
                versions[-1].tzdata_version,
                error.messages,
            )
            continue
        renewed += 1
    return renewed


def _renew(calendar: Calendar, versions: list[CalendarVersion], at: datetime) -> None:
    """Republish the version in force, then the planned ones, each with the same content."""
    current = [version for version in versions if version.effective_from <= at] or versions[:1]
    coming = [
        version
        for version in versions
        if version.effective_from > at and version.number > current[-1].number
    ]
    for old in [current[-1], *coming]:
        publish_calendar_version(
            calendar=calendar,
            time_zone=old.time_zone,
            hours=old.hours,
            holidays=old.holidays,
            effective_from=max(at, old.effective_from),
            by=system_actor("tz database"),
            at=at,
            is_renewal=True,
        )


def check_holidays(holidays: Iterable[str], at: datetime) -> None:
    """Raise ``ValidationError`` for the first of these days, as ISO dates, that is out of reach."""
    for day in holidays:
        try:
            require_in_reach(date.fromisoformat(day), at)
        except ValidationError as error:
            words = f"{day}: {error.messages[0]}"
            raise ValidationError({"holidays": words}) from error
        except ValueError:  # no date at all: the model's own check says so
            continue


def check_course(last: CalendarVersion | None, effective_from: datetime, at: datetime) -> None:
    """Raise ``ValidationError`` when ``effective_from`` is out of reach (``require_in_reach``),
    before ``at``, or before that of the ``last`` version. A first version may begin in the past.
    """
    require_in_reach(effective_from, at)
    if last is None:
        return
    if effective_from < at:
        raise ValidationError(
            _("A new version of a calendar takes effect now or later: the past stays as it was.")
        )
    if effective_from < last.effective_from:
        words = _(
            "Version %(number)d begins on %(day)s and would never hold: let the new one begin "
            "then or later."
        )
        day = last.effective_from.astimezone(zone(last.time_zone)).strftime("%Y-%m-%d %H:%M")
        raise ValidationError(words % {"number": last.number, "day": day})


def mark_redated(*, version: CalendarVersion, at: datetime) -> None:
    """Set ``redated_at``: every due date that depends on this version has been recomputed."""
    CalendarVersion.objects.filter(pk=version.pk).update(redated_at=at)
