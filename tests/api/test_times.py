"""The time worked over the API."""

from typing import Any

import pytest

from catalog.models import Contract
from tests.support.house import House, make_ticket
from tests.support.tickets import started
from tickets.models import TimeEntry

pytestmark = pytest.mark.usefixtures("monday")


def test_time_is_entered_listed_and_removed(house: House, api: Any) -> None:
    Contract.objects.filter(pk=house.contract.pk).update(time_step=30)
    ticket = make_ticket(house)
    client = api(house.agent)
    url = f"tickets/{ticket.number}/times/"

    made = client.post(url, {"minutes": 31, "activity": "phone", "note": "Bank"})

    assert made.status_code == 201
    row = {
        "id": TimeEntry.objects.get().pk,
        "person": house.agent.email,
        "minutes": 31,
        "counted_minutes": 60,
        "activity": "phone",
        "worked_on": "2026-03-02",
        "note": "Bank",
    }
    assert made.json() == [row]
    assert client.get(url).json() == [row]
    assert client.delete(f"{url}{row['id']}/").status_code == 204
    assert client.delete(f"{url}{row['id']}/").status_code == 204
    assert client.get(url).json() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"minutes": 0},
        {"minutes": 1441},
        {"minutes": 5, "activity": "sleep"},
        {"minutes": 5, "worked_on": "2026-03-03"},
        {"minutes": 5, "note": "x" * 301},
    ],
)
def test_a_wrong_time_is_refused(house: House, api: Any, wrong: dict[str, Any]) -> None:
    url = f"tickets/{make_ticket(house).number}/times/"

    assert api(house.agent).post(url, wrong).status_code == 400
    assert not TimeEntry.objects.exists()


def test_replies_and_steps_bring_the_time_that_a_contract_asks_for(house: House, api: Any) -> None:
    Contract.objects.filter(pk=house.contract.pk).update(time_asked="with_reply")
    ticket = started(house)
    client = api(house.agent)
    spent = {"minutes": 12}
    steps = f"tickets/{ticket.number}/transitions/"
    solve = {"transition": "solve", "solution_type": "definitive", "message": "Done."}
    soon = "2026-03-03T15:00:00Z"

    for path, body in (
        (f"tickets/{ticket.number}/replies/", {"body": "Hi."}),
        (
            f"tickets/{ticket.number}/replies/",
            {"body": "Soon.", "kind": "statement", "estimated_at": soon},
        ),
        (steps, solve),
    ):
        refused = client.post(path, body)
        assert refused.status_code == 400
        assert "minutes" in str(refused.json())
        assert client.post(path, {**body, "spent": spent}).status_code in {200, 201}
    note = {"body": "A note.", "kind": "note", "spent": {"minutes": 3, "activity": "travel"}}
    client.post(f"tickets/{ticket.number}/replies/", note)

    found = TimeEntry.objects.order_by("pk").values_list("minutes", "activity")
    assert list(found) == [(12, "analysis")] * 3 + [(3, "travel")]


def test_a_customer_neither_reads_nor_enters_time(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    client = api(house.requester)

    assert client.get(f"tickets/{ticket.number}/times/").status_code == 403
    assert client.post(f"tickets/{ticket.number}/times/", {"minutes": 5}).status_code == 403
    reply = {"body": "Hi.", "spent": {"minutes": 5}}
    assert client.post(f"tickets/{ticket.number}/replies/", reply).status_code == 400
    assert not TimeEntry.objects.exists()
