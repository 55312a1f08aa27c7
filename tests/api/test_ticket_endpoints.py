"""API endpoints outside the main job: follow-ups, tickets raised by staff, ETags."""

from typing import Any

import pytest

from foundation.accounts.models import Membership
from tests.support.house import MONDAY_9AM, House, fresh, make_ticket
from tests.support.tickets import solved, step
from tickets.models import Ticket

NEW = {
    "subject": "The link is down",
    "description": "Called at nine.",
    "kind": "incident",
    "service": "network",
    "impact": "extensive",
    "urgency": "high",
}


pytestmark = pytest.mark.usefixtures("monday")


def rejected(house: House) -> Ticket:
    ticket = make_ticket(house)
    step(house, ticket, "reject", MONDAY_9AM, reason="A duplicate.")
    return ticket


def test_a_follow_up_continues_the_ended_ticket_and_is_raised_once(house: House, api: Any) -> None:
    rejected(house)
    second = rejected(house)
    client = api(house.requester)
    path = f"tickets/{second.number}/follow-ups/"

    answers = [client.post(path, {"body": "Again."}, Idempotency_Key="1") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    follower = Ticket.objects.get(continues__isnull=False)
    assert (follower.continues, follower.number) == (fresh(second), answers[0].json()["number"])
    assert (follower.description, follower.channel) == ("Again.", "api")


def test_an_open_ticket_takes_no_follow_up(house: House, api: Any) -> None:
    ticket = make_ticket(house)

    refused = api(house.requester).post(f"tickets/{ticket.number}/follow-ups/", {"body": "Again."})

    assert (refused.status_code, refused.json()["code"]) == (403, "may_not_do")
    assert Ticket.objects.count() == 1


def test_another_customers_ticket_cannot_be_followed_up(house: House, api: Any) -> None:
    ticket = rejected(house)

    refused = api(house.outsider).post(f"tickets/{ticket.number}/follow-ups/", {"body": "Mine."})

    assert refused.status_code == 404
    assert Ticket.objects.count() == 1


def test_staff_raise_a_ticket_for_a_named_requester(house: House, api: Any) -> None:
    answer = api(house.agent).post(
        "tickets/", {**NEW, "organization": "south", "requester": house.outsider.email}
    )

    ticket = Ticket.objects.get()
    assert (answer.status_code, answer.json()["number"]) == (201, ticket.number)
    assert (ticket.organization, ticket.requester, ticket.channel) == (
        house.south,
        house.outsider,
        "api",
    )
    assert (ticket.service.slug, ticket.impact, ticket.urgency) == ("network", "extensive", "high")


@pytest.mark.parametrize(
    "named",
    [
        {},
        {"organization": "south"},
        {"requester": "requester@south.example"},
        # a valid user, but of the other customer
        {"organization": "north", "requester": "requester@south.example"},
        {"organization": "south", "requester": "nobody@south.example"},
    ],
)
def test_staff_who_name_a_person_of_another_customer_are_refused(
    house: House, api: Any, named: dict[str, str]
) -> None:
    refused = api(house.agent).post("tickets/", {**NEW, **named})

    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["requester"])
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("etag", ['"x"', '"1.5"', '"9999999999"'])
def test_an_etag_that_is_no_version_is_refused_and_changes_nothing(
    house: House, api: Any, etag: str
) -> None:
    ticket = make_ticket(house)

    refused = api(house.agent).post(
        f"tickets/{ticket.number}/transitions/", {"transition": "start"}, If_Match=etag
    )

    assert 400 <= refused.status_code < 500
    assert fresh(ticket).state == "new"


def test_an_empty_etag_is_no_precondition(house: House, api: Any) -> None:
    ticket = make_ticket(house)

    done = api(house.agent).post(
        f"tickets/{ticket.number}/transitions/", {"transition": "start"}, If_Match="W/"
    )

    assert (done.status_code, fresh(ticket).state) == (200, "in_progress")


def test_a_stored_response_is_refused_when_the_ticket_is_no_longer_visible(
    house: House, api: Any
) -> None:
    ticket = make_ticket(house)
    client = api(house.requester)
    ask = (f"tickets/{ticket.number}/replies/", {"body": "One more thing."})
    assert client.post(*ask, Idempotency_Key="1").status_code == 201
    assert client.post(*ask, Idempotency_Key="1")["Idempotent-Replay"] == "true"

    Membership.objects.filter(user=house.requester).update(is_suspended=True)

    assert client.post(*ask, Idempotency_Key="1").status_code == 404


