"""The roster as it is loaded from shifts, absences and groups."""

from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from foundation.accounts.models import Membership, Team, User
from foundation.duty.models import Absence, Shift
from foundation.duty.queries import absence_of, zone_of_person
from foundation.duty.roster import MAX_STEPS, Party, Roster, first_to_answer, members_of, roster_on
from tests.support.house import DAY, HOUR, MONDAY_9AM, SECOND, House

DAYS = {str(day): [["08:00", "16:00"]] for day in range(5)}
FOUR_PM = MONDAY_9AM + 7 * HOUR
TUESDAY_8AM = MONDAY_9AM + 23 * HOUR


def away(person: User, start: datetime, end: datetime, substitute: User | None = None) -> Absence:
    return Absence.objects.create(
        person=person, starts_at=start, ends_at=end, substitute=substitute
    )


def problems_of(absence: Absence) -> list[str]:
    """Return the names of the fields that the form would refuse."""
    try:
        absence.clean()
    except ValidationError as error:
        return list(error.message_dict)
    return []


def on_shift(*people: User, name: str = "Days", **values: Any) -> Shift:
    shift = Shift.objects.create(name=name, **{"hours": DAYS, **values})
    shift.people.set(people)
    return shift


def test_an_absence_holds_from_its_start_to_before_its_end(house: House) -> None:
    absence = away(house.agent, MONDAY_9AM, MONDAY_9AM + HOUR)
    away(house.staff["agent2"], MONDAY_9AM - DAY, MONDAY_9AM + DAY)
    roster = roster_on(MONDAY_9AM - HOUR, house.north.pk)
    expected = [
        (MONDAY_9AM - SECOND, False),
        (MONDAY_9AM, True),
        (MONDAY_9AM + HOUR - SECOND, True),
        (MONDAY_9AM + HOUR, False),
    ]

    for at, is_away in expected:
        assert absence.holds_at(at) is is_away
        assert absence_of(house.agent.pk, at) == (absence if is_away else None)
        assert roster.absence(house.agent.pk, at) == (absence if is_away else None)
        assert roster.is_on_duty(house.agent.pk, at) is not is_away
    assert str(absence) == "Agent 2026-03-02"


def test_a_shift_is_on_duty_in_its_hours_and_leaves_the_others_of_the_group_off(
    house: House,
) -> None:
    agent = house.agent
    agent2 = house.staff["agent2"]
    shift = on_shift(agent)
    on_shift(house.staff["bpo"], name="Old", is_active=False, hours={"6": [["08:00", "16:00"]]})
    Team.objects.create(name="Desk").members.set([agent, agent2])
    Team.objects.create(name="Other").members.set([house.staff["bpo"]])

    roster = roster_on(MONDAY_9AM, house.north.pk)

    def on_duty(person: User, at: datetime) -> bool:
        return roster.is_on_duty(person.pk, at)

    assert [on_duty(agent, at) for at in (FOUR_PM - SECOND, FOUR_PM, TUESDAY_8AM)] == [
        True,
        False,
        True,
    ]
    assert on_duty(agent2, MONDAY_9AM) is False
    assert on_duty(house.staff["bpo"], FOUR_PM) is True
    assert on_duty(house.staff["consultant"], FOUR_PM) is True
    assert (roster.shifts[agent2.pk], len(roster.shifts[agent.pk])) == ([], 1)
    assert str(shift) == "Days"


def test_an_absence_that_has_ended_is_not_loaded(house: House) -> None:
    away(house.agent, MONDAY_9AM - DAY, MONDAY_9AM)
    later = away(house.agent, MONDAY_9AM + 2 * HOUR, MONDAY_9AM + 3 * HOUR)
    sooner = away(house.agent, MONDAY_9AM, MONDAY_9AM + SECOND)

    roster = roster_on(MONDAY_9AM, house.north.pk)

    assert roster.absences == {house.agent.pk: [sooner, later]}


