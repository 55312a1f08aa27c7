"""Team › Automatic assignment: what waits now, and a past month replayed."""

from datetime import date
from typing import Any

import pytest

from desk.team.assignment import bounds_of, last_months
from foundation.accounts.models import Team
from tests.support.assigning import automatic
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, House, fresh, make_ticket
from tests.support.html import text_of
from tests.support.pages import english
from tests.support.statements import statements

PAGE = "/admin/team/assignment/"

pytestmark = pytest.mark.usefixtures("monday")


def test_without_a_group_everything_is_assigned_by_hand(house: House, sign_in: Any) -> None:
    page = sign_in(english(house, "desk_supervisor")).get(PAGE)

    text = text_of(page.content.decode())
    assert "None: every ticket is assigned by hand." in text
    assert "Waiting now" not in text


def test_what_waits_stands_with_the_person_who_would_get_it(house: House, sign_in: Any) -> None:
    automatic(house, "agent", "agent2", load_limit=1)
    tickets = [make_ticket(house) for _ in range(3)]

    page = sign_in(english(house, "desk_supervisor")).get(PAGE)

    assert [(each.ticket, each.name) for each in page.context["waiting"]] == [
        (tickets[0], "Agent"),
        (tickets[1], "Agent2"),
        (tickets[2], ""),
    ]
    text = text_of(page.content.decode())
    assert "Front desk 2 people · limit 1" in text
    assert "Nobody can take it now." in text
    assert {fresh(each).assignee for each in tickets} == {None}


def test_a_month_is_replayed_with_a_limit_to_try(house: House, sign_in: Any) -> None:
    team = automatic(house, "agent")
    for number in range(3):
        make_ticket(house, at=MONDAY_9AM - HOUR + number * MINUTE)
    client = sign_in(english(house, "desk_supervisor"))
    asked = f"{PAGE}?group={team.pk}&month=2026-03"

    free = client.get(asked).context["summary"]
    one = client.get(f"{asked}&limit=1")

    assert (free.total, free.at_once, free.nobody) == (3, 3, 0)
    assert [(each.got, each.most, each.limit) for each in free.people] == [(3, 3, None)]
    summary = one.context["summary"]
    assert (summary.total, summary.at_once, summary.nobody) == (3, 1, 2)
    assert [(each.got, each.most, each.limit) for each in summary.people] == [(1, 1, 1)]
    text = text_of(one.content.decode())
    assert (
        "3 tickets. Given at once: 1. Never given: 2. Typical wait: 0 min; longest: 0 min." in text
    )


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("group=0&month=2026-03", "Select a valid choice"),
        ("group=x&month=2026-03", "Select a valid choice"),
        ("group={team}&month=2024-01", "Select a valid choice"),
        ("group={team}&month=", "This field is required"),
        ("group={team}&month=2026-03&limit=0", "greater than or equal to 1"),
        ("group={team}&month=2026-03&limit=x", "Enter a whole number"),
    ],
)
def test_a_wrong_question_is_refused(house: House, sign_in: Any, asked: str, words: str) -> None:
    client = sign_in(english(house, "desk_supervisor"))

    page = client.get(f"{PAGE}?{asked.format(team=house.level_two.pk)}")

    assert page.status_code == 400
    assert words in text_of(page.content.decode())


def test_a_restricted_supervisor_sees_their_group_and_customers_alone(
    house: House, sign_in: Any
) -> None:
    automatic(house, "agent", "agent2", name="Everybody's")
    own = Team.objects.create(name="South", level=1)
    own.organizations.add(house.south)
    own.members.add(house.staff["desk_supervisor"])
    make_ticket(house, subject="A secret of the north")
    client = sign_in(english(house, "desk_supervisor"))

    page = client.get(PAGE)
    refused = client.get(f"{PAGE}?group={house.level_two.pk}&month=2026-03")

    assert "A secret of the north" not in page.content.decode()
    assert [str(each) for each in page.context["form"].fields["group"].queryset] == ["South"]
    assert refused.status_code == 400


def test_the_statements_of_the_page_do_not_grow(house: House, sign_in: Any) -> None:
    automatic(house, "agent")
    make_ticket(house)
    client = sign_in(house.staff["desk_supervisor"])
    few = statements(client, PAGE)
    for _ in range(4):
        make_ticket(house)

    assert statements(client, PAGE) == few <= 25


def test_the_months_are_those_of_the_desks_zone() -> None:
    assert last_months(MONDAY_9AM)[:4] == [
        date(2026, 3, 1),
        date(2026, 2, 1),
        date(2026, 1, 1),
        date(2025, 12, 1),
    ]
    begins, ends = bounds_of(date(2025, 12, 1))
    assert (ends - begins, begins.hour) == (31 * DAY, 6)
