"""``POST tickets/{number}/customer/``, and its preview."""

from typing import Any

import pytest

from tests.support.house import MONDAY_9AM, House, fresh, make_ticket
from tickets.models import Ticket

pytestmark = pytest.mark.usefixtures("monday")


def body_of(house: House, **changes: Any) -> dict[str, Any]:
    return {
        "organization": "south",
        "requester": house.outsider.email,
        "reason": "Registered by mistake.",
    } | changes


def test_a_ticket_is_previewed_and_raised_for_another_customer(house: House, api: Any) -> None:
    ticket = make_ticket(house, at=MONDAY_9AM)
    client = api(house.agent)

    plan = client.post(f"tickets/{ticket.number}/customer/preview/", body_of(house))
    before = Ticket.objects.count()
    made = client.post(f"tickets/{ticket.number}/customer/", body_of(house))

    assert (plan.status_code, before) == (200, 1)
    assert (plan.json()["contract"], plan.json()["ending"]) == ("C-south", "reject")
    assert [clock["metric"] for clock in plan.json()["clocks"]] == ["reaction", "attention"]
    assert made.status_code == 201
    assert (made.json()["organization"], made.json()["requester"]) == (
        "south",
        house.outsider.email,
    )
    assert (made.json()["subject"], made.json()["kind"]) == (ticket.subject, ticket.kind)
    assert fresh(ticket).state == "rejected"


def test_the_same_key_raises_one(house: House, api: Any) -> None:
    ticket = make_ticket(house, at=MONDAY_9AM)
    path = f"tickets/{ticket.number}/customer/"
    client = api(house.agent)

    first = client.post(path, body_of(house), Idempotency_Key="one")
    again = client.post(path, body_of(house), Idempotency_Key="one")

    assert first.json()["number"] == again.json()["number"]
    assert Ticket.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"requester": "nobody@x.example"}, "requester"),
        ({"organization": "nowhere"}, "organization"),
        ({"organization": "north", "requester": "requester@north.example"}, "membership"),
        ({"reason": ""}, "reason"),
        ({"service": "nothing"}, "service"),
        ({"other": 1}, "other"),
    ],
)
def test_a_wrong_body_is_refused_by_field(
    house: House, api: Any, changes: dict[str, Any], field: str
) -> None:
    ticket = make_ticket(house, at=MONDAY_9AM)
    for path in ("customer/", "customer/preview/"):
        refused = api(house.agent).post(
            f"tickets/{ticket.number}/{path}", body_of(house, **changes)
        )
        assert refused.status_code in {400, 404}
        assert list(refused.json().get("fields") or [field]) == [field]
    assert Ticket.objects.count() == 1
    assert fresh(ticket).state == "new"


def test_a_ticket_that_changed_meanwhile_is_left(house: House, api: Any) -> None:
    ticket = make_ticket(house, at=MONDAY_9AM)

    stale = api(house.agent).post(
        f"tickets/{ticket.number}/customer/", body_of(house), If_Match='"99"'
    )

    assert (stale.status_code, Ticket.objects.count()) == (412, 1)
