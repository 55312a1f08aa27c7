"""Check that an extended calendar includes the hours it extends (SPEC 4.5). Otherwise a customer
who pays for more hours would be served later.
"""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from foundation.calendars.arithmetic import WorkCalendar
from foundation.calendars.defaults import CalendarRole
from foundation.calendars.models import CalendarVersion
from foundation.calendars.queries import calendar_versions_on, pick_calendar, work_calendar
from foundation.calendars.wording import days_of_week
from sla.policies.models import PolicyVersion


def lacking_days(narrow: WorkCalendar, wide: WorkCalendar) -> list[str]:
    """Return the days of the week on which ``wide`` lacks open time of ``narrow``."""
    return [
        days_of_week()[day]
        for day, windows in sorted(narrow.windows.items())
        if not all(
            any(low <= start and end <= high for low, high in wide.windows.get(day, ()))
            for start, end in windows
        )
    ]


def check_extensions(version: CalendarVersion, at: datetime) -> None:
    """Raise ``ValidationError`` if this calendar version would leave an extension without hours of
    the calendar that it extends.

    Checks the policies in force at ``at`` and the planned ones. Skips calendars in different time
    zones.
    """
    known = calendar_versions_on(version.calendar.organization, version.effective_from)
    versions = [version if each.calendar_id == version.calendar_id else each for each in known]
    for policy in _policies(version.organization_id, at):
        extended = next(
            (each for each in versions if each.calendar_id == policy.extended_calendar_id), None
        )
        narrow = pick_calendar(versions, CalendarRole.BUSINESS, policy.business_calendar_id)
        if extended is None or narrow is None or extended.time_zone != narrow.time_zone:
            continue
        if version is not extended and version is not narrow:
            continue
        lacking = lacking_days(_built(narrow), _built(extended))
        if lacking:
            words = _(
                "%(extended)s extends %(calendar)s in the policy %(policy)s and would lack its "
                "hours on: %(days)s. Change the other first."
            )
            values = {
                "extended": extended.calendar.name,
                "calendar": narrow.calendar.name,
                "policy": policy,
                "days": ", ".join(lacking),
            }
            raise ValidationError({"hours": words % values})


def _policies(organization_id: int, at: datetime) -> list[PolicyVersion]:
    """Return the policy versions, in force at ``at`` or planned, that name an extended calendar."""
    rows = PolicyVersion.objects.filter(organization_id=organization_id).select_related(
        "contract", "person", "organization"
    )
    newest: dict[tuple[int | None, int | None], PolicyVersion] = {}
    coming = []
    for policy in rows.order_by("effective_from", "number"):
        if policy.effective_from <= at:
            newest[policy.contract_id, policy.person_id] = policy
        else:
            coming.append(policy)
    return [
        policy for policy in (*newest.values(), *coming) if policy.extended_calendar_id is not None
    ]


def _built(version: CalendarVersion) -> WorkCalendar:
    return work_calendar(version) if version.pk else version.build()
