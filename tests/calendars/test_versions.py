from datetime import UTC, date, datetime
from importlib.metadata import version
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from foundation.accounts.services import create_organization
from foundation.accounts.tenancy import every_organization
from foundation.calendars.arithmetic import BeyondHorizon, UnknownTimezone, WorkCalendar
from foundation.calendars.linting import lint_calendar
from foundation.calendars.models import Calendar, CalendarVersion
from foundation.calendars.services import publish_calendar_version, renew_zones
from foundation.core.errors import Invalid
from sla.clocks.models import Clock
from sla.clocks.services import rebuild_clocks, settle_ticket
from sla.policies.services import publish_policy
from tests.support.calendars import NEXT_TO_NOTHING, business
from tests.support.house import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY_9AM,
    SETUP,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.policies import promise
from tests.support.terms import post
from tickets import services


def test_hours_that_leave_an_open_promise_without_a_date_are_refused_in_every_door(
    house: House, client: Any
) -> None:
    promise(house, "resolution", 6000)
    ticket = make_ticket(house)
    content: dict[str, Any] = {
        "time_zone": "America/Mexico_City",
        "hours": NEXT_TO_NOTHING,
        "holidays": {},
    }
    with pytest.raises(ValidationError) as refused:
        publish_calendar_version(
            calendar=business(house), **content, effective_from=MONDAY_9AM, by=SETUP, at=MONDAY_9AM
        )
    assert "hours" in refused.value.message_dict
    answer = post(house, client, {"calendars": [{"name": business(house).name, **content}]})
    assert (answer.status_code, "calendars[0].hours" in answer.json()["fields"]) == (400, True)

    # Past every door: the ticket stays in reach of everybody, and is named by a rebuild.
    due_at = Clock.objects.get(ticket=ticket, metric="resolution").due_at
    CalendarVersion.objects.create(
        calendar=business(house),
        organization=house.north,
        number=2,
        **content,
        tzdata_version="x",
        effective_from=MONDAY_9AM + MINUTE,
        published_at=MONDAY_9AM,
    )
    house.north.refresh_from_db()
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + HOUR)
    services.reply_to_customer(
        ticket=fresh(ticket), body="We look.", by=by(house.agent), at=MONDAY_9AM + HOUR
    )
    assert Clock.objects.get(ticket=ticket, metric="resolution").due_at == due_at
    (difference,) = rebuild_clocks(ticket=fresh(ticket), write=False)
    assert difference.field == "dates"


def test_a_version_that_would_annul_the_one_to_come_is_refused_and_an_earlier_date_is_not_lost(
    house: House, client: Any
) -> None:
    def row(hours: str, since: str) -> dict[str, Any]:
        content = {
            "time_zone": "America/Mexico_City",
            "hours": {"0": [[hours, "18:00"]]},
            "effective_from": since,
        }
        return {"calendars": [{"name": business(house).name, **content}]}

    assert post(house, client, row("09:00", "2030-12-01T00:00:00Z")).status_code == 201
    for hours in (
        "10:00",
        "09:00",
    ):  # another content, and the same one that nobody would have from then on
        assert post(house, client, row(hours, "2030-11-01T00:00:00Z")).status_code == 400
    assert CalendarVersion.objects.filter(calendar=business(house)).count() == 2


@pytest.mark.django_db
def test_a_customer_of_a_country_without_holidays_is_refused() -> None:
    with every_organization(reason="a test"), pytest.raises(ValidationError):
        create_organization(
            name="X",
            slug="x",
            country="XX",
            time_zone="America/Mexico_City",
            by=SETUP,
            at=MONDAY_9AM,
        )


def test_the_ends_of_time_are_refused_by_name() -> None:
    calendar = WorkCalendar(timezone="UTC", hours={0: [("09:00", "10:00")]})
    for instant in (datetime(1, 1, 1, tzinfo=UTC), datetime(9998, 12, 1, tzinfo=UTC)):
        with pytest.raises(BeyondHorizon):
            calendar.add(instant, HOUR)
    with pytest.raises(UnknownTimezone):
        WorkCalendar(timezone=None, hours={0: [("09:00", "10:00")]})


@pytest.mark.parametrize("years_seen", [1, 59])
def test_the_horizon_is_sixty_years_whatever_the_calendar_has_computed_before(
    years_seen: int,
) -> None:
    calendar = WorkCalendar(timezone="UTC", hours={day: [("00:00", "24:00")] for day in range(7)})
    calendar.add(MONDAY_9AM, years_seen * 365 * DAY)

    assert calendar.add(MONDAY_9AM, 34 * 365 * DAY) == MONDAY_9AM + 34 * 365 * DAY
    assert calendar.add(MONDAY_9AM, 60 * 366 * DAY) == MONDAY_9AM + 60 * 366 * DAY
    with pytest.raises(BeyondHorizon):
        calendar.add(MONDAY_9AM, 60 * 366 * DAY + HOUR)


