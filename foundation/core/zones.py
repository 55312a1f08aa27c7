"""Time zones, as IANA names from the pinned tzdata, and the countries and regions that have a list
of public holidays.
"""

from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones, reset_tzpath

import holidays
from babel import Locale
from babel.dates import get_timezone, get_timezone_location
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from foundation.core.wording import day_words, is_spanish

NAMED = timedelta(days=6)  # beyond it the name of a day is ambiguous

# Read the zones from the package ``tzdata``, whose version a calendar version records, and not from
# the operating system's files, which may be older.
reset_tzpath(to=())
ZoneInfo.clear_cache()


@cache
def known_zones() -> frozenset[str]:
    """Return the accepted IANA names, old aliases and UTC included. Excludes ``GMT`` zones and the
    machine's own files, such as ``localtime``.
    """
    machines = {"Factory", "localtime", "posixrules", "leapseconds"}
    return frozenset(
        name
        for name in available_timezones()
        if name not in machines and not name.startswith(("Etc/GMT", "GMT", "SystemV/"))
    )


def validate_time_zone(name: str) -> None:
    """Raise ``ValidationError`` unless ``name`` is an IANA zone such as ``America/Mexico_City``."""
    if name not in known_zones():
        raise ValidationError(
            _("“%(name)s” is not a time zone. Write an IANA name such as America/Mexico_City."),
            params={"name": name},
        )


@cache
def _countries() -> dict[str, list[str]]:
    """Return country code -> codes of the regions with holidays of their own."""
    return holidays.list_supported_countries()


def validate_country(code: str, region: str = "") -> None:
    """Raise ``ValidationError`` unless the holidays of the country, and of its region if one is
    named, can be loaded.
    """
    if code not in _countries():
        raise ValidationError(
            {
                "country": _(
                    "There is no list of public holidays for “%(code)s”. Write the two letters "
                    "of ISO 3166, such as MX."
                )
                % {"code": code}
            }
        )
    regions = _countries()[code]
    if region and region not in regions:
        words = _(
            "There is no list of public holidays for the region “%(region)s”. Leave it empty, or "
            "write one of: %(known)s."
        )
        if not regions:
            words = _(
                "“%(country)s” has no region “%(region)s” with holidays of its own: give the "
                "country alone."
            )
        named = {"country": code, "region": region, "known": ", ".join(regions)}
        raise ValidationError({"region": words % named})


def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def local_instant(wall: datetime, time_zone: str) -> datetime:
    """Return the UTC instant of a local time; of a time that occurs twice, the first. Raise
    ``ValidationError`` for one that the zone's clocks skip when they go forward, or of year 9999.
    """
    local = zone(time_zone)
    wall = wall.replace(tzinfo=None)  # a form reads it in the server's zone
    try:
        moment = wall.replace(tzinfo=local).astimezone(UTC)
    except OverflowError as error:
        raise ValidationError(_("This day is too far away.")) from error
    if moment.astimezone(local).replace(tzinfo=None) != wall:
        raise ValidationError(
            _(
                "The clocks go forward then, and %(time)s does not exist on that day. Choose an "
                "earlier or a later time."
            ),
            params={"time": f"{wall:%H:%M}"},
        )
    return moment


def instant_words(moment: datetime, time_zone: str) -> str:
    """Return an instant in a named zone, in the reader's language: ``22 nov 2026, 14:05``."""
    local = in_zone(moment, time_zone)
    return f"{day_words(local.date())}, {local:%H:%M}"


def near_words(moment: datetime, time_zone: str, at: datetime) -> str:
    """Return an instant in a named zone in few letters: ``09:00`` on the day of ``at``, ``Mon
    09:00`` within six days of it, otherwise ``Nov 23 09:00``; in Spanish ``lun 09:00`` and ``23 nov
    09:00``.
    """
    local = in_zone(moment, time_zone)
    if local.date() == in_zone(at, time_zone).date():
        return f"{local:%H:%M}"
    if abs(moment - at) < NAMED:
        text = date_format(local, "D H:i")
    else:
        text = date_format(local, "j M H:i" if is_spanish() else "M j H:i")
    return text.lower() if is_spanish() else text


def in_zone(moment: datetime, time_zone: str) -> datetime:
    """Return an instant in a named zone; one at the end of the year 9999, which a zone would carry
    beyond it, as it is.
    """
    try:
        return moment.astimezone(zone(time_zone))
    except OverflowError:
        return moment


def zone_words(time_zone: str) -> str:
    """Return the city of a zone in the active language, from the Unicode CLDR: ``Ciudad de México``
    for ``America/Mexico_City``.
    """
    return _city(time_zone, "es_MX" if is_spanish() else "en")


@lru_cache(maxsize=1024)
def _city(time_zone: str, locale: str) -> str:
    if time_zone in {"UTC", "Etc/UTC"}:
        return "UTC"
    try:
        return get_timezone_location(
            get_timezone(time_zone), locale=Locale.parse(locale), return_city=True
        )
    except LookupError:  # a zone newer than Babel's CLDR data
        return time_zone.rpartition("/")[2].replace("_", " ")
