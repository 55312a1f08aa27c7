"""Parts of the calendar's page: the drawing of the week, the closed days, the warnings."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.calendars.holidays import public_holidays
from foundation.calendars.hours import (
    minute_of,
)
from foundation.calendars.linting import lint_calendar
from foundation.calendars.wording import days_of_week

YEAR = timedelta(days=365)


SHOWN_MOVES = 50


DAY_HEIGHT = 34


HOUR_WIDTH = 40  # units of the drawing of the week


FINDINGS: dict[str, str | Promise] = {
    "ends_before_midnight": _(
        "A window ends at 23:59: the last minute of the day is closed. Write 24:00."
    ),
    "short_window": _("A window is shorter than a quarter of an hour."),
    "overlap": _("Two windows overlap: they count as one."),
    "other_zone": _("The calendar's time zone is not the organization's."),
    "missing_holidays": _("Public holidays on which this calendar is open."),
    "not_public": _("Closed days that are not, or no longer, public holidays of the country."),
    "holidays_end": _(
        "The holidays end within a year: after the last one every day of the week is a working day."
    ),
}


@dataclass(frozen=True)
class WeekBar:
    """A window as a rectangle of the drawing of the week."""

    label: str
    x: int
    y: int
    width: int


def grouped(findings: list[tuple[str | Promise, str]]) -> list[tuple[str | Promise, str]]:
    """Merge equal findings into one, and join their details with commas."""
    found: dict[str | Promise, list[str]] = {}
    for words, details in findings:
        found.setdefault(words, []).append(details)
    return [(words, ", ".join(filter(None, details))) for words, details in found.items()]


def drawn_week(hours: dict[str, list[list[str]]]) -> list[WeekBar]:
    bars = []
    for day, windows in sorted(hours.items()):
        for start, end in windows:
            left, right = (minute_of(text) * HOUR_WIDTH // 60 for text in (start, end))
            bars.append(
                WeekBar(
                    f"{days_of_week()[int(day)]} {start}-{end}",
                    left,
                    int(day) * DAY_HEIGHT,
                    right - left,
                )
            )
    return bars


def closed_days(holidays: dict[str, str], today: date) -> list[tuple[date, str]]:
    """Return the holidays of the next twelve months."""
    days = [(date.fromisoformat(day), name) for day, name in sorted(holidays.items())]
    return [(day, name) for day, name in days if today <= day < today + YEAR]


def findings_of(
    hours: dict[str, list[list[str]]],
    holidays: dict[str, str],
    time_zone: str,
    organization: Model | None,
    today: date,
) -> list[tuple[str | Promise, str]]:
    country = getattr(organization, "country", "")
    region = getattr(organization, "region", "")
    public = public_holidays(country, region, today.year, today.year + 1) if country else {}
    within = {day: name for day, name in public.items() if day < (today + YEAR).isoformat()}
    found = lint_calendar(
        hours=hours,
        holidays=holidays,
        time_zone=time_zone,
        organization_zone=getattr(organization, "time_zone", time_zone),
        public=within,
        today=today,
        days=days_of_week(),
    )
    return [(FINDINGS[finding.code], finding.details) for finding in found]