def test_an_extension_widens_what_it_extends(house: House) -> None:
    def extended(name: str, hours: dict[str, list[list[str]]]) -> Calendar:
        made = Calendar.objects.create(organization=house.north, name=name, role="extended")
        content: dict[str, Any] = {
            "time_zone": "America/Mexico_City",
            "hours": hours,
            "holidays": {},
        }
        publish_calendar_version(
            calendar=made, **content, effective_from=MONDAY_9AM - DAY, by=SETUP, at=MONDAY_9AM - DAY
        )
        house.north.refresh_from_db()
        return made

    same: dict[str, Any] = {
        "organization": house.north,
        "contract": house.contract,
        "targets": [],
        "by": SETUP,
        "at": MONDAY_9AM,
    }
    saturday = extended("Saturday alone", {"5": [["09:00", "14:00"]]})
    with pytest.raises(Invalid) as refused:
        publish_policy(**same, effective_from=MONDAY_9AM, extended_calendar=saturday)
    assert list(refused.value.fields) == ["extended_calendar"]

    wider = extended(
        "Saturday too",
        {**{str(day): [["08:00", "20:00"]] for day in range(5)}, "5": [["09:00", "14:00"]]},
    )
    assert publish_policy(**same, effective_from=MONDAY_9AM, extended_calendar=wider).number == 1


def test_a_new_tz_database_gives_calendars_a_version_once(house: House) -> None:
    calendar = business(house)
    CalendarVersion.objects.filter(calendar=calendar).update(tzdata_version="2019.1")
    assert renew_zones(at=MONDAY_9AM) == 1
    assert renew_zones(at=MONDAY_9AM + DAY) == 0

    CalendarVersion.objects.filter(calendar=calendar).update(tzdata_version="2019.1")
    content: dict[str, Any] = {
        "time_zone": "America/Mexico_City",
        "hours": NEXT_TO_NOTHING,
        "holidays": {},
    }
    planned = MONDAY_9AM + 30 * DAY
    publish_calendar_version(
        calendar=calendar, **content, effective_from=planned, by=SETUP, at=MONDAY_9AM + DAY
    )
    CalendarVersion.objects.filter(calendar=calendar).update(tzdata_version="2019.1")
    assert renew_zones(at=MONDAY_9AM + 2 * DAY) == 1
    rows = list(CalendarVersion.objects.filter(calendar=calendar).order_by("number"))
    assert [(row.effective_from, row.hours == NEXT_TO_NOTHING) for row in rows[3:]] == [
        (MONDAY_9AM + 2 * DAY, False),
        (planned, True),
    ]
    assert renew_zones(at=MONDAY_9AM + 3 * DAY) == 0

    first, second = rows[:2]
    assert (second.hours, second.holidays, second.time_zone) == (
        first.hours,
        first.holidays,
        first.time_zone,
    )
    assert (second.effective_from, rows[-1].tzdata_version) == (MONDAY_9AM, version("tzdata"))


def test_a_renewal_leaves_out_versions_that_a_later_one_replaced(house: House) -> None:
    calendar = business(house)
    content: dict[str, Any] = {"time_zone": "America/Mexico_City", "holidays": {}}
    for day, hours in ((10, NEXT_TO_NOTHING), (20, {"1": [["08:00", "09:00"]]})):
        publish_calendar_version(
            calendar=calendar,
            **content,
            hours=hours,
            effective_from=MONDAY_9AM + day * DAY,
            by=SETUP,
            at=MONDAY_9AM,
        )
    CalendarVersion.objects.filter(calendar=calendar).update(tzdata_version="2019.1")

    assert renew_zones(at=MONDAY_9AM + 15 * DAY) == 1

    rows = list(CalendarVersion.objects.filter(calendar=calendar).order_by("number"))[3:]
    assert [(row.effective_from, row.hours) for row in rows] == [
        (MONDAY_9AM + 15 * DAY, NEXT_TO_NOTHING),
        (MONDAY_9AM + 20 * DAY, {"1": [["08:00", "09:00"]]}),
    ]
    assert {row.published_at for row in rows} == {MONDAY_9AM + 15 * DAY}


def test_a_closed_day_that_is_public_no_more_is_found() -> None:
    found = lint_calendar(
        hours={"0": [["09:00", "10:00"]]},
        holidays={"2026-05-10": "Antes festivo", "2026-12-25": "Navidad"},
        time_zone="UTC",
        organization_zone="UTC",
        public={"2026-05-01": "Día del Trabajo", "2026-12-25": "Navidad"},
        today=date(2026, 1, 1),
    )
    assert ("not_public", "2026-05-10 Antes festivo") in [
        (finding.code, finding.details) for finding in found
    ]
