"""Warnings about a valid calendar, each at its boundary."""

from datetime import date
from typing import Any

import pytest

from foundation.calendars.hours import DAYS_EN
from foundation.calendars.linting import Finding, lint_calendar

TODAY = date(2026, 3, 2)
ENOUGH = {"2027-03-02": "Next year"}  # the list reaches a year ahead: no warning about its end
ALWAYS = {str(day): [["00:00", "24:00"]] for day in range(7)}


def lint(**values: Any) -> list[Finding]:
    given: dict[str, Any] = {
        "hours": {"0": [["09:00", "18:00"]]},
        "holidays": {},
        "time_zone": "UTC",
        "organization_zone": "UTC",
        "public": {},
        "today": TODAY,
        **values,
    }
    return lint_calendar(**given)


@pytest.mark.parametrize(
    ("hours", "findings"),
    [
        ({"0": [["09:00", "18:00"]]}, []),
        ({"1": [["09:00", "09:15"]]}, []),
        ({"1": [["09:00", "09:14"]]}, [Finding("short_window", "mar 09:00-09:14")]),
        ({"4": [["09:00", "23:59"]]}, [Finding("ends_before_midnight", "vie 09:00-23:59")]),
        ({"4": [["09:00", "23:58"]]}, []),
        ({"0": [["12:00", "13:00"], ["09:00", "12:00"]]}, []),
        (
            {"0": [["11:59", "13:00"], ["09:00", "12:00"]]},
            [Finding("overlap", "lun 09:00-12:00, 11:59-13:00")],
        ),
    ],
)
def test_windows_that_are_probably_not_meant_are_found(
    hours: dict[str, Any], findings: list[Finding]
) -> None:
    assert lint(hours=hours) == findings


def test_the_days_of_a_finding_are_named_in_the_given_language() -> None:
    assert lint(hours={"6": [["09:00", "09:01"]]}, days=DAYS_EN) == [
        Finding("short_window", "sun 09:00-09:01")
    ]


def test_a_zone_other_than_the_organizations_is_found() -> None:
    assert lint(organization_zone="America/Lima") == [Finding("other_zone", "UTC ≠ America/Lima")]


def test_a_coming_public_holiday_that_is_open_is_found() -> None:
    public = {"2026-12-25": "Navidad", "2026-03-02": "Hoy", "2026-03-01": "Ayer"}

    assert lint(public=public) == [
        Finding("missing_holidays", "2026-03-02 Hoy, 2026-12-25 Navidad")
    ]
    assert lint(public=public, hours=ALWAYS) == []
    most = {**ALWAYS, "6": [["00:00", "23:00"]]}
    assert [finding.code for finding in lint(public=public, hours=most)] == ["missing_holidays"]


def test_a_closed_day_that_is_not_public_is_found_within_the_known_years() -> None:
    public = {"2026-12-25": "Navidad"}
    holidays = {
        "2026-03-01": "Ayer",
        "2026-03-02": "Hoy",
        "2026-12-24": "",
        "2026-12-25": "Navidad",
        "2026-12-26": "Después",
        **ENOUGH,
    }

    assert lint(public=public, holidays=holidays) == [
        Finding("not_public", "2026-03-02 Hoy, 2026-12-24")
    ]
    assert lint(public={"2026-03-02": "Hoy"}, holidays={"2026-03-02": "Hoy", **ENOUGH}) == []
    assert lint(holidays=holidays) == []


@pytest.mark.parametrize(
    ("last", "findings"),
    [("2027-03-01", [Finding("holidays_end", "2027-03-01")]), ("2027-03-02", [])],
)
def test_a_list_of_holidays_that_ends_within_a_year_is_found(
    last: str, findings: list[Finding]
) -> None:
    assert lint(holidays={"2026-01-01": "", last: ""}) == findings
