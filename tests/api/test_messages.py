"""Messages, steps and lists over the API: kinds of messages, support groups, bounds of filters."""

from typing import Any

import pytest

from foundation.accounts.models import Membership, Team
from tests.support.house import HOUR, MONDAY_9AM, House, fresh, make_ticket
from tests.support.tickets import solved, step
from tickets.models import Message, Ticket

NEW = {
    "subject": "The link is down",
    "description": "Called at nine.",
    "service": "network",
    "impact": "extensive",
    "urgency": "high",
}


pytestmark = pytest.mark.usefixtures("monday")


def test_staff_write_each_kind_of_message_and_only_notes_are_internal(
    house: House, api: Any
) -> None:
    ticket = make_ticket(house)
    agent = api(house.agent)
    path = f"tickets/{ticket.number}/replies/"
    until = "2026-03-02T20:00:00Z"

    answers = [
        agent.post(path, {"body": "Inside.", "kind": "note"}).json(),
        agent.post(path, {"body": "Plan.", "kind": "statement", "estimated_at": until}).json(),
        agent.post(path, {"body": "Hello."}).json(),
    ]

    assert [
        (each["kind"], each["body"], each["author"], each["is_from_staff"], each["estimated_at"])
        for each in answers
    ] == [
        ("note", "Inside.", "Agent", True, None),
        ("statement", "Plan.", "Agent", True, until),
        ("reply", "Hello.", "Agent", True, None),
    ]
    assert [each.kind for each in Message.objects.order_by("pk")] == ["note", "statement", "reply"]


def test_the_reply_to_a_solved_ticket_says_whether_it_still_fails(house: House, api: Any) -> None:
    ticket = solved(house, MONDAY_9AM)
    customer = api(house.requester)
    path = f"tickets/{ticket.number}/replies/"

    silent = customer.post(path, {"body": "Thanks."})
    asked = api(house.agent).post(path, {"body": "Well?", "still_fails": True})
    comment = customer.post(path, {"body": "Thanks.", "still_fails": False})
    state_after_comment = fresh(ticket).state
    declined = customer.post(path, {"body": "It fails again.", "still_fails": True})
    later = customer.post(path, {"body": "Since ten.", "still_fails": True})

    for refused in (silent, asked, later):
        assert (refused.status_code, list(refused.json()["fields"])) == (400, ["still_fails"])
    assert (comment.status_code, comment.json()["body"]) == (201, "Thanks.")
    assert state_after_comment == "solved"
    assert (declined.status_code, declined.json()["body"]) == (201, "It fails again.")
    assert fresh(ticket).state == "in_progress"
    written = Message.objects.filter(is_from_staff=False).order_by("pk")
    assert [each.body for each in written] == ["Thanks.", "It fails again."]


def test_a_statement_without_its_time_is_refused(house: House, api: Any) -> None:
    ticket = make_ticket(house)

    refused = api(house.agent).post(
        f"tickets/{ticket.number}/replies/", {"body": "Plan.", "kind": "statement"}
    )

    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["estimated_at"])
    assert not Message.objects.exists()


def test_the_response_to_a_reply_has_the_whole_message(house: House, api: Any) -> None:
    ticket = make_ticket(house)

    answer = api(house.requester).post(f"tickets/{ticket.number}/replies/", {"body": "Hello?"})

    message = Message.objects.get()
    assert (answer.status_code, answer.json()) == (
        201,
        {
            "id": message.pk,
            "kind": "reply",
            "author": "Requester North",
            "is_from_staff": False,
            "body": "Hello?",
            "sensitive": [],
            "channel": "api",
            "created_at": "2026-03-02T15:00:00Z",
            "estimated_at": None,
            "cc": [],
            "requester_has_access": True,
        },
    )


