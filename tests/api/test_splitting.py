"""Splitting a ticket over the API."""

from typing import Any

import pytest

from tests.support.house import MINUTE, MONDAY_9AM, House, by, make_ticket
from tickets import services
from tickets.models import Ticket

pytestmark = pytest.mark.usefixtures("monday")


def test_the_api_splits_a_ticket(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    message = services.reply_as_customer(
        ticket=ticket, body="And the printer fails.", by=by(house.requester), at=MONDAY_9AM
    )
    client = api(house.agent)
    url = f"tickets/{ticket.number}/split/"

    made = client.post(url, {"message": message.pk, "subject": "The printer fails"})
    whole = client.post(url, {"impact": "extensive", "urgency": "critical"})

    assert made.status_code == 201
    assert made.json()["subject"] == "The printer fails"
    assert made.json()["description"] == "And the printer fails."
    assert made.headers["ETag"]
    assert whole.json()["description"] == ticket.description
    assert whole.json()["impact"] == "extensive"
    links = client.get(f"tickets/{ticket.number}/links/").json()
    assert [each["kind"] for each in links] == ["split", "split"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"message": 99_999},
        {"message": 0},
        {"subject": "ab"},
        {"requester": "requester@south.example"},
        {"requester": "nobody@north.example"},
        {"impact": "huge"},
        {"colour": "red"},
    ],
)
def test_the_api_refuses_a_wrong_part(house: House, api: Any, wrong: dict[str, Any]) -> None:
    url = f"tickets/{make_ticket(house).number}/split/"

    assert api(house.agent).post(url, wrong).status_code == 400
    assert Ticket.objects.count() == 1


def test_a_note_is_no_message_to_split_over_the_api(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    note = services.add_note(
        ticket=ticket, body="A note.", by=by(house.agent), at=MONDAY_9AM + MINUTE
    )
    url = f"tickets/{ticket.number}/split/"

    assert api(house.agent).post(url, {"message": note.pk}).status_code == 400
    assert api(house.requester).post(url, {}).status_code == 403
    by_hand = {"kind": "split", "ticket": make_ticket(house).number}
    assert api(house.agent).post(f"tickets/{ticket.number}/links/", by_hand).status_code == 400
