"""Checks of a new calendar version against the promises of open clocks."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils.translation import gettext as _

from foundation.calendars.arithmetic import CalendarError
from foundation.calendars.models import CalendarVersion
from foundation.calendars.wording import words_of
from sla.clocks.models import Clock
from sla.policies.services.extensions import check_extensions
from sla.targets import Term, target_of


def check_calendar_version(*, version_id: int, is_renewal: bool, at: datetime) -> None:
    """Raise ``ValidationError`` if the version would leave an open clock without a date, or an
    extension without hours that it extends. A renewal changes no hours, so it skips the second
    check.
    """
    version = CalendarVersion.objects.select_related("calendar__organization").get(pk=version_id)
    _check_reach(version)
    if not is_renewal:
        check_extensions(version, at)


def _check_reach(version: CalendarVersion) -> None:
    """Raise ``ValidationError`` if the longest open target in this calendar would have no date
    (``BeyondHorizon``).
    """
    live = Clock.objects.filter(calendar_id=version.calendar_id, stopped_at=None).order_by()
    calendar = version.build()
    start = version.effective_from
    try:
        for unit, longest in live.values_list("target_unit").annotate(Max("target")):
            promise = target_of(longest, unit)
            if isinstance(promise, Term):
                calendar.term(start, promise.days, promise.business)
            else:
                calendar.add(start, promise)
    except CalendarError as error:
        words = _("A promise of an open ticket would have no date by these hours. %(why)s") % {
            "why": words_of(error)
        }
        raise ValidationError({"hours": words}) from error
