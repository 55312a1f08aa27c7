"""Versions of calendars: which is in force, how they are numbered, renewed and extended."""

from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from foundation.accounts.services import create_organization
from foundation.activity.models import Record
from foundation.calendars import verbs
from foundation.calendars.defaults import BUSINESS_HOURS, CONTINUOUS_HOURS, CalendarRole
from foundation.calendars.holidays import public_holidays
from foundation.calendars.models import Calendar, CalendarVersion
from foundation.calendars.queries import (
    business_calendar_on,
    calendar_versions_of,
    calendar_versions_on,
    course_of,
    pick_calendar,
    version_to_redate,
    versions_to_redate,
    work_calendar,
)
from foundation.calendars.services import (
    check_course,
    ensure_calendars,
    extend_holidays,
    mark_redated,
    renew_zones,
)
from tests.support.calendars import LONG_DAYS, SHORT_DAYS, business, publish
from tests.support.house import DAY, HOUR, MONDAY_9AM, SECOND, SETUP, House


def version(number: int, starts: datetime, published: datetime) -> CalendarVersion:
    return CalendarVersion(number=number, effective_from=starts, published_at=published)


FIRST = version(1, MONDAY_9AM, MONDAY_9AM)
SECOND_ONE = version(2, MONDAY_9AM + DAY, MONDAY_9AM + HOUR)
THIRD = version(3, MONDAY_9AM + DAY, MONDAY_9AM + 2 * HOUR)


def test_the_course_has_each_version_from_its_instant_on() -> None:
    own = [FIRST, SECOND_ONE]
    before = MONDAY_9AM - DAY
    switch = MONDAY_9AM + DAY
    known = MONDAY_9AM + HOUR

    assert course_of([FIRST], before, None, None) == [(FIRST, before)]
    assert course_of(own, before, None, None) == [(FIRST, before), (SECOND_ONE, switch)]
    assert course_of(own, before, switch, None) == [(FIRST, before)]
    assert course_of(own, before, switch + SECOND, None) == [(FIRST, before), (SECOND_ONE, switch)]
    assert course_of(own, switch, None, None) == [(SECOND_ONE, switch)]
    assert course_of(own, switch + HOUR, None, None) == [(SECOND_ONE, switch + HOUR)]
    assert course_of(own, before, None, known - SECOND) == [(FIRST, before)]
    assert course_of(own, before, None, known) == [(FIRST, before), (SECOND_ONE, switch)]
    assert course_of([*own, THIRD], before, None, None) == [(FIRST, before), (THIRD, switch)]


def test_the_version_in_force_is_the_last_that_has_begun(house: House) -> None:
    starts = MONDAY_9AM + DAY
    new = publish(house, at=MONDAY_9AM, effective_from=starts)
    house.north.refresh_from_db()

    def numbers(at: datetime) -> list[int]:
        return [each.number for each in calendar_versions_on(house.north, at)]

    assert sorted(numbers(starts - SECOND)) == [1, 1]
    assert sorted(numbers(starts)) == [1, 2]
    assert sorted(numbers(datetime.fromisoformat("1990-01-01T00:00:00+00:00"))) == [1, 1]
    assert business_calendar_on(house.north, starts) == new
    assert [len(versions) for versions in calendar_versions_of(house.south).values()] == [1, 1]
    assert work_calendar(new) is work_calendar(new)
    assert work_calendar(new).is_open(starts) is True


def test_a_calendar_is_picked_by_id_then_by_role_then_business(house: House) -> None:
    versions = calendar_versions_on(house.north, MONDAY_9AM)
    continuous = next(each for each in versions if each.calendar.role == CalendarRole.CONTINUOUS)
    normal = next(each for each in versions if each.calendar.role == CalendarRole.BUSINESS)
    own = continuous.calendar_id
    twin = CalendarVersion(calendar=Calendar(pk=0, role=CalendarRole.CONTINUOUS))

    assert pick_calendar(versions, CalendarRole.BUSINESS, own) == continuous
    assert pick_calendar(versions, CalendarRole.CONTINUOUS, None) == continuous
    assert pick_calendar([*versions, twin], CalendarRole.CONTINUOUS, -1) == continuous
    assert pick_calendar(versions, CalendarRole.EXTENDED, -1) == normal
    assert pick_calendar([continuous], CalendarRole.EXTENDED, None) is None


def test_versions_wait_to_be_redated_in_order_of_publication(house: House) -> None:
    later = publish(house, at=MONDAY_9AM + HOUR, effective_from=MONDAY_9AM + DAY)
    sooner = publish(house, at=MONDAY_9AM, effective_from=MONDAY_9AM + DAY)

    def waiting(at: datetime) -> list[tuple[int, int]]:
        return versions_to_redate(at)

    assert waiting(MONDAY_9AM - SECOND) == []
    assert waiting(MONDAY_9AM) == [(house.north.pk, sooner.pk)]
    assert waiting(MONDAY_9AM + HOUR) == [
        (house.north.pk, sooner.pk),
        (house.north.pk, later.pk),
    ]
    mark_redated(version=sooner, at=MONDAY_9AM + HOUR)
    assert waiting(MONDAY_9AM + HOUR) == [(house.north.pk, later.pk)]
    assert version_to_redate(sooner.pk) is None
    assert version_to_redate(later.pk) == later
    assert CalendarVersion.objects.get(pk=sooner.pk).redated_at == MONDAY_9AM + HOUR


