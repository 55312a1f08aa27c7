"""Upkeep of calendars: future holidays are added in time, and an extension keeps containing the
hours that it extends.
"""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from foundation.calendars.hours import format_hours, parse_hours
from foundation.calendars.linting import lint_calendar
from foundation.calendars.models import Calendar, CalendarVersion
from foundation.calendars.services import extend_holidays, publish_calendar_version
from foundation.calendars.wording import days_of_week
from sla.clocks.models import Clock
from sla.policies.models import PolicyVersion
from tests.support.house import (
    DAY,
    MONDAY_9AM,
    SETUP,
    House,
    make_ticket,
)

NEW_YEAR = datetime(2030, 1, 1, 15, tzinfo=UTC)  # 09:00 in Mexico City


def newest(house: House) -> CalendarVersion:
    found = (
        CalendarVersion.objects.filter(organization=house.north, calendar__role="business")
        .order_by("-number")
        .first()
    )
    assert found is not None
    return found


def publish(calendar: Calendar, at: datetime, **changes: object) -> CalendarVersion:
    content: dict[str, object] = {
        "time_zone": "America/Mexico_City",
        "hours": {"0": [["09:00", "19:00"]]},
        "holidays": {},
    } | changes
    return publish_calendar_version(
        calendar=calendar, **content, effective_from=at, by=SETUP, at=at
    )


def test_the_years_to_come_are_added_before_the_holidays_run_out(house: House) -> None:
    first = newest(house)
    assert max(first.holidays) == "2029-12-25"
    assert extend_holidays(at=MONDAY_9AM) == 0

    extended = extend_holidays(at=datetime(2028, 1, 15, tzinfo=UTC))

    assert extended == 2  # north and south
    second = newest(house)
    assert (max(second.holidays), first.holidays.items() <= second.holidays.items()) == (
        "2031-12-25",
        True,
    )
    assert extend_holidays(at=datetime(2028, 2, 1, tzinfo=UTC)) == 0
    ticket = make_ticket(house, at=NEW_YEAR)
    assert Clock.objects.get(ticket=ticket, metric="reaction").due_at == datetime(
        2030, 1, 2, 16, tzinfo=UTC
    )


def test_a_holiday_that_was_taken_out_stays_out_and_a_calendar_without_any_stays_without(
    house: House,
) -> None:
    version = newest(house)
    kept = {day: name for day, name in version.holidays.items() if day != "2029-12-25"}
    publish(version.calendar, MONDAY_9AM, hours=version.hours, holidays=kept)
    bare = Calendar.objects.get(organization=house.south, role="business")
    publish(bare, MONDAY_9AM, hours=version.hours)

    extend_holidays(at=datetime(2028, 1, 15, tzinfo=UTC))

    holidays = newest(house).holidays
    assert "2030-01-01" in holidays
    assert {"2030-12-25", "2031-12-25"} & set(holidays) == set()
    assert CalendarVersion.objects.filter(calendar=bare).order_by("-number").first().holidays == {}


@pytest.mark.parametrize("which", ["extended", "business"])
def test_no_change_of_either_calendar_leaves_the_extension_without_hours(
    house: House, which: str
) -> None:
    business = newest(house).calendar
    extended = Calendar.objects.create(organization=house.north, name="Extended", role="extended")
    long = {str(day): [["07:00", "23:00"]] for day in range(6)}
    publish(extended, MONDAY_9AM - DAY, hours=long)
    PolicyVersion.objects.create(
        organization=house.north,
        contract=house.contract,
        number=1,
        effective_from=MONDAY_9AM - DAY,
        published_at=MONDAY_9AM - DAY,
        extended_calendar=extended,
    )
    house.north.refresh_from_db()
    narrow = {"5": [["09:00", "12:00"]]}
    wide = {str(day): [["06:00", "19:00"]] for day in range(5)}

    with pytest.raises(ValidationError) as refused:
        publish(
            extended if which == "extended" else business,
            MONDAY_9AM,
            hours=narrow if which == "extended" else wide,
        )

    assert "Extended" in str(refused.value)
    # wider than both
    publish(extended, MONDAY_9AM, hours={str(day): [["00:00", "24:00"]] for day in range(7)})


def test_a_working_week_without_any_holiday_is_asked_about(house: House) -> None:
    same = {
        "holidays": {},
        "time_zone": "UTC",
        "organization_zone": "UTC",
        "public": {"2026-12-25": "Navidad"},
        "today": date(2026, 3, 2),
    }

    office = lint_calendar(hours={"0": [["09:00", "19:00"]]}, **same)
    always = lint_calendar(hours={str(day): [["00:00", "24:00"]] for day in range(7)}, **same)

    assert ([finding.code for finding in office], always) == (["missing_holidays"], [])


@pytest.mark.parametrize(("language", "day"), [("es", "mié"), ("en", "wed")])
def test_the_days_of_the_week_are_written_and_read_in_the_readers_language(
    language: str, day: str
) -> None:
    hours = {"2": [["09:00", "19:00"]]}

    with translation.override(language):
        lines = format_hours(hours, days_of_week())

    assert lines == f"{day} 09:00-19:00"
    assert parse_hours(lines) == hours
