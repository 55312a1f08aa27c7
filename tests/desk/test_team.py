"""Team load: what each person holds, whether they are there, and tickets that are moved."""

from datetime import timedelta
from typing import Any

import pytest

from desk.team.people import TeamLoad
from foundation.accounts.models import Organization, Team, User
from foundation.duty.models import Absence, Shift
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, House, fresh, make_ticket
from tests.support.html import text_of
from tests.support.pages import english
from tests.support.statements import statements
from tickets.models import Ticket
from tickets.queries import Load

LOAD = "/admin/team/load/"

pytestmark = pytest.mark.usefixtures("monday")


def held(house: House, person: User | None, due: timedelta | None = None, **others: Any) -> Ticket:
    """Return a ticket that the person holds, due so long after the present instant."""
    ticket = make_ticket(house, **others)
    due_at = MONDAY_9AM + due if due is not None else None
    Ticket.objects.filter(pk=ticket.pk).update(assignee=person, next_due_at=due_at)
    return fresh(ticket)


def loads(page: Any) -> dict[str, Load]:
    found = {str(row.person): row.load for row in page.context["team"].rows}
    return {name: load for name, load in found.items() if load.open}


def test_each_person_stands_with_what_they_hold(house: House, sign_in: Any) -> None:
    agent = house.agent
    for due in (-MINUTE, timedelta(), MINUTE, 14 * HOUR, 15 * HOUR - MINUTE, 15 * HOUR, None):
        held(house, agent, due)
    held(house, house.staff["agent2"], HOUR)
    ended = held(house, agent, -HOUR)
    Ticket.objects.filter(pk=ended.pk).update(state="rejected", closed_at=MONDAY_9AM)
    held(house, None, -HOUR)

    page = sign_in(english(house, "desk_supervisor")).get(LOAD)

    # the desk's day ends at midnight in Mexico City, fifteen hours later
    assert loads(page) == {"Agent": Load(7, 2, 3), "Agent2": Load(1, 0, 1)}
    assert page.context["team"].unassigned == Load(1, 1, 0)
    assert page.context["team"].most == 7


def test_the_page_says_who_is_there_and_who_covers_whom(house: House, sign_in: Any) -> None:
    shift = Shift.objects.create(
        name="Early", hours={"0": [["07:00", "15:00"]]}, time_zone="America/Mexico_City"
    )
    shift.people.set([house.agent])
    away = {"starts_at": MONDAY_9AM - DAY, "ends_at": MONDAY_9AM + DAY}
    Absence.objects.create(person=house.staff["agent2"], substitute=house.agent, **away)
    Absence.objects.create(person=house.staff["consultant"], **away)

    page = sign_in(english(house, "desk_supervisor")).get(LOAD)

    text = text_of(page.content.decode())
    assert "Agent Skills and limit: Agent 0 0 0 0 on duty until 15:00" in text
    assert (
        "Agent2 Skills and limit: Agent2 0 0 0 0 no fixed shift away until Tue 09:00 Agent covers"
    ) in text
    assert "Level two Skills and limit: Consultant 0 0 0 0 no fixed shift" in text
    assert "away until Tue 09:00 Nobody covers" in text


def test_one_group_is_shown_alone(house: House, sign_in: Any) -> None:
    client = sign_in(english(house, "desk_supervisor"))

    page = client.get(f"{LOAD}?group={house.level_two.pk}")
    nobody = Team.objects.create(name="Empty", level=3)
    empty = client.get(f"{LOAD}?group={nobody.pk}")
    unknown = client.get(f"{LOAD}?group=99999999999999999999")

    assert [str(row.person) for row in page.context["team"].rows] == ["Consultant"]
    assert [tab.label for tab in page.context["tabs"] if tab.is_current] == ["Level two"]
    assert "Nobody in this group attends tickets." in text_of(empty.content.decode())
    assert len(unknown.context["team"].rows) == 5


def test_the_address_opens_the_tickets_of_at_most_five_people(house: House, sign_in: Any) -> None:
    client = sign_in(house.staff["desk_supervisor"])
    agent = house.agent.pk
    second = house.staff["agent2"].pk

    few = client.get(f"{LOAD}?open={agent},0,x").context["opened"]
    many = client.get(f"{LOAD}?open=0,x,x,x,{agent},{second}").context["opened"]

    assert few == many == {0, agent}


