"""Coverage: recipients in each hour of the coming week; supervisors are notified once per new
gap.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache

from catalog.models import ContractService
from escalation.coverage import forecasts_of
from escalation.gaps import gap_ranges
from escalation.models import EscalationLevel, EscalationRule
from escalation.services import publish_ladder, refresh_coverage
from foundation.accounts.models import Organization, Team, User
from foundation.accounts.tenancy import every_organization
from foundation.calendars.models import Calendar
from foundation.core.classification import Priority
from foundation.duty.models import Absence, Shift
from foundation.notifications.models import OutboxMessage
from foundation.notifications.rendering import render_message
from servicedesk.demo.house import build_house as build_demonstration
from tests.support.house import (
    DAY,
    HOUR,
    MONDAY_9AM,
    SETUP,
    House,
)
from tests.support.policies import every_priority, publish_for

ALL_DAY = {str(day): [["00:00", "24:00"]] for day in range(7)}


def shift(*people: User, hours: Any, name: str) -> Shift:
    made = Shift.objects.create(name=name, hours=hours)
    made.people.set(people)
    return made


def away(person: User) -> None:
    Absence.objects.create(person=person, starts_at=MONDAY_9AM - DAY, ends_at=MONDAY_9AM + 60 * DAY)


def gaps(
    organization: Organization, at: datetime = MONDAY_9AM
) -> list[tuple[int, str, list[str], tuple[int, ...]]]:
    (forecast,) = forecasts_of(organization, at)
    return [
        (each.day, each.hours, [p.code for p in each.priorities], each.percents)
        for each in gap_ranges(forecast.gaps)
    ]


def told() -> list[str]:
    return list(
        OutboxMessage.objects.filter(template="coverage_gap")
        .order_by("pk")
        .values_list("to_email", flat=True)
    )


def only_services(house: House, *slugs: str) -> None:
    ContractService.objects.filter(contract=house.contract).exclude(
        service__slug__in=[house.services[s].slug for s in slugs]
    ).delete()
    house.north.refresh_from_db()


def test_a_person_without_shifts_leaves_no_gap(house: House) -> None:
    assert gaps(house.north) == []


def test_hours_without_a_person_on_duty_are_gaps_of_every_priority(house: House) -> None:
    working = {str(day): [["08:00", "20:00"]] for day in range(5)} | {
        "5": [["00:00", "24:00"]],
        "6": [["00:00", "24:00"]],
    }
    shift(house.staff["desk_supervisor"], house.agent, hours=working, name="Days")

    every = ["critical", "high", "medium", "low"]
    expected = [
        (day, hours, every, (50, 75, 90, 100))
        for day in range(5)
        for hours in ("00:00–08:00", "20:00–24:00")
    ]
    assert gaps(house.north) == expected


def test_hours_in_which_no_clock_runs_need_nobody(house: House) -> None:
    only_services(house, "erp")  # functional: business hours, Monday to Friday 09:00 to 19:00
    shift(
        house.staff["desk_supervisor"],
        house.agent,
        hours={"0": [["09:00", "19:00"]]},
        name="Mondays",
    )

    assert {(day, hours) for day, hours, _priorities, _percents in gaps(house.north)} == {
        (day, "09:00–19:00") for day in range(1, 5)
    }


def test_a_shift_that_begins_at_half_past_leaves_the_first_half_hour_a_gap(house: House) -> None:
    only_services(house, "erp")
    weekdays = {str(day): [["09:30", "19:00"]] for day in range(5)}
    shift(house.staff["desk_supervisor"], house.agent, hours=weekdays, name="Late")

    assert [(day, hours) for day, hours, *_rest in gaps(house.north)] == [
        (day, "09:00–10:00") for day in range(5)
    ]


def test_a_substitute_fills_the_gap_of_an_absence(house: House) -> None:
    away(house.staff["desk_supervisor"])
    absence = Absence.objects.create(
        person=house.agent, starts_at=MONDAY_9AM + DAY, ends_at=MONDAY_9AM + DAY + 3 * HOUR
    )
    assert [(day, hours) for day, hours, *_rest in gaps(house.north)] == [(1, "09:00–12:00")]

    absence.substitute = house.staff["agent2"]
    absence.save()
    assert gaps(house.north) == []


def test_a_new_gap_is_notified_once_and_again_after_it_closed_and_reopened(house: House) -> None:
    away(house.staff["desk_supervisor"])
    desk = shift(house.agent, house.staff["agent2"], hours=ALL_DAY, name="Always")
    Team.objects.create(name="Desk", level=1).members.set([house.agent, house.staff["agent2"]])
    assert (refresh_coverage(organization=house.north, at=MONDAY_9AM), told()) == (0, [])

    # the only person of the first level; in a group with others who have shifts
    desk.people.remove(house.agent)
    assert refresh_coverage(organization=house.north, at=MONDAY_9AM + 2 * HOUR) == 168
    for hours in (3, 30):
        refresh_coverage(organization=house.north, at=MONDAY_9AM + hours * HOUR)
    assert told() == ["desk_supervisor@desk.example"]
    text = render_message(OutboxMessage.objects.get(template="coverage_gap")).text
    assert "00:00–24:00" in text

    desk.people.add(house.agent)
    refresh_coverage(organization=house.north, at=MONDAY_9AM + 31 * HOUR)
    desk.people.remove(house.agent)
    refresh_coverage(organization=house.north, at=MONDAY_9AM + 32 * HOUR)
    assert len(told()) == 2


def test_the_demonstration_leaves_no_hour_without_somebody_until_an_agent_leaves_the_night(
    empty_tables: None,
) -> None:
    with every_organization(reason="the demonstration"):
        demo = build_demonstration(MONDAY_9AM - 30 * DAY, MONDAY_9AM)
        customers = [Organization.objects.get(pk=each.pk) for each in demo.customers.values()]
        assert [gaps(each) for each in customers] == [[], [], []]
        for each in customers:
            refresh_coverage(organization=each, at=MONDAY_9AM)
        assert told() == []

        Shift.objects.get(name="Noche").people.remove(demo.staff["agent3"])
        north = customers[0]
        for _ in range(2):
            refresh_coverage(organization=north, at=MONDAY_9AM)

        assert {hours for _day, hours, *_rest in gaps(north)} == {"00:00–07:00", "23:00–24:00"}
        assert told() == ["supervisor@mesa.example"]


def test_the_next_level_is_named_in_its_own_hours(house: House) -> None:
    (forecast,) = forecasts_of(house.north, MONDAY_9AM)
    first = forecast.recipients(Priority.CRITICAL, 100, MONDAY_9AM)
    following = forecast.next_recipients(MONDAY_9AM)

    assert [each.why for each in first] == ["desk", "level"]
    assert following is not None
    assert following.at >= MONDAY_9AM + 30 * timedelta(minutes=1)


def test_a_level_with_business_hours_leaves_a_gap_at_night(house: House) -> None:
    away(house.staff["desk_supervisor"])
    hours = Calendar.objects.get(organization=house.north, role="business")
    level = EscalationLevel(
        position=1,
        name_es="Mesa",
        contact=house.agent,
        contact_name="A",
        email="a@mesa.example",
        calendar=hours,
    )
    publish_ladder(
        organization=house.north,
        levels=[level],
        contract=house.contract,
        effective_from=MONDAY_9AM - HOUR,
        by=SETUP,
        at=MONDAY_9AM - HOUR,
    )

    assert (0, "00:00–09:00") in {(day, text) for day, text, *_rest in gaps(house.north)}


def test_a_team_without_members_is_a_gap_of_the_whole_week(house: House) -> None:
    away(house.staff["desk_supervisor"])
    empty = Team.objects.create(name="Empty", level=1)
    level = EscalationLevel(
        position=1, name_es="Mesa", team=empty, contact_name="A", email="a@mesa.example"
    )
    publish_ladder(
        organization=house.north,
        levels=[level],
        contract=house.contract,
        effective_from=MONDAY_9AM - HOUR,
        by=SETUP,
        at=MONDAY_9AM - HOUR,
    )

    assert len(gaps(house.north)) == 7


def test_a_person_without_shifts_is_on_duty_unless_colleagues_have_shifts(
    house: House,
) -> None:
    away(house.staff["desk_supervisor"])
    Team.objects.create(name="Desk", level=1).members.set([house.agent, house.staff["agent2"]])
    assert gaps(house.north) == []

    shift(house.staff["agent2"], hours={"0": [["09:00", "10:00"]]}, name="Short")

    # the first level's person is planned by shifts now, and stands in none
    assert len(gaps(house.north)) == 7


def test_a_rule_or_level_without_people_fills_no_gap(house: House) -> None:
    away(house.staff["desk_supervisor"])
    empty = Team.objects.create(name="Empty", level=1)
    EscalationRule.objects.create(
        name="To nobody", is_active=True, trigger="clock", percent=50, action="tell", team=empty
    )
    cache.clear()
    house.agent.is_active = False
    house.agent.save()

    assert {
        (percents, len(priorities)) for _day, _hours, priorities, percents in gaps(house.north)
    } == {((50, 75, 90, 100), 4)}


@pytest.mark.parametrize(
    ("zone", "at"),
    [
        # the clocks go forward within the week
        (
            "America/New_York",
            datetime(2026, 3, 2, 15, tzinfo=UTC),
        ),
        ("America/New_York", datetime(2026, 10, 29, 15, tzinfo=UTC)),  # and back
        ("Asia/Kolkata", datetime(2026, 3, 2, 15, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 10, 1, 15, tzinfo=UTC)),
    ],
)
def test_every_hour_of_the_week_has_its_instant_in_every_zone(
    house: House, sign_in: Any, zone: str, at: datetime
) -> None:
    house.north.time_zone = zone
    house.north.save()
    (forecast,) = forecasts_of(house.north, at)

    assert all(at - HOUR <= forecast.instant_of(hour) < at + 8 * DAY for hour in range(168))
    exact = [hour for hour in range(168) if forecast.hour_of(forecast.instant_of(hour)) == hour]
    assert len(exact) >= 167


def test_a_contact_without_a_login_hears_of_no_warning_and_covers_none(house: House) -> None:
    away(house.staff["desk_supervisor"])
    EscalationLevel.objects.filter(position=1).update(
        contact=None, team=None, email="out@partner.example", contact_name="Out"
    )

    assert {percents for _day, _hours, _priorities, percents in gaps(house.north)} == {(50, 75, 90)}


def test_a_gap_of_minutes_between_shifts_is_a_gap(house: House) -> None:
    away(house.staff["desk_supervisor"])
    week = {str(day): [["00:00", "15:41"], ["15:44", "24:00"]] for day in range(7)}
    shift(house.agent, house.staff["agent2"], hours=week, name="Nearly always")

    assert {hours for _day, hours, _priorities, _percents in gaps(house.north)} == {"15:00–16:00"}


def test_a_matrix_that_begins_within_the_week_is_looked_at(house: House) -> None:
    away(house.staff["desk_supervisor"])
    assert gaps(house.north) == []
    nobody = Team.objects.create(name="Nobody yet", level=1)
    publish_ladder(
        organization=house.north,
        levels=[
            EscalationLevel(
                position=1,
                name_es="Mesa",
                purpose_es="x",
                team=nobody,
                contact_name="Out",
                email="out@partner.example",
                acknowledge_minutes=30,
            )
        ],
        effective_from=MONDAY_9AM + DAY,
        by=SETUP,
        at=MONDAY_9AM,
    )
    found = gaps(house.north)
    assert {day for day, _hours, _priorities, _percents in found} == set(range(7))
    assert (0, "09:00–10:00") not in [(day, hours) for day, hours, _priorities, _percents in found]
    assert all(hours.endswith("09:00") for day, hours, _priorities, _percents in found if day == 0)


def test_a_resolution_target_for_every_priority_leaves_the_needed_hours(house: House) -> None:
    (before,) = forecasts_of(house.north, MONDAY_9AM)
    publish_for(house, every_priority("resolution", minutes=600), contract=house.contract)

    (after,) = forecasts_of(house.north, MONDAY_9AM)

    assert (10, Priority.LOW) in before.needed
    assert after.needed == before.needed
