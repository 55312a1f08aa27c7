"""Warnings about a valid calendar, shown before it is saved. They never prevent saving. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from foundation.calendars.hours import DAYS_ES, minute_of

YEAR = timedelta(days=365)
SHORT_MINUTES = 15


@dataclass(frozen=True)
class Finding:
    """A warning: ``code`` is its kind, ``details`` the days, times or names concerned."""

    code: str
    details: str = ""


def lint_calendar(
    *,
    hours: Mapping[str, list[list[str]]],
    holidays: Mapping[str, str],
    time_zone: str,
    organization_zone: str,
    public: Mapping[str, str],
    today: date,
    days: Sequence[str] = DAYS_ES,
) -> list[Finding]:
    """Return the warnings about a calendar. ``public``: the country's holidays, ISO date to name;
    past ones are skipped.

    ``days`` are the weekday names for the details, Monday first. A calendar that is open around the
    clock gets no warning about missing public holidays.
    """
    is_continuous = all(hours.get(str(day)) == [["00:00", "24:00"]] for day in range(7))
    coming = (
        {}
        if is_continuous
        else {day: name for day, name in public.items() if day >= today.isoformat()}
    )
    return [
        *_windows(hours, days),
        *_zone(time_zone, organization_zone),
        *_holidays(holidays, coming, today),
    ]


def _windows(hours: Mapping[str, list[list[str]]], days: Sequence[str]) -> Iterator[Finding]:
    for day, windows in sorted(hours.items()):
        spans = sorted((start, end) for start, end in windows)
        for start, end in spans:
            if end == "23:59":
                yield Finding("ends_before_midnight", f"{days[int(day)]} {start}-{end}")
            if minute_of(end) - minute_of(start) < SHORT_MINUTES:
                yield Finding("short_window", f"{days[int(day)]} {start}-{end}")
        for (start, end), (following, stop) in zip(spans, spans[1:], strict=False):
            if following < end:
                yield Finding("overlap", f"{days[int(day)]} {start}-{end}, {following}-{stop}")


def _zone(time_zone: str, organization_zone: str) -> Iterator[Finding]:
    if time_zone != organization_zone:
        yield Finding("other_zone", f"{time_zone} ≠ {organization_zone}")


def _holidays(
    holidays: Mapping[str, str], public: Mapping[str, str], today: date
) -> Iterator[Finding]:
    missing = [f"{day} {name}" for day, name in sorted(public.items()) if day not in holidays]
    if missing:
        yield Finding("missing_holidays", ", ".join(missing))
    listed = {
        day: name
        for day, name in holidays.items()
        if public and today.isoformat() <= day <= max(public)
    }
    private = [f"{day} {name}".strip() for day, name in sorted(listed.items()) if day not in public]
    if private:
        yield Finding("not_public", ", ".join(private))
    if holidays and max(holidays) < (today + YEAR).isoformat():
        yield Finding("holidays_end", max(holidays))
