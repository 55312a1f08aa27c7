"""What the arithmetic refuses, said in the reader's language."""

from django.utils.translation import gettext, gettext_noop

from foundation.calendars import verbs
from foundation.calendars.arithmetic import CalendarError
from foundation.calendars.hours import DAYS_EN, DAYS_ES
from foundation.core.wording import Sentence, fixed, is_spanish


def words_of(error: CalendarError) -> str:
    """Return the refusal with its cure, translated."""
    return gettext(error.text) % error.values


def days_of_week() -> tuple[str, ...]:
    """Return the short names of the days, Monday first, as hours are written and read in the
    reader's language.
    """
    return DAYS_ES if is_spanish() else DAYS_EN


SENTENCES: dict[str, Sentence] = {
    verbs.VERSION_PUBLISHED: fixed(gettext_noop("Calendar: new version")),
}
