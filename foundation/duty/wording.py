"""Sentences about shifts and absences, for the screens where work is given out."""

from datetime import datetime

from django.utils.translation import gettext as _

from foundation.calendars.wording import days_of_week
from foundation.core.wording import day_words
from foundation.core.zones import in_zone
from foundation.duty.models import Absence
from foundation.duty.standing import Standing


def shift_words(standing: Standing, at: datetime, zone_name: str) -> str:
    """Return whether the person is on duty by their shifts, and until when."""
    if standing.is_in_shift is None:
        return _("no fixed shift")
    if standing.changes_at is None:
        return _("on duty") if standing.is_in_shift else _("off duty")
    moment = _moment(standing.changes_at, at, zone_name)
    if standing.is_in_shift:
        return _("on duty until %(moment)s") % {"moment": moment}
    return _("off duty until %(moment)s") % {"moment": moment}


def absence_words(absence: Absence, at: datetime, zone_name: str) -> str:
    """Return until when the person is away, or from when they will be."""
    if absence.holds_at(at):
        return _("away until %(day)s") % {"day": _moment(absence.ends_at, at, zone_name)}
    return _("away from %(day)s") % {"day": _moment(absence.starts_at, at, zone_name)}


def _moment(moment: datetime, at: datetime, zone_name: str) -> str:
    """Return the wall time: with the weekday within six days, otherwise with the date."""
    local = in_zone(moment, zone_name)
    days = (local.date() - in_zone(at, zone_name).date()).days
    if days == 0:
        return f"{local:%H:%M}"
    if days < 7:
        return f"{days_of_week()[local.weekday()]} {local:%H:%M}"
    return f"{day_words(local)}, {local:%H:%M}"
