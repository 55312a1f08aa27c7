"""What an API call may not leave open or say of others: zones of times, days, the requester."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.house import MONDAY_9AM, House, make_ticket
from tests.support.tickets import started
from tickets.models import StateInterval, Ticket

pytestmark = pytest.mark.usefixtures("monday")


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("2026-03-02T18:00:00", 400),
        ("2026-03-02 18:00", 400),
        ("2026-03-02T18:00:00Z", 201),
        ("2026-03-02T12:00:00-06:00", 201),
    ],
)
def test_a_time_without_its_zone_is_refused(
    house: House, api: Any, moment: str, status: int
) -> None:
    ticket = started(house)
    statement = {"kind": "statement", "body": "By noon.", "estimated_at": moment}

    answer = api(house.agent).post(f"tickets/{ticket.number}/replies/", statement)

    assert answer.status_code == status
    if status == 400:
        assert "zona horaria" in answer.json()["fields"]["estimated_at"]
    else:
        assert answer.json()["estimated_at"] == "2026-03-02T18:00:00Z"


def test_filters_by_time_need_the_zone_too(house: House, api: Any) -> None:
    make_ticket(house)
    agent = api(house.agent)

    naive = agent.get("tickets/?received_after=2026-03-02T00:00:00")
    aware = agent.get("tickets/?received_after=2026-03-02T00:00:00Z")

    assert (naive.status_code, list(naive.json()["fields"])) == (400, ["received_after"])
    assert (aware.status_code, len(aware.json()["results"])) == (200, 1)


@pytest.mark.parametrize(
    ("days", "status"), [(-1, 400), (0, 200), (730, 200), (731, 400), (2_000_000, 400)]
)
def test_a_suppliers_promise_lies_from_today_on(
    house: House, api: Any, days: int, status: int
) -> None:
    ticket = started(house)
    day = (MONDAY_9AM.date() + timedelta(days=days)).isoformat()
    waits = {
        "transition": "pend_supplier",
        "supplier": "Link",
        "supplier_case": "7",
        "promised_on": day,
    }

    answer = api(house.agent).post(f"tickets/{ticket.number}/transitions/", waits)

    assert answer.status_code == status
    if status == 400:
        assert list(answer.json()["fields"]) == ["promised_on"]
        assert not StateInterval.objects.exclude(promised_on=None).exists()


def test_a_customer_raises_no_ticket_for_somebody_else(house: House, api: Any) -> None:
    new = {
        "subject": "For another",
        "description": "x",
        "service": "erp",
        "impact": "minor",
        "urgency": "low",
    }
    requester = api(house.requester)
    other = house.people["coordinator"].email

    refused = requester.post("tickets/", {**new, "requester": other})

    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["requester"])
    assert not Ticket.objects.exists()
    own = requester.post("tickets/", {**new, "requester": house.requester.email})
    assert (own.status_code, own.json()["requester"]) == (201, house.requester.email)


def test_a_replay_has_the_etag_of_the_answer_and_a_long_key_its_own_error(
    house: House, api: Any
) -> None:
    ticket = make_ticket(house)
    agent = api(house.agent)
    path = f"tickets/{ticket.number}/transitions/"

    first = agent.post(path, {"transition": "start"}, Idempotency_Key="a")
    again = agent.post(path, {"transition": "start"}, Idempotency_Key="a")
    long = agent.post(path, {"transition": "start"}, Idempotency_Key="a" * 101)

    assert (again["Idempotent-Replay"], again["ETag"]) == ("true", first["ETag"])
    assert (long.status_code, long.json()["code"]) == (400, "idempotency_key_too_long")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"a"', "No es JSON: revise la línea 1, carácter 5."),
        (b'{"a": 1,\n "b" 2}', "No es JSON: revise la línea 2, carácter 6."),
        (b'{"a": NaN}', "No es JSON en UTF-8; NaN e Infinity tampoco lo son."),
        (b'{"a": "\xff"}', "No es JSON en UTF-8; NaN e Infinity tampoco lo son."),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(
    house: House, api: Any, body: bytes, words: str
) -> None:
    ticket = make_ticket(house)
    agent = api(house.agent)

    answer = agent.client.post(
        f"/api/v1/tickets/{ticket.number}/replies/",
        body,
        content_type="application/json",
        headers=agent.headers,
    )

    assert (answer.status_code, answer.json()["detail"]) == (400, words)


def test_digits_of_other_scripts_are_no_instant(house: House, api: Any) -> None:
    ticket = started(house)
    statement = {"kind": "statement", "body": "By noon.", "estimated_at": "٢٠٢٦-03-02T18:00:00Z"}
    agent = api(house.agent)

    sent = agent.post(f"tickets/{ticket.number}/replies/", statement)
    asked = agent.get("tickets/?received_after=٢٠٢٦-01-01T00:00:00Z")

    assert (sent.status_code, list(sent.json()["fields"])) == (400, ["estimated_at"])
    assert (asked.status_code, list(asked.json()["fields"])) == (400, ["received_after"])
