"""Links, merges and followers over the API."""

from typing import Any

import pytest

from tests.support.house import House, fresh, make_ticket
from tickets.models import Merge, TicketLink, Watcher

pytestmark = pytest.mark.usefixtures("monday")


def test_links_are_added_listed_and_removed(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    other = make_ticket(house)
    client = api(house.agent)

    made = client.post(
        f"tickets/{ticket.number}/links/", {"kind": "part_of", "ticket": other.number}
    )

    link = TicketLink.objects.get()
    assert made.status_code == 201
    row = {"id": link.pk, "kind": "part_of", "is_source": True, "ticket": other.number}
    assert made.json() == [row]
    assert client.get(f"tickets/{other.number}/links/").json() == [
        {**row, "is_source": False, "ticket": ticket.number}
    ]
    assert client.delete(f"tickets/{other.number}/links/{link.pk}/").status_code == 204
    assert client.delete(f"tickets/{other.number}/links/{link.pk}/").status_code == 204
    assert client.get(f"tickets/{ticket.number}/links/").json() == []


def test_a_ticket_is_merged_and_the_merge_undone(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    survivor = make_ticket(house)
    client = api(house.agent)
    path = f"tickets/{ticket.number}/merge/"

    stale = client.post(path, {"into": survivor.number}, If_Match='"9"')
    assert stale.status_code == 412
    answers = [client.post(path, {"into": survivor.number}, Idempotency_Key="1") for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    assert answers[0].json()["merged_into"] == survivor.number
    assert answers[0].json()["state"] == "cancelled"
    assert Merge.objects.count() == 1
    listed = {each["number"]: each for each in client.get("tickets/").json()["results"]}
    assert listed[ticket.number]["merged_into"] == survivor.number
    again = client.post(path, {"into": survivor.number})
    assert (again.status_code, again.json()["code"]) == (400, "invalid")
    undone = client.post(f"tickets/{ticket.number}/unmerge/", {}).json()
    assert (undone["merged_into"], undone["state"]) == (None, "new")
    assert client.post(f"tickets/{ticket.number}/unmerge/", {}).status_code == 400


def test_followers_are_added_listed_and_removed(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    client = api(house.agent)
    approver = house.people["approver"]
    path = f"tickets/{ticket.number}/followers/"

    assert client.post(path, {}).status_code == 201
    assert client.post(path, {"person": approver.email}).status_code == 201
    assert client.post(path, {"person": house.outsider.email}).status_code == 400
    assert client.post(path, {"person": house.staff["agent2"].email}).status_code == 201
    listed = client.get(path).json()
    assert [(each["email"], each["is_staff"]) for each in listed] == [
        (house.agent.email, True),
        (house.staff["agent2"].email, True),
        (approver.email, False),
    ]
    assert client.delete(f"{path}{approver.pk}/").status_code == 204
    assert client.delete(f"{path}{approver.pk}/").status_code == 204
    assert Watcher.objects.count() == 2


def test_a_customer_reads_and_changes_none_of_it(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    other = make_ticket(house)
    client = api(house.requester)

    for method, rest, body in (
        ("get", "links/", None),
        ("post", "links/", {"kind": "related", "ticket": other.number}),
        ("delete", "links/1/", None),
        ("get", "followers/", None),
        ("post", "followers/", {}),
        ("delete", "followers/1/", None),
        ("post", "merge/", {"into": other.number}),
        ("post", "unmerge/", {}),
    ):
        arguments = [body] if body is not None else []
        answer = getattr(client, method)(f"tickets/{ticket.number}/{rest}", *arguments)
        assert answer.status_code == 403, (method, rest)
    assert fresh(ticket).merged_into is None


def test_a_ticket_of_another_customer_is_like_none(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    foreign = make_ticket(house, requester=house.outsider)
    house.level_two.organizations.add(house.north)
    house.level_two.members.add(house.agent)
    client = api(house.agent)

    for rest, body in (
        ("links/", {"kind": "related", "ticket": foreign.number}),
        ("merge/", {"into": foreign.number}),
    ):
        refused = client.post(f"tickets/{ticket.number}/{rest}", body)
        none = client.post(
            f"tickets/{ticket.number}/{rest}",
            {key: "TK-999999" if value == foreign.number else value for key, value in body.items()},
        )
        assert (refused.status_code, refused.json()) == (none.status_code, none.json())
        assert refused.status_code == 400