def test_a_missing_calendar_is_made_again_with_a_free_name(house: House) -> None:
    assert ensure_calendars(organization=house.north, by=SETUP, at=MONDAY_9AM) == []
    calendar = business(house)
    calendar.role = CalendarRole.EXTENDED
    calendar.save()
    Calendar.objects.create(organization=house.north, name=f"{calendar.name} (2)", role="extended")
    house.north.refresh_from_db()
    stamp = house.north.terms_stamp

    (made,) = ensure_calendars(organization=house.north, by=SETUP, at=MONDAY_9AM)

    assert made.calendar.name == "Lun-Vie 09:00-19:00 (3)"
    assert (made.number, made.hours, made.redated_at) == (1, BUSINESS_HOURS, MONDAY_9AM)
    assert made.holidays == public_holidays("MX", "", 2025, 2029)
    assert house.north.terms_stamp != stamp
    other = CalendarVersion.objects.get(
        calendar__organization=house.south, calendar__role=CalendarRole.CONTINUOUS
    )
    assert (other.hours, other.holidays, other.redated_at) == (CONTINUOUS_HOURS, {}, MONDAY_9AM)
    fact = Record.objects.filter(verb=verbs.VERSION_PUBLISHED).order_by("pk").last()
    assert fact is not None
    assert (fact.object_id, fact.payload) == (made.calendar_id, {"version": made.pk})
    assert fact.organization_id == house.north.pk


def test_a_name_is_taken_by_calendars_of_the_same_organization_alone(house: House) -> None:
    Calendar.objects.filter(pk=business(house).pk).update(name="Own", role="extended")

    (made,) = ensure_calendars(organization=house.north, by=SETUP, at=MONDAY_9AM)

    taken = Calendar.objects.filter(name=made.calendar.name)
    assert made.calendar.name == "Lun-Vie 09:00-19:00"
    assert sorted(each.organization.slug for each in taken) == ["north", "south"]


def test_the_holidays_of_a_place_are_those_of_its_years_or_none() -> None:
    one = public_holidays("MX", "", 2026, 2026)
    madrid = public_holidays("ES", "MD", 2026, 2027)

    assert (min(one)[:4], max(one)[:4], one["2026-12-25"]) == ("2026", "2026", "Navidad")
    assert {day[:4] for day in madrid} == {"2026", "2027"}
    assert "2026-05-02" in madrid
    assert "2026-05-02" not in public_holidays("ES", "", 2026, 2026)
    assert public_holidays("XX", "", 2026, 2026) == {}


def test_a_version_begins_now_or_later_and_not_before_the_last() -> None:
    last = CalendarVersion(
        number=4, effective_from=MONDAY_9AM + HOUR, time_zone="America/Mexico_City"
    )
    early = MONDAY_9AM - SECOND

    check_course(None, early, MONDAY_9AM)
    check_course(last, MONDAY_9AM + HOUR, MONDAY_9AM + HOUR)
    with translation.override("en"):
        with pytest.raises(ValidationError, match="takes effect now or later"):
            check_course(last, early, MONDAY_9AM)
        with pytest.raises(ValidationError, match="Version 4 begins on 2026-03-02 10:00"):
            check_course(last, MONDAY_9AM + HOUR - SECOND, MONDAY_9AM)


def test_a_version_that_begins_in_the_past_is_not_published(house: House) -> None:
    with pytest.raises(ValidationError):
        publish(house, at=MONDAY_9AM, effective_from=MONDAY_9AM - SECOND)

    assert CalendarVersion.objects.filter(calendar=business(house)).count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"holidays": {"20261225": "Navidad"}},
        {"holidays": {"2026-12-25": 1}},
        {"holidays": {"Navidad": "2026-12-25"}},
        {"hours": {"00": [["09:00", "10:00"]]}},
        {"hours": {"7": [["09:00", "10:00"]]}},
        {"hours": {"0": [["10:00", "09:00"]]}},
        {"hours": []},
    ],
)
def test_data_that_is_no_calendar_is_refused(changes: dict[str, Any]) -> None:
    content: dict[str, Any] = {
        "time_zone": "UTC",
        "hours": {"0": [["09:00", "10:00"]]},
        "holidays": {"2026-12-25": "Navidad"},
    }
    CalendarVersion(**content).clean()

    with pytest.raises(ValidationError):
        CalendarVersion(**content | changes).clean()