def test_the_roster_serves_valid_users_and_staff_whose_groups_serve(house: House) -> None:
    agent = house.agent
    agent2 = house.staff["agent2"]
    south = Team.objects.create(name="South")
    south.organizations.set([house.south])
    south.members.set([agent, agent2])
    Team.objects.create(name="All").members.set([agent2])
    Membership.objects.filter(user=house.people["approver"]).update(is_suspended=True)

    north = roster_on(MONDAY_9AM, house.north.pk)
    other = roster_on(MONDAY_9AM, house.south.pk)

    assert north.not_serving == {agent.pk}
    assert other.not_serving == frozenset()
    assert [north.serves(person) for person in (agent, agent2, house.staff["bpo"])] == [
        False,
        True,
        True,
    ]
    assert north.serves(house.requester) is True
    assert north.serves(house.people["approver"]) is False
    assert north.serves(house.outsider) is False
    assert other.serves(house.outsider) is True


@pytest.mark.parametrize(("absences", "is_on_duty"), [(MAX_STEPS - 1, True), (MAX_STEPS, False)])
def test_the_search_ends_after_thirty_duty_changes(
    house: House, absences: int, is_on_duty: bool
) -> None:
    agent = house.agent
    roster = Roster(
        {},
        {
            agent.pk: [
                Absence(
                    person=agent,
                    starts_at=MONDAY_9AM + number * HOUR,
                    ends_at=MONDAY_9AM + (number + 1) * HOUR,
                )
                for number in range(absences)
            ]
        },
    )

    found = first_to_answer(Party(person=agent), MONDAY_9AM, roster)

    assert MAX_STEPS == 30
    assert found.people == (agent,)
    assert found.is_on_duty is is_on_duty
    assert found.at == MONDAY_9AM + (absences if is_on_duty else 0) * HOUR


def test_a_person_is_in_the_zone_of_their_oldest_active_shift(house: House) -> None:
    agent = house.agent
    on_shift(agent, name="Z", time_zone="America/Lima", is_active=False)
    on_shift(house.staff["agent2"], name="Y", time_zone="Europe/Madrid")
    assert zone_of_person(agent.pk) == "America/Mexico_City"
    on_shift(agent, name="X", time_zone="America/Bogota")
    on_shift(agent, name="A", time_zone="America/Lima")

    assert zone_of_person(agent.pk) == "America/Bogota"


def test_the_members_of_a_group_are_its_active_people_by_name(house: House) -> None:
    team = Team.objects.create(name="Desk")
    team.members.set([house.staff["bpo"], house.agent, house.staff["agent2"]])
    User.objects.filter(pk=house.agent.pk).update(is_active=False)

    assert members_of(team) == [house.staff["agent2"], house.staff["bpo"]]


@pytest.mark.parametrize(
    ("start", "end", "problems"),
    [
        (MONDAY_9AM - HOUR, MONDAY_9AM, []),
        (MONDAY_9AM - HOUR, MONDAY_9AM + SECOND, ["starts_at"]),
        (MONDAY_9AM + DAY - SECOND, MONDAY_9AM + 2 * DAY, ["starts_at"]),
        (MONDAY_9AM + DAY, MONDAY_9AM + 2 * DAY, []),
        (MONDAY_9AM + 2 * DAY, MONDAY_9AM + 2 * DAY, ["ends_at"]),
    ],
)
def test_absences_of_one_person_do_not_overlap_but_may_touch(
    house: House, start: datetime, end: datetime, problems: list[str]
) -> None:
    kept = away(house.agent, MONDAY_9AM, MONDAY_9AM + DAY)

    assert problems_of(Absence(person=house.agent, starts_at=start, ends_at=end)) == problems
    assert problems_of(kept) == []  # an absence does not overlap itself
    other = Absence(person=house.staff["agent2"], starts_at=start, ends_at=max(end, start + HOUR))
    assert problems_of(other) == []


def test_a_person_is_not_their_own_substitute_and_an_unfinished_form_is_no_error(
    house: House,
) -> None:
    end = MONDAY_9AM + HOUR
    own = Absence(person=house.agent, substitute=house.agent, starts_at=MONDAY_9AM, ends_at=end)

    assert problems_of(own) == ["substitute"]
    assert problems_of(Absence(person=house.agent)) == []
    assert problems_of(Absence(starts_at=MONDAY_9AM, ends_at=end)) == []
