"""Who has a ticket and why, another assignee, and the next ticket, over the API."""

from typing import Any

import pytest

from tests.support.assigning import automatic, profile, sweep
from tests.support.house import House, fresh, make_ticket
from tests.support.pages import english
from tickets.models import Ticket

pytestmark = pytest.mark.usefixtures("monday")


def url(ticket: Ticket) -> str:
    return f"tickets/{ticket.number}/assignment/"


def test_the_api_says_why_the_assignee_was_chosen(house: House, api: Any) -> None:
    automatic(house, "agent", "agent2", load_limit=4)
    profile(house, "agent2", "network")
    ticket = make_ticket(house)
    client = api(english(house))
    agent = {"name": "Agent", "email": house.agent.email}
    considered = [
        {**agent, "held": 0, "limit": 4, "bar": None},
        {
            "name": "Agent2",
            "email": house.staff["agent2"].email,
            "held": 0,
            "limit": 4,
            "bar": "service",
        },
    ]

    before = client.get(url(ticket)).json()
    sweep()
    after = client.get(url(ticket))

    assert before == {
        "assignee": None,
        "owner": None,
        "group": None,
        "choice": {
            "chosen_at": None,
            "person": agent,
            "why": "Nobody else could take it.",
            "considered": considered,
        },
    }
    assert after.json()["assignee"] == after.json()["owner"] == agent
    assert after.json()["choice"]["chosen_at"] == "2026-03-02T15:00:00Z"
    assert after.json()["choice"]["considered"] == considered
    assert after.headers["ETag"] == f'"{fresh(ticket).version}"'


def test_who_reads_the_ticket_alone_sees_no_loads(house: House, api: Any) -> None:
    automatic(house, "agent", "agent2")
    ticket = make_ticket(house)
    sweep()

    for name in ("bpo", "audit_area", "consultant"):
        answer = api(house.staff[name]).get(url(ticket)).json()
        assert answer["assignee"]["email"] == house.agent.email
        assert answer["choice"] is None
    assert api(house.agent).get(url(ticket)).json()["choice"] is not None


def test_a_ticket_that_a_person_gave_out_has_no_choice(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    client = api(house.agent)

    given = client.post(url(ticket), {"assignee": house.staff["agent2"].email})

    assert given.status_code == 200, given.json()
    assert given.json()["assignee"]["email"] == house.staff["agent2"].email
    assert given.json()["choice"] is None
    assert fresh(ticket).assignee == house.staff["agent2"]
    assert client.post(url(ticket), {"assignee": None}).json()["assignee"] is None


def test_a_wrong_assignee_is_refused_with_the_reason(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    client = api(english(house))

    for address, words in (
        (house.requester.email, "Nobody of the staff"),
        ("nobody@desk.example", "Nobody of the staff"),
        (house.staff["bpo"].email, "Choose an agent"),
        ("no address", "valid email"),
    ):
        refused = client.post(url(ticket), {"assignee": address})
        assert refused.status_code == 400
        assert words in str(refused.json()["fields"]["assignee"])

    assert client.post(url(ticket), {}).status_code == 400
    assert fresh(ticket).assignee is None


def test_a_stale_assignment_is_refused(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    client = api(house.agent)
    body = {"assignee": house.agent.email}

    assert client.post(url(ticket), body, **{"If-Match": '"7"'}).status_code == 412
    assert client.post(url(ticket), body, **{"If-Match": '"1"'}).status_code == 200


def test_the_next_ticket_comes_and_is_skipped(house: House, api: Any) -> None:
    first = make_ticket(house)
    second = make_ticket(house)
    client = api(house.agent)

    one = client.post("tickets/next/", {})
    other = client.post("tickets/next/", {"skip": [first.number]})
    none = client.post("tickets/next/", {"skip": [first.number, second.number]})

    assert (one.status_code, one.json()["number"]) == (200, first.number)
    assert other.json()["number"] == second.number
    assert none.status_code == 204
    assert {fresh(each).assignee for each in (first, second)} == {house.agent}


def test_the_same_key_gives_the_same_ticket(house: House, api: Any) -> None:
    make_ticket(house)
    second = make_ticket(house)
    client = api(house.agent)

    answers = [
        client.post("tickets/next/", {}, **{"Idempotency-Key": "k-1"}).json()["number"]
        for _ in range(2)
    ]

    assert len(set(answers)) == 1
    assert fresh(second).assignee is None


def test_customers_and_who_attends_no_tickets_are_refused(house: House, api: Any) -> None:
    ticket = make_ticket(house)

    for person in (house.requester, house.outsider):
        assert api(person).get(url(ticket)).status_code in {403, 404}
        assert api(person).post("tickets/next/", {}).status_code == 403
    assert api(house.staff["bpo"]).post("tickets/next/", {}).status_code == 403
    assert api(house.agent).post("tickets/next/", {"skip": ["TK-999999"]}).status_code == 400
