"""Which version of a calendar holds when, and its arithmetic."""

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
    """Return the arithmetic of such a version; ``hours`` and ``holidays`` are its JSON."""
    version = CalendarVersion(
        time_zone=time_zone, hours=json.loads(hours), holidays=json.loads(holidays)
    )
    return version.build()


def work_calendar(version: CalendarVersion) -> WorkCalendar:
    """Return the arithmetic of a version; equal content shares one table of open time
    per process.
    """
    built: WorkCalendar | None = version.__dict__.get("_built")
    if built is None:
        built = version.__dict__["_built"] = built_calendar(
            version.time_zone, json.dumps(version.hours), json.dumps(version.holidays)
        )
    return built


def calendar_versions_on(organization: Organization, at: datetime) -> list[CalendarVersion]:
    """Return the version of each of the organization's calendars that holds at an instant, by
    calendar.
    """
    newest = []
    for versions in calendar_versions_of(
        organization
    ).values():  # a calendar's first version holds before it began, as in ``course_of``
        newest.append(
            next(
                (version for version in reversed(versions) if version.effective_from <= at),
                versions[0],
            )
        )
    return newest


# calendar id -> its versions, in order of publication
Versions = Mapping[int, Sequence[CalendarVersion]]


def calendar_versions_of(organization: Organization) -> Versions:
    """Return every version of the organization's calendars, each with its calendar."""
    return _calendar_versions_of(organization.pk, organization.terms_stamp)


def course_of(
    own: Sequence[CalendarVersion], start: datetime, end: datetime | None, known_at: datetime | None
) -> list[tuple[CalendarVersion, datetime]]:
    """Return which version of a calendar, of all its own, holds from when in ``[start, end)``:
    (version, from), the first from ``start``.

    ``known_at`` leaves out what was published later: a clock that stopped knows nothing of it. Of
    two versions in force the later number holds; a calendar's first version holds before it began,
    so that no instant is without one.
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
    """Return the version of the named calendar, otherwise of the organization's first one with that
    role, otherwise of its business calendar; None when it has none of them.
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
    """Return (organization id, version id) of what waits for re-dating, oldest first."""
    waiting = CalendarVersion.objects.filter(redated_at=None, published_at__lte=published_before)
    return list(waiting.order_by("published_at", "pk").values_list("organization_id", "pk"))
