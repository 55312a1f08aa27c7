"""Where a customer is: IANA time zones from the pinned tzdata, never offsets; countries and regions that have a list of holidays."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import holidays
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


@cache
def known_zones() -> frozenset[str]:
    """Return the zones of places, under their old names too, and UTC: no offsets, and nothing of the machine's own."""
    machines = {"Factory", "localtime", "posixrules", "leapseconds"}
    return frozenset(name for name in available_timezones() if name not in machines and not name.startswith(("Etc/GMT", "GMT", "SystemV/")))


def validate_time_zone(name: str) -> None:
    """Raise ``ValidationError`` unless ``name`` is an IANA zone such as ``America/Mexico_City``."""
    if name not in known_zones():
        raise ValidationError(_("“%(name)s” is not a time zone. Write an IANA name such as America/Mexico_City."), params={"name": name})


@cache
def _countries() -> dict[str, list[str]]:
    """Return country code -> codes of the regions with holidays of their own."""
    return holidays.list_supported_countries()


def validate_country(code: str, region: str = "") -> None:
    """Raise ``ValidationError`` unless the holidays of the country, and of its region if one is named, can be loaded."""
    if code not in _countries():
        raise ValidationError(
            {
                "country": _("There is no list of public holidays for “%(code)s”. Write the two letters of ISO 3166, such as MX.")
                % {"code": code}
            }
        )
    regions = _countries()[code]
    if region and region not in regions:
        known = ", ".join(regions) or "—"
        words = _("There is no list of public holidays for the region “%(region)s”. Leave it empty, or write one of: %(known)s.")
        raise ValidationError({"region": words % {"region": region, "known": known}})


def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
