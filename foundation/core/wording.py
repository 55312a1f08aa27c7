"""Words that every app may need: dates in the reader's language."""

from datetime import date

from django.utils import formats
from django.utils.translation import get_language


def is_spanish() -> bool:
    return (get_language() or "es").startswith("es")


def day_words(value: date) -> str:
    """Return a date as ``22 nov 2026`` or ``Nov 22, 2026``."""
    return (
        formats.date_format(value, "j M Y").lower()
        if is_spanish()
        else formats.date_format(value, "M j, Y")
    )
