"""Dates in the active language, and the type of a verb's sentence, for every app."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from datetime import date
from functools import lru_cache, wraps
from typing import Any, TypeVar

from django.utils import formats
from django.utils.translation import get_language, gettext

H = TypeVar("H", bound=Hashable)
R = TypeVar("R")


def is_spanish() -> bool:
    return (get_language() or "es").startswith("es")


def kept_by_language(function: Callable[[H], R]) -> Callable[[H], R]:
    """Call a function of one argument once for each value and active language; nothing else may
    change its result.
    """
    kept = lru_cache(maxsize=1000)(lambda language, value: function(value))

    @wraps(function)
    def reader(value: H) -> R:
        found: R = kept(get_language(), value)
        return found

    return reader


@kept_by_language
def day_words(value: date) -> str:
    """Return a date as ``22 nov 2026`` or ``Nov 22, 2026``."""
    return (
        formats.date_format(value, "j M Y").lower()
        if is_spanish()
        else formats.date_format(value, "M j, Y")
    )


# (payload of a fact, time zone for its instants) -> the sentence of its verb
Sentence = Callable[[Mapping[str, Any], str], str]


def fixed(text: str) -> Sentence:
    """Return a sentence that translates ``text`` and fills its ``%(name)s`` from the payload;
    missing values are empty. The caller marks ``text`` for translation.
    """
    return lambda payload, time_zone: gettext(text) % defaultdict(str, payload)
