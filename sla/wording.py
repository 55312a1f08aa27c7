"""What the arithmetic refuses, said in the reader's language."""

from django.utils.translation import gettext

from sla.calendars import CalendarError


def words_of(error: CalendarError) -> str:
    """Return the refusal with its cure, translated."""
    return gettext(error.text) % error.values