def test_a_stale_if_match_is_412_also_where_the_step_is_no_longer_possible(
    house: House, api: Any
) -> None:
    ticket = make_ticket(house)
    agent = api(house.agent)
    path = f"tickets/{ticket.number}/"
    seen = agent.get(path)["ETag"]
    step(house, ticket, "reject", MONDAY_9AM, reason="A duplicate.")
    classification = {"impact": "minor", "urgency": "low", "reason": "As asked."}

    answers = [
        agent.post(f"{path}transitions/", {"transition": "start"}, If_Match=seen),
        agent.post(f"{path}classification/", classification, If_Match=seen),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (412, "stale")
    ] * 2
    assert [len(answer.json()["changes"]) for answer in answers] == [1, 1]
    now = agent.get(path)["ETag"]
    late = agent.post(f"{path}transitions/", {"transition": "start"}, If_Match=now)
    assert (late.status_code, late.json()["code"]) == (409, "transition_not_allowed")


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("transitions", {"transition": "fly"}),
        ("transitions", {"transition": "escalate_to_team", "team": "Nobody"}),
        ("transitions", {}),
        ("classification", {"service": "nowhere"}),
        ("classification", {"impact": "huge"}),
        ("contract", {"contract": "C-none"}),
        ("contract", {"contract": [7]}),
    ],
)
def test_a_stale_if_match_is_412_whatever_the_body_says(
    house: House, api: Any, act: str, body: dict[str, Any]
) -> None:
    ticket = make_ticket(house)
    supervisor = api(house.staff["desk_supervisor"])
    path = f"tickets/{ticket.number}/"
    seen = supervisor.get(path)["ETag"]
    step(house, ticket, "reject", MONDAY_9AM, reason="A duplicate.")

    stale = supervisor.post(f"{path}{act}/", body, If_Match=seen)
    fresh = supervisor.post(f"{path}{act}/", body, If_Match=supervisor.get(path)["ETag"])

    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    assert fresh.status_code in {400, 404, 409}


def test_who_may_not_choose_a_contract_is_told_so_whatever_the_version(
    house: House, api: Any
) -> None:
    """A refusal that does not depend on the body comes first (RFC 9110, 13.2.1)."""
    ticket = make_ticket(house)

    answer = api(house.agent).post(f"tickets/{ticket.number}/contract/", {}, If_Match='"99"')

    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def test_the_desk_accepts_on_the_customers_behalf_with_who_and_the_channel(
    house: House, api: Any
) -> None:
    ticket = solved(house, MONDAY_9AM)
    agent = api(house.agent)
    path = f"tickets/{ticket.number}/transitions/"

    bare = agent.post(path, {"transition": "approve"})
    stranger = {"accepted_by": house.outsider.email, "accepted_channel": "phone"}
    unknown = agent.post(path, {"transition": "approve", **stranger})
    said = {"accepted_by": house.requester.email.upper(), "accepted_channel": "phone"}
    done = agent.post(path, {"transition": "approve", **said})

    assert (bare.status_code, set(bare.json()["fields"])) == (
        400,
        {"accepted_by", "accepted_channel"},
    )
    assert (unknown.status_code, set(unknown.json()["fields"])) == (400, {"accepted_by"})
    assert (done.status_code, done.json()["closure_code"]) == (200, "approved")


def test_a_customer_names_themselves_in_any_case(house: House, api: Any) -> None:
    sent = {
        "subject": "The invoice fails",
        "description": "Since today.",
        "service": "erp",
        "impact": "minor",
        "urgency": "low",
    }
    customer = api(house.requester)

    own = customer.post("tickets/", {**sent, "requester": house.requester.email.upper()})
    other = customer.post("tickets/", {**sent, "requester": house.agent.email})

    assert (own.status_code, other.status_code) == (201, 400)
    assert list(other.json()["fields"]) == ["requester"]


def test_the_staff_registers_a_call_with_its_beginning(house: House, api: Any) -> None:
    call = {
        "organization": "north",
        "requester": house.requester.email,
        "subject": "The invoice fails",
        "description": "Since today.",
        "service": "erp",
        "impact": "minor",
        "urgency": "low",
        "channel": "phone",
        "received_at": "2026-03-02T14:50:00Z",
        "contacted_at": "2026-03-02T14:45:00Z",
        "number_given": True,
    }
    agent = api(house.agent)

    made = agent.post("tickets/", call)
    bare = agent.post("tickets/", {**call, "channel": "portal"})
    without = agent.post("tickets/", {name: call[name] for name in call if name != "channel"})
    late = agent.post("tickets/", {**call, "contacted_at": "2026-03-02T14:51:00Z"})
    own = {name: call[name] for name in call if name != "organization"}
    by_customer = api(house.requester).post("tickets/", own)

    body = made.json()
    assert (made.status_code, body["channel"], body["state"]) == (201, "phone", "open")
    assert (body["received_at"], body["contacted_at"]) == (
        "2026-03-02T14:50:00Z",
        "2026-03-02T14:45:00Z",
    )
    assert body["clocks"][0]["is_met"] is True
    assert (bare.status_code, list(bare.json()["fields"])) == (400, ["channel"])
    assert (without.status_code, list(without.json()["fields"])) == (400, ["channel"])
    assert (late.status_code, list(late.json()["fields"])) == (400, ["contacted_at"])
    mail = {**call, "channel": "email", "number_given": False}
    arrived = agent.post("tickets/", mail)
    unknown = agent.post("tickets/", {k: v for k, v in mail.items() if k != "received_at"})
    assert (arrived.status_code, arrived.json()["received_at"]) == (201, "2026-03-02T14:50:00Z")
    assert (unknown.status_code, list(unknown.json()["fields"])) == (400, ["received_at"])
    assert by_customer.status_code == 400
    assert set(by_customer.json()["fields"]) == {
        "channel",
        "received_at",
        "contacted_at",
        "number_given",
    }


def test_a_clock_has_its_target_in_minutes_or_in_days(house: House, api: Any) -> None:
    ticket = solved(house, MONDAY_9AM)

    clocks = api(house.requester).get(f"tickets/{ticket.number}/").json()["clocks"]

    targets = {each["metric"]: (each["target_minutes"], each["target_days"]) for each in clocks}
    assert targets == {"reaction": (60, None), "attention": (600, None), "validation": (None, 3)}
