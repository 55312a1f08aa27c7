"""Words that every app may need: dates in the reader's language."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.utils import formats
from django.utils.translation import get_language, gettext


def is_spanish() -> bool:
    return (get_language() or "es").startswith("es")


def day_words(value: date) -> str:
    """Return a date as ``22 nov 2026`` or ``Nov 22, 2026``."""
    return (
        formats.date_format(value, "j M Y").lower()
        if is_spanish()
        else formats.date_format(value, "M j, Y")
    )


# The sentence of a verb on the record: from its payload, with instants in the named zone.
Sentence = Callable[[Mapping[str, Any], str], str]


def fixed(text: str) -> Sentence:
    """Return the sentence that takes its values from the payload as they are; ``text`` is marked
    for translation where it stands.
    """
    return lambda payload, time_zone: gettext(text) % defaultdict(str, payload)
