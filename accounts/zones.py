"""Names of time zones: IANA names from the pinned tzdata, never offsets."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


@cache
def known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def validate_time_zone(name: str) -> None:
    """Raise ``ValidationError`` unless ``name`` is an IANA zone such as ``America/Mexico_City``."""
    if name not in known_zones():
        raise ValidationError(_("“%(name)s” is not a time zone. Write an IANA name such as America/Mexico_City."), params={"name": name})


def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
