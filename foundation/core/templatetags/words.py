"""Instants, dates, durations and classification in the reader's words: for pages, letters, PDFs."""

from datetime import date, datetime, timedelta
from typing import Any

from django import template
from django.utils import formats
from django.utils.dateparse import parse_datetime
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from foundation.core.classification import Channel, Kind, Priority, SupportType
from foundation.core.durations import exact_duration, full_duration, short_duration
from foundation.core.formatting import formatted, formatted_for_mail
from foundation.core.wording import day_words, is_spanish
from foundation.core.zones import instant_words, zone, zone_words

register = template.Library()
register.filter("formatted", formatted)
register.filter("formatted_for_mail", formatted_for_mail)


@register.filter
def instant(value: datetime | str | None, time_zone: str) -> str:
    """Return an instant, or its ISO text, in the named zone as ``22 nov 2026, 14:05``; an empty
    string for no instant.
    """
    moment = parse_datetime(value) if isinstance(value, str) and value else value
    if not isinstance(moment, datetime):
        return ""
    return instant_words(moment, time_zone)


@register.filter
def channel_label(code: str) -> str:
    return str(Channel(code).label) if code else ""


@register.filter
def day(value: date | str | None) -> str:
    """Return a date, or its ISO text in a letter, as ``22 nov 2026``; an empty string for none."""
    found = date.fromisoformat(value) if isinstance(value, str) and value else value
    return day_words(found) if isinstance(found, date) else ""


@register.filter
def exact_instant(value: datetime | None, time_zone: str) -> str:
    """Show an instant to the second, for ledgers."""
    if value is None:
        return ""
    return f"{instant(value, time_zone)}:{value.astimezone(zone(time_zone)):%S}"


@register.filter
def zone_name(time_zone: str) -> str:
    """Return the city of a zone: ``Ciudad de México`` for ``America/Mexico_City``."""
    return zone_words(time_zone)


@register.filter
def number(value: float | None) -> str:
    """Return a number with thousands separators, ``1,234.5``; a dash for None."""
    return "—" if value is None else formats.number_format(value, force_grouping=True)


@register.filter
def percent(value: float | None) -> str:
    """Return a percentage as ``96.4 %``; a dash for None."""
    return "—" if value is None else f"{number(value)}\N{NO-BREAK SPACE}%"


@register.filter
def ago(value: datetime | None, at: datetime) -> str:
    return short_duration(at - value) if value is not None else ""


@register.filter
def ago_in_one(value: datetime | None, at: datetime) -> str:
    """Return the time since an instant in its largest unit, for a narrow column."""
    return " ".join(ago(value, at).split()[:2])


@register.filter
def short(value: timedelta) -> str:
    return short_duration(value)


@register.filter
def full(value: timedelta) -> str:
    return full_duration(value)


@register.filter
def exact(value: timedelta) -> str:
    return exact_duration(value)


@register.filter
def kind_label(code: str) -> str:
    return str(Kind(code).label) if code in Kind.values else code


@register.filter
def support_type_label(code: str) -> str:
    return str(SupportType(code).label) if code in SupportType.values else code


@register.filter
def weekday_name(day: int) -> str:
    """Name a day of the week, Monday is 0."""
    return str(WEEKDAYS[day])


@register.filter
def month_of(value: date | str) -> str:
    """Name a month with its year, ``noviembre de 2026``; given as a date of it or ``2026-11``."""
    day = date.fromisoformat(f"{value}-01") if isinstance(value, str) else value
    return (
        formats.date_format(day, "F \\d\\e Y").lower()
        if is_spanish()
        else formats.date_format(day, "F Y")
    )


@register.filter
def weekday_of(value: date) -> str:
    """Name the weekday of a date in short."""
    return (
        str(WEEKDAYS_ABBR[value.weekday()]).lower()
        if is_spanish()
        else str(WEEKDAYS_ABBR[value.weekday()])
    )


@register.filter
def priority_label(value: int | str | None) -> str:
    """Return the label of a priority given as number or code; “All” for None."""
    if value is None:
        return _("All")
    return str((Priority[value.upper()] if isinstance(value, str) else Priority(value)).label)


@register.filter
def priority_code(value: int | str) -> str:
    return value if isinstance(value, str) else Priority(value).code


@register.filter
def get(mapping: dict[str, Any], key: str) -> Any:
    return mapping.get(key)
