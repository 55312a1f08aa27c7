"""The roster: who is on duty at an instant, who stands in, whom a party notifies."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from foundation.accounts.models import User
from foundation.calendars.arithmetic import WorkCalendar
from foundation.duty.models import Absence
from foundation.duty.roster import Answering, Party, Roster, first_to_answer
from tests.support.house import DAY, HOUR, MONDAY_9AM

ZONE = "America/Mexico_City"
# Monday 09:00 of Mexico City is inside the first, outside the second.
MORNINGS = WorkCalendar(timezone=ZONE, hours={day: [("08:00", "14:00")] for day in range(5)})
EVENINGS = WorkCalendar(timezone=ZONE, hours={day: [("14:00", "20:00")] for day in range(5)})
EVENING = MONDAY_9AM + 5 * HOUR


def someone(pk: int, **more: Any) -> User:
    return User(pk=pk, email=f"p{pk}@desk.example", staff_roles=["agent"], **more)


ANA = someone(1)
BETO = someone(2)
CARLA = someone(3)
OUTSIDE = User(email="outside@north.example")


def away(
    person: User, substitute: User | None, start: datetime = MONDAY_9AM, length: timedelta = DAY
) -> Absence:
    return Absence(person=person, substitute=substitute, starts_at=start, ends_at=start + length)


def roster(*absences: Absence, **more: Any) -> Roster:
    by_person: dict[int, list[Absence]] = {}
    for absence in absences:
        by_person.setdefault(absence.person_id, []).append(absence)
    return Roster(more.pop("shifts", {}), by_person, **more)


def test_an_absence_holds_from_its_start_until_just_before_its_end() -> None:
    absence = away(ANA, None)

    assert not absence.holds_at(MONDAY_9AM - timedelta(microseconds=1))
    assert absence.holds_at(MONDAY_9AM)
    assert not absence.holds_at(MONDAY_9AM + DAY)


def test_a_person_without_a_shift_is_on_duty_and_one_with_an_empty_list_is_not() -> None:
    found = roster(shifts={1: [EVENINGS, MORNINGS], 2: [EVENINGS], 3: []})

    on_duty = [found.is_on_duty(pk, MONDAY_9AM) for pk in (1, 2, 3, 4)]

    assert on_duty == [True, False, False, True]


def test_the_chain_of_substitutes_ends_at_the_first_on_duty() -> None:
    found = roster(away(ANA, BETO), away(BETO, CARLA))

    assert found.stand_in(ANA, MONDAY_9AM) == CARLA
    assert found.stand_in(ANA, MONDAY_9AM + DAY) == ANA
    assert found.stand_in(None, MONDAY_9AM) is None


def test_a_circle_of_substitutes_and_a_missing_substitute_give_nobody() -> None:
    circle = roster(away(ANA, BETO), away(BETO, ANA))
    alone = roster(away(ANA, None))

    assert circle.stand_in(ANA, MONDAY_9AM) is None
    assert alone.stand_in(ANA, MONDAY_9AM) is None


def test_an_inactive_person_and_staff_of_other_customers_do_not_stand_in() -> None:
    inactive = someone(2, is_active=False)

    assert roster(away(ANA, inactive)).stand_in(ANA, MONDAY_9AM) is None
    assert roster(away(ANA, BETO), not_serving=frozenset({2})).stand_in(ANA, MONDAY_9AM) is None


def test_a_contact_of_the_customer_serves_only_as_a_valid_member() -> None:
    contact = User(pk=9, email="c@north.example")

    assert roster(members=frozenset({9})).serves(contact)
    assert not roster(members=frozenset({8})).serves(contact)
    assert not roster(not_serving=frozenset({1})).serves(ANA)


def test_the_circle_follows_substitutes_of_substitutes() -> None:
    found = roster(away(ANA, BETO), away(BETO, CARLA), away(CARLA, ANA))

    assert found.circle([ANA]) == {1, 2, 3}
    assert roster().circle([BETO, CARLA]) == {2, 3}


def test_the_next_change_is_the_earliest_edge_after_the_instant() -> None:
    found = roster(away(ANA, BETO), shifts={2: [EVENINGS]})

    assert found.next_change([ANA], MONDAY_9AM) == EVENING
    assert found.next_change([ANA], EVENING) == MONDAY_9AM + DAY
    assert roster().next_change([ANA], MONDAY_9AM) is None


def test_a_group_notifies_each_member_on_duty_once() -> None:
    party = Party(members=(ANA, BETO, CARLA))
    found = roster(away(ANA, CARLA), shifts={2: [EVENINGS]})

    assert party.candidates == (ANA, BETO, CARLA)
    assert party.reachable(MONDAY_9AM, found) == (CARLA,)
    assert party.reachable(EVENING, found) == (CARLA, BETO)


def test_a_person_is_replaced_by_the_absence_before_the_named_substitute() -> None:
    party = Party(person=ANA, substitute=BETO)

    assert party.candidates == (ANA, BETO)
    assert party.reachable(MONDAY_9AM, roster(away(ANA, CARLA))) == (CARLA,)
    assert party.reachable(MONDAY_9AM, roster(away(ANA, None))) == (BETO,)
    both = roster(away(ANA, None), away(BETO, None))
    assert party.reachable(MONDAY_9AM, both) == ()


@pytest.mark.parametrize(
    ("party", "people"),
    [
        (Party(members=(ANA, someone(2, is_active=False), CARLA)), (ANA, CARLA)),
        (Party(person=ANA, substitute=BETO, outside=OUTSIDE), (ANA,)),
        (Party(person=someone(1, is_active=False), substitute=BETO), (BETO,)),
        (Party(person=someone(1, is_active=False), outside=OUTSIDE), ()),
        (Party(members=(), outside=OUTSIDE), (OUTSIDE,)),
        (Party(members=(ANA,), outside=OUTSIDE), (ANA,)),
        (Party(members=(), outside=User(email="")), ()),
        (Party(members=()), ()),
    ],
)
def test_the_fallback_of_a_party(party: Party, people: tuple[User, ...]) -> None:
    assert party.fallback(roster()) == people


def test_the_fallback_leaves_out_staff_of_other_customers() -> None:
    party = Party(members=(ANA, BETO))

    assert party.fallback(roster(not_serving=frozenset({1}))) == (BETO,)


def test_a_contact_without_a_login_is_notified_at_the_next_opening() -> None:
    party = Party(outside=OUTSIDE)

    assert first_to_answer(party, MONDAY_9AM, roster()) == Answering((OUTSIDE,), MONDAY_9AM)
    assert first_to_answer(party, MONDAY_9AM, roster(), EVENINGS) == Answering((OUTSIDE,), EVENING)


def test_the_first_instant_is_open_and_has_somebody_on_duty() -> None:
    found = roster(shifts={1: [EVENINGS]})
    party = Party(person=ANA)

    assert first_to_answer(party, MONDAY_9AM, found) == Answering((ANA,), EVENING)
    assert first_to_answer(party, EVENING, found) == Answering((ANA,), EVENING)
    assert first_to_answer(party, EVENING, found, MORNINGS) == Answering(
        (ANA,), EVENING, is_on_duty=False
    )


def test_without_anybody_planned_the_fallback_is_notified_at_once() -> None:
    party = Party(person=ANA)

    found = first_to_answer(party, MONDAY_9AM, roster(shifts={1: []}))

    assert found == Answering((ANA,), MONDAY_9AM, is_on_duty=False)
