"""Instants and zones in the reader's language."""

from datetime import datetime
from functools import lru_cache

from babel import Locale
from babel.dates import get_timezone, get_timezone_location

from accounts.zones import zone
from core.wording import day_words, is_spanish


def instant_words(moment: datetime, time_zone: str) -> str:
    """Return an instant in a named zone: ``22 nov 2026, 14:05``."""
    local = moment.astimezone(zone(time_zone))
    return f"{day_words(local)}, {local:%H:%M}"


def zone_words(time_zone: str) -> str:
    """Return a zone as people say it, by the Unicode CLDR: ``America/Mexico_City`` is ``Ciudad de México``."""
    return _city(time_zone, "es_MX" if is_spanish() else "en")


@lru_cache(maxsize=1024)
def _city(time_zone: str, locale: str) -> str:
    if time_zone in {"UTC", "Etc/UTC"}:
        return "UTC"
    try:
        return get_timezone_location(get_timezone(time_zone), locale=Locale.parse(locale), return_city=True)
    except LookupError:  # a zone that is newer than the words
        return time_zone.rpartition("/")[2].replace("_", " ")