def test_a_calendar_without_versions_or_with_a_planned_one_is_not_extended(house: House) -> None:
    Calendar.objects.create(organization=house.north, name="Empty", role="extended")
    ending = {"2026-12-25": "Navidad"}
    publish(house, at=MONDAY_9AM, effective_from=MONDAY_9AM + DAY, holidays=ending)
    count = CalendarVersion.objects.count()
    north = CalendarVersion.objects.filter(organization=house.north)

    assert extend_holidays(at=MONDAY_9AM + DAY - SECOND) == 0
    assert CalendarVersion.objects.count() == count
    assert extend_holidays(at=MONDAY_9AM + DAY) == 1
    newest = north.order_by("number").last()
    assert newest is not None
    assert (newest.number, newest.effective_from) == (3, MONDAY_9AM + DAY)
    assert (min(newest.holidays), max(newest.holidays)) == ("2026-12-25", "2029-12-25")
    assert set(newest.holidays.values()) == {"Navidad"}  # the others were taken out of 2026


@pytest.mark.parametrize(("last", "extended"), [("2027-12-25", 1), ("2028-01-01", 0)])
def test_a_list_is_extended_when_it_ends_next_year_or_earlier(
    house: House, last: str, extended: int
) -> None:
    holidays = public_holidays("MX", "", int(last[:4]), int(last[:4]))
    publish(house, at=MONDAY_9AM, effective_from=MONDAY_9AM, holidays=holidays)

    assert extend_holidays(at=MONDAY_9AM) == extended
    assert extend_holidays(at=MONDAY_9AM) == 0


def test_a_renewal_republishes_the_version_in_force_and_those_to_come(house: House) -> None:
    publish(house, at=MONDAY_9AM, effective_from=MONDAY_9AM + HOUR, hours=LONG_DAYS)
    publish(house, at=MONDAY_9AM, effective_from=MONDAY_9AM + DAY, hours=SHORT_DAYS)
    versions = CalendarVersion.objects.filter(calendar=business(house)).order_by("number")
    versions.update(tzdata_version="2019.1")
    at = MONDAY_9AM + HOUR

    assert renew_zones(at=at) == 1

    assert [(each.number, each.hours, each.effective_from) for each in versions[3:]] == [
        (4, LONG_DAYS, at),
        (5, SHORT_DAYS, MONDAY_9AM + DAY),
    ]
    facts = Record.objects.filter(verb=verbs.VERSION_PUBLISHED, system="tz database")
    assert [fact.payload["version"] for fact in facts] == [each.pk for each in versions[3:]]


def test_a_second_renewal_leaves_the_versions_that_the_first_has_replaced(house: House) -> None:
    publish(house, at=MONDAY_9AM, effective_from=MONDAY_9AM + DAY, hours=SHORT_DAYS)
    versions = CalendarVersion.objects.filter(calendar=business(house)).order_by("number")
    for at in (MONDAY_9AM, MONDAY_9AM + HOUR):
        versions.update(tzdata_version="2019.1")
        assert renew_zones(at=at) == 1

    assert [(each.number, each.effective_from) for each in versions[2:]] == [
        (3, MONDAY_9AM),
        (4, MONDAY_9AM + DAY),
        (5, MONDAY_9AM + HOUR),
        (6, MONDAY_9AM + DAY),
    ]


def test_a_renewal_before_the_first_version_begins_keeps_the_plan(house: House) -> None:
    publish(house, at=MONDAY_9AM, effective_from=MONDAY_9AM + 2 * DAY, hours=SHORT_DAYS)
    versions = CalendarVersion.objects.filter(calendar=business(house)).order_by("number")
    versions.filter(number=1).update(effective_from=MONDAY_9AM + DAY)
    versions.update(tzdata_version="2019.1")

    assert renew_zones(at=MONDAY_9AM) == 1

    assert [(each.number, each.effective_from) for each in versions[2:]] == [
        (3, MONDAY_9AM + DAY),
        (4, MONDAY_9AM + 2 * DAY),
    ]


def test_a_calendar_with_a_zone_that_is_gone_is_skipped_and_the_others_renewed(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    versions = CalendarVersion.objects.order_by("pk")
    versions.update(tzdata_version="2019.1")
    CalendarVersion.objects.filter(calendar=business(house)).update(time_zone="Mars/Olympus")

    assert renew_zones(at=MONDAY_9AM) == 3
    assert CalendarVersion.objects.filter(calendar=business(house)).count() == 1
    (line,) = [each.getMessage() for each in caplog.records]
    assert line.startswith(f"Calendar {business(house).pk} keeps the zones of 2019.1: ")


def test_a_new_organization_has_its_calendars_at_once(house: House) -> None:
    east = create_organization(
        name="Company east",
        slug="east",
        country="MX",
        time_zone="America/Tijuana",
        language="en",
        by=SETUP,
        at=MONDAY_9AM,
    )

    roles = Calendar.objects.filter(organization=east).values_list("role", flat=True)
    assert sorted(roles) == [CalendarRole.BUSINESS, CalendarRole.CONTINUOUS]
