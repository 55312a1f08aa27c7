"""Sentences about shifts and absences, for the screens where work is given out."""

from datetime import datetime

from django.utils.translation import gettext as _

from foundation.accounts.models import DESK_ZONE
from foundation.core.zones import near_words, zone
from foundation.duty.models import Absence
from foundation.duty.standing import Standing


def shift_words(standing: Standing, at: datetime, zone_name: str) -> str:
    """Return whether the person is on duty by their shifts, and until when."""
    if standing.is_in_shift is None:
        return _("no fixed shift")
    if standing.changes_at is None:
        return _("on duty") if standing.is_in_shift else _("off duty")
    moment = near_words(standing.changes_at, zone_name, at)
    if standing.is_in_shift:
        return _("on duty until %(moment)s") % {"moment": moment}
    return _("off duty until %(moment)s") % {"moment": moment}


def absence_words(absence: Absence, at: datetime, zone_name: str) -> str:
    """Return until when the person is away, or from when they will be."""
    if absence.holds_at(at):
        return _("away until %(day)s") % {"day": near_words(absence.ends_at, zone_name, at)}
    return _("away from %(day)s") % {"day": near_words(absence.starts_at, zone_name, at)}


def last_day(absence: Absence) -> str:
    """Return the day until which the person is away, in the zone of the desk: "2026-03-05"."""
    return f"{absence.ends_at.astimezone(zone(DESK_ZONE)):%Y-%m-%d}"
