"""Queries for calendar versions, for the periods in which they are in force, and for their
``WorkCalendar``.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from foundation.accounts.models import Organization
from foundation.calendars.arithmetic import WorkCalendar
from foundation.calendars.defaults import CalendarRole
from foundation.calendars.models import CalendarVersion
from foundation.configuration.models import KEPT


@lru_cache(maxsize=512)
def built_calendar(time_zone: str, hours: str, holidays: str) -> WorkCalendar:
    """Return the ``WorkCalendar`` of this zone, hours and holidays, both JSON text. Cached per
    process.
    """
    version = CalendarVersion(
        time_zone=time_zone, hours=json.loads(hours), holidays=json.loads(holidays)
    )
    return version.build()


def work_calendar(version: CalendarVersion) -> WorkCalendar:
    """Return the ``WorkCalendar`` of a version. Versions with equal content share one instance, and
    so one ``Timetable``, per process.
    """
    built: WorkCalendar | None = version.__dict__.get("_built")
    if built is None:
        built = version.__dict__["_built"] = built_calendar(
            version.time_zone, json.dumps(version.hours), json.dumps(version.holidays)
        )
    return built


def calendar_versions_on(organization: Organization, at: datetime) -> list[CalendarVersion]:
    """Return the version in force at an instant of each calendar of the organization, ordered by
    calendar id.
    """
    newest = []
    for versions in calendar_versions_of(
        organization
    ).values():  # before it began, the first version applies, as in ``course_of``
        newest.append(
            next(
                (version for version in reversed(versions) if version.effective_from <= at),
                versions[0],
            )
        )
    return newest


# calendar id -> its versions, by number
Versions = Mapping[int, Sequence[CalendarVersion]]


def calendar_versions_of(organization: Organization) -> Versions:
    """Return every version of the organization's calendars, each with its calendar."""
    return _calendar_versions_of(organization.pk, organization.terms_stamp)


def course_of(
    own: Sequence[CalendarVersion], start: datetime, end: datetime | None, known_at: datetime | None
) -> list[tuple[CalendarVersion, datetime]]:
    """Return the versions in force in ``[start, end)`` as (version, since), in order of time; the
    first is since ``start``.

    ``own`` are all versions of one calendar, by number; ``end`` None means no end. From its
    ``effective_from`` on, a version replaces those with a lower number. The first version also
    applies before its ``effective_from``, so every instant has one. ``known_at`` skips versions
    published later: a stopped clock ignores them.
    """
    if len(own) == 1:
        return [(own[0], start)]
    known = [version for version in own[1:] if known_at is None or version.published_at <= known_at]
    course = [(own[0], start)]
    for version in known:
        begins = max(version.effective_from, start)
        if end is not None and begins >= end:
            continue
        course = [(earlier, since) for earlier, since in course if since < begins] + [
            (version, begins)
        ]
    return course


@lru_cache(maxsize=KEPT)
def _calendar_versions_of(organization_id: int, stamp: int) -> Versions:
    found: dict[int, list[CalendarVersion]] = {}
    versions = CalendarVersion.objects.filter(organization_id=organization_id)
    for version in versions.select_related("calendar").order_by("calendar_id", "number"):
        found.setdefault(version.calendar_id, []).append(version)
    return found


def pick_calendar(
    versions: Sequence[CalendarVersion], role: CalendarRole, calendar_id: int | None
) -> CalendarVersion | None:
    """Return the version of calendar ``calendar_id``; otherwise of the first calendar with that
    role; otherwise of the first business calendar. None when there is none of them.
    """
    for version in versions:
        if version.calendar_id == calendar_id:
            return version
    by_role = {version.calendar.role: version for version in reversed(versions)}
    return by_role.get(role) or by_role.get(CalendarRole.BUSINESS)


def business_calendar_on(organization: Organization, at: datetime) -> CalendarVersion | None:
    """Return the version of the organization's business calendar in force at ``at``; None when it
    has no calendars yet.
    """
    return pick_calendar(calendar_versions_on(organization, at), CalendarRole.BUSINESS, None)


def version_to_redate(version_id: int) -> CalendarVersion | None:
    """Return a calendar version whose open clocks have not all been re-dated; None when that was
    done.
    """
    return (
        CalendarVersion.objects.filter(pk=version_id, redated_at=None)
        .select_related("organization")
        .order_by("pk")
        .first()
    )


def versions_to_redate(published_before: datetime) -> list[tuple[int, int]]:
    """Return (organization id, version id) of versions not yet re-dated and published at or before
    the instant, oldest first.
    """
    waiting = CalendarVersion.objects.filter(redated_at=None, published_at__lte=published_before)
    return list(waiting.order_by("published_at", "pk").values_list("organization_id", "pk"))