@pytest.mark.parametrize(
    ("tail", "body", "field"),
    [
        ("replies/", {"body": ""}, "body"),
        ("follow-ups/", {"body": ""}, "body"),
        ("escalations/", {"reason": ""}, "reason"),
        ("transitions/", {}, "transition"),
        ("transitions/", {"transition": "start", "solution_type": "magic"}, "solution_type"),
    ],
)
def test_a_body_without_a_required_field_is_refused(
    house: House, api: Any, tail: str, body: dict[str, str], field: str
) -> None:
    ticket = make_ticket(house)

    refused = api(house.requester).post(f"tickets/{ticket.number}/{tail}", body)

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")
    assert list(refused.json()["fields"]) == [field]
    assert fresh(ticket).state == "new"


def test_a_step_to_a_group_takes_the_group_by_its_name(house: House, api: Any) -> None:
    Team.objects.create(name="Level three", level=3)
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    agent = api(house.agent)
    path = f"tickets/{ticket.number}/transitions/"
    body = {"transition": "assign", "reason": "Beyond us.", "tried": "A restart."}

    unknown = agent.post(path, {**body, "team": "Level nine"})
    done = agent.post(path, {**body, "team": "Level two"})

    assert (unknown.status_code, list(unknown.json()["fields"])) == (400, ["team"])
    assert done.status_code == 200, done.json()
    assert fresh(ticket).team == house.level_two


def test_a_person_of_two_customers_names_one(house: House, api: Any) -> None:
    Membership.objects.create(organization=house.south, user=house.requester, roles=["requester"])
    client = api(house.requester)

    unsaid = client.post("tickets/", NEW)
    said = client.post("tickets/", {**NEW, "organization": "south"})

    assert (unsaid.status_code, unsaid.json()["fields"], unsaid.json()["detail"]) == (
        400,
        {"organization": "Not one of yours."},
        "Name one of your organizations: north, south.",
    )
    assert said.status_code == 201
    assert (said.json()["organization"], said.json()["kind"], said.json()["environment"]) == (
        "south",
        "incident",
        "production",
    )


@pytest.mark.parametrize(("etag", "status"), [(f'"{"9" * 19}"', 412), (f'"{"9" * 20}"', 400)])
def test_an_etag_has_up_to_nineteen_digits(house: House, api: Any, etag: str, status: int) -> None:
    ticket = make_ticket(house)

    refused = api(house.agent).post(
        f"tickets/{ticket.number}/transitions/", {"transition": "start"}, If_Match=etag
    )

    assert refused.status_code == status
    assert fresh(ticket).state == "new"


def test_the_list_is_filtered_by_priority_customer_state_and_arrival(
    house: House, api: Any
) -> None:
    first = make_ticket(house)
    later = make_ticket(
        house, organization=house.south, requester=house.outsider, at=MONDAY_9AM + HOUR
    )
    Ticket.objects.filter(pk=later.pk).update(priority=4, state="in_progress")
    agent = api(house.agent)

    def found(query: str) -> list[str]:
        return [row["number"] for row in agent.get(f"tickets/?{query}").json()["results"]]

    for query in (
        "priority=high",
        "organization=north",
        "state=new",
        "received_before=2026-03-02T16:00:00Z",
    ):
        assert found(query) == [first.number], query
    for query in (
        "priority=low",
        "organization=south",
        "state=in_progress",
        "received_after=2026-03-02T16:00:00Z",
        f"q={later.number}",
    ):
        assert found(query) == [later.number], query
    assert found("") == [later.number, first.number]


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("1969-12-31T12:00:00Z", 400),
        ("1970-01-01T12:00:00Z", 200),
        ("2200-12-31T12:00:00Z", 200),
        ("2201-01-01T12:00:00Z", 400),
    ],
)
def test_a_filter_by_arrival_takes_years_of_our_time(
    house: House, api: Any, moment: str, status: int
) -> None:
    client = api(house.agent)

    assert client.get(f"tickets/?received_after={moment}").status_code == status
    assert client.get(f"tickets/?received_before={moment}").status_code == status
