"""Translated errors of the arithmetic, weekday names, and the sentences of this app's verbs."""

from django.utils.translation import gettext, gettext_noop

from foundation.calendars import verbs
from foundation.calendars.arithmetic import CalendarError
from foundation.calendars.hours import DAYS_EN, DAYS_ES
from foundation.core.wording import Sentence, fixed, is_spanish


def words_of(error: CalendarError) -> str:
    """Return the error's message in the active language, with its values filled in."""
    return gettext(error.text) % error.values


def days_of_week() -> tuple[str, ...]:
    """Return the short weekday names in the active language, Monday first, as ``parse_hours``
    accepts them.
    """
    return DAYS_ES if is_spanish() else DAYS_EN


SENTENCES: dict[str, Sentence] = {
    verbs.VERSION_PUBLISHED: fixed(gettext_noop("Calendar: new version")),
}