def test_the_tickets_of_a_person_are_served_most_urgent_first(house: House, sign_in: Any) -> None:
    later = held(house, house.agent)
    sooner = held(house, house.agent)
    others = held(house, None)
    Ticket.objects.filter(pk=sooner.pk).update(queue_at=MONDAY_9AM)
    Ticket.objects.filter(pk=later.pk).update(queue_at=MONDAY_9AM + HOUR)
    client = sign_in(english(house, "desk_supervisor"))

    mine = client.get(f"{LOAD}{house.agent.pk}/")
    nobodys = client.get(f"{LOAD}nobody/")
    none = client.get(f"{LOAD}{house.staff['agent2'].pk}/")

    assert [row.ticket for row in mine.context["rows"]] == [sooner, later]
    assert [row.ticket for row in nobodys.context["rows"]] == [others]
    assert "No active ticket." in text_of(none.content.decode())
    assert client.get(f"{LOAD}{'9' * 30}/").status_code == 404


def test_a_ticket_is_moved_and_moved_back(house: House, sign_in: Any) -> None:
    ticket = held(house, house.agent)
    client = sign_in(english(house, "desk_supervisor"))
    target = f"{LOAD}?open={house.agent.pk}"

    moved = client.post(
        "/admin/queue/apply/",
        {
            "ticket": f"{ticket.pk}:{ticket.version}",
            "act": "assign",
            "assignee": house.staff["agent2"].pk,
            "next": target,
        },
        follow=True,
    )
    assert fresh(ticket).assignee == house.staff["agent2"]
    assert moved.redirect_chain == [(target, 302)]
    token = next(each.extra_tags for each in moved.context["messages"] if each.extra_tags)
    client.post("/admin/queue/undo/", {"token": token, "next": target})

    assert fresh(ticket).assignee == house.agent


def test_a_restricted_supervisor_sees_neither_others_nor_their_tickets(
    house: House, sign_in: Any
) -> None:
    Organization.objects.filter(pk=house.south.pk).update(name="Canary south")
    strangers = {"organization": house.south, "requester": house.outsider}
    hidden = held(house, house.agent, -HOUR, subject="Canary subject", **strangers)
    held(house, None, -HOUR, subject="Canary subject", **strangers)
    seen = held(house, house.staff["agent2"])
    north = Team.objects.create(name="North", level=1)
    north.organizations.add(house.north)
    north.members.set([house.staff["desk_supervisor"], house.staff["consultant"]])
    Team.objects.create(name="Canary group", level=2).members.add(house.agent)
    client = sign_in(house.staff["desk_supervisor"])

    page = client.get(LOAD)
    parts = [client.get(f"{LOAD}{part}/") for part in (house.agent.pk, "nobody")]

    assert [str(row.person) for row in page.context["team"].rows] == [
        "Agent2",
        "Consultant",
        "Desk Supervisor",
    ]
    assert loads(page) == {"Agent2": Load(1, 0, 0)}
    assert page.context["team"].unassigned == Load()
    for each in (page, *parts):
        assert "Canary" not in each.content.decode()
        assert hidden.number not in each.content.decode()
    assert seen.number in client.get(f"{LOAD}{house.staff['agent2'].pk}/").content.decode()


@pytest.mark.parametrize("name", ["agent", "consultant", "administrator", "service_delivery"])
def test_the_load_is_for_supervisors(house: House, sign_in: Any, name: str) -> None:
    client = sign_in(house.staff[name])

    for address in (LOAD, f"{LOAD}nobody/", f"{LOAD}{house.agent.pk}/"):
        assert client.get(address).status_code == 403


def test_the_statements_of_the_page_do_not_grow(house: House, sign_in: Any) -> None:
    held(house, house.agent)
    client = sign_in(house.staff["desk_supervisor"])
    few = statements(client, LOAD)
    for number in range(5):
        person = User.objects.create(
            email=f"more{number}@desk.example", full_name="More", staff_roles=["agent"]
        )
        held(house, person)
        Team.objects.create(name=f"Group {number}", level=1).members.add(person)

    assert statements(client, LOAD) == few <= 18
    assert statements(client, f"{LOAD}{house.agent.pk}/") <= 10


def test_of_nobody_nobody_holds_the_most() -> None:
    assert TeamLoad([], Load(), []).most == 0
