"""What the arithmetic refuses, said in the reader's language."""

from django.utils.translation import gettext

from foundation.core.wording import is_spanish
from sla.calendars import CalendarError
from sla.hours import DAYS_EN, DAYS_ES


def words_of(error: CalendarError) -> str:
    """Return the refusal with its cure, translated."""
    return gettext(error.text) % error.values


def days_of_week() -> tuple[str, ...]:
    """Return the short names of the days, Monday first, as hours are written and read in the
    reader's language.
    """
    return DAYS_ES if is_spanish() else DAYS_EN
