"""How people stand at an instant: in their shift or outside it, away or there."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from foundation.accounts.models import Team, User
from foundation.calendars.arithmetic import WorkCalendar
from foundation.duty.models import Absence, Shift
from foundation.duty.standing import Standing, standings
from foundation.duty.wording import absence_words, shift_words
from tests.support.house import DAY, HOUR, MONDAY_9AM, SECOND, House

MEXICO = "America/Mexico_City"
DAYS = {str(day): [["08:00", "16:00"]] for day in range(5)}
FOUR_PM = MONDAY_9AM + 7 * HOUR
EIGHT_DAYS = timedelta(days=8)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def on_shift(*people: User, hours: dict[str, Any] | None = None, name: str = "Days") -> Shift:
    shift = Shift.objects.create(name=name, hours=hours or DAYS, time_zone=MEXICO)
    shift.people.set(people)
    return shift


def standing_of(person: User, at: datetime) -> Standing:
    return standings([person.pk], at)[person.pk]


def said(person: User, at: datetime) -> str:
    return shift_words(standing_of(person, at), at, MEXICO)


@pytest.mark.parametrize(
    ("after", "until"),
    [
        (-SECOND, -SECOND),  # closed: the instant itself
        (timedelta(), 7 * HOUR),
        (7 * HOUR - SECOND, 7 * HOUR),
        (7 * HOUR, 7 * HOUR),
    ],
)
def test_the_open_time_around_an_instant_ends(after: timedelta, until: timedelta) -> None:
    calendar = WorkCalendar(timezone=MEXICO, hours={0: [("09:00", "16:00")]})

    assert calendar.open_until(MONDAY_9AM + after, EIGHT_DAYS) == MONDAY_9AM + until


def test_the_reach_ends_the_open_time_of_a_calendar_without_closing() -> None:
    calendar = WorkCalendar(timezone=MEXICO, hours={day: [("00:00", "24:00")] for day in range(7)})

    assert calendar.open_until(MONDAY_9AM, EIGHT_DAYS) == MONDAY_9AM + EIGHT_DAYS


def test_somebody_without_a_shift_is_on_duty_around_the_clock(house: House) -> None:
    assert standing_of(house.agent, MONDAY_9AM) == Standing()
    assert standing_of(house.agent, MONDAY_9AM).is_on_duty
    assert said(house.agent, MONDAY_9AM) == "no fixed shift"


def test_a_shift_ends_and_the_next_one_begins(house: House) -> None:
    on_shift(house.agent)

    assert standing_of(house.agent, MONDAY_9AM) == Standing(True, FOUR_PM)
    assert standing_of(house.agent, FOUR_PM) == Standing(False, MONDAY_9AM + 23 * HOUR)
    assert not standing_of(house.agent, FOUR_PM).is_on_duty
    assert said(house.agent, MONDAY_9AM) == "on duty until 16:00"
    assert said(house.agent, FOUR_PM) == "off duty until Tue 08:00"


def test_one_shift_follows_another_across_midnight(house: House) -> None:
    on_shift(house.agent)
    on_shift(
        house.agent, name="Evening", hours={"0": [["16:00", "24:00"]], "1": [["00:00", "02:00"]]}
    )

    assert standing_of(house.agent, MONDAY_9AM) == Standing(True, MONDAY_9AM + 17 * HOUR)


def test_shifts_without_an_end_do_not_say_one(house: House) -> None:
    on_shift(house.agent, hours={str(day): [["00:00", "24:00"]] for day in range(7)})

    assert standing_of(house.agent, MONDAY_9AM) == Standing(True, None)
    assert said(house.agent, MONDAY_9AM) == "on duty"


def test_a_colleague_with_a_shift_leaves_the_others_of_the_group_off_duty(house: House) -> None:
    group = Team.objects.create(name="Desk", level=1)
    group.members.set([house.agent, house.staff["agent2"]])
    on_shift(house.agent)

    assert standing_of(house.staff["agent2"], MONDAY_9AM) == Standing(False, None)
    assert said(house.staff["agent2"], MONDAY_9AM) == "off duty"


def test_an_absence_is_said_while_it_holds_and_a_week_before(house: House) -> None:
    absence = Absence.objects.create(
        person=house.agent, starts_at=MONDAY_9AM, ends_at=MONDAY_9AM + 10 * DAY
    )
    cases = [
        (-7 * DAY - SECOND, Standing()),
        (-7 * DAY, Standing(next_absence=absence)),
        (timedelta(), Standing(absence=absence)),
        (10 * DAY, Standing()),
    ]

    for after, expected in cases:
        assert standing_of(house.agent, MONDAY_9AM + after) == expected
    assert not standing_of(house.agent, MONDAY_9AM).is_on_duty
    assert absence_words(absence, MONDAY_9AM, MEXICO) == "away until Mar 12 09:00"
    assert absence_words(absence, MONDAY_9AM - DAY, MEXICO) == "away from Mon 09:00"
    with translation.override("es"):
        assert absence_words(absence, MONDAY_9AM, MEXICO) == "ausente hasta el 12 mar 09:00"
