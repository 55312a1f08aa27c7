"""Views of the queue over the API."""

from typing import Any

import pytest

from foundation.core.classification import Impact, Urgency
from tests.support.house import MINUTE, MONDAY_9AM, House, by, make_ticket
from tickets import services
from tickets.models import SavedView

pytestmark = pytest.mark.usefixtures("monday")


def numbers(answer: Any) -> list[str]:
    return [each["number"] for each in answer.json()["results"]]


def test_a_view_is_saved_read_listed_and_deleted(house: House, api: Any) -> None:
    client = api(house.staff["desk_supervisor"])
    given = {
        "name": "Critical of the north",
        "audience": "group",
        "group": "Level two",
        "query": {"view": "unassigned", "priority": "2", "organization": "north", "sort": "number"},
    }

    made = client.post("views/", given)

    assert made.status_code == 201
    data = made.json()
    assert data == given | {"id": data["id"], "owner": "desk_supervisor@desk.example"}
    assert client.get(f"views/{data['id']}/").json() == data
    assert api(house.staff["consultant"]).get("views/").json() == [data]
    agent = api(house.agent)
    assert agent.get("views/").json() == []
    assert agent.get(f"views/{data['id']}/").status_code == 404
    assert agent.get(f"views/{data['id']}/tickets/").status_code == 404
    assert agent.delete(f"views/{data['id']}/").status_code == 404
    assert client.delete(f"views/{data['id']}/").status_code == 204
    assert not SavedView.objects.exists()


def test_the_tickets_of_a_view_come_in_its_order(house: House, api: Any) -> None:
    first = make_ticket(house, impact=Impact.EXTENSIVE, urgency=Urgency.CRITICAL)
    second = make_ticket(house, at=MONDAY_9AM + MINUTE, urgency=Urgency.LOW)
    other = make_ticket(house, at=MONDAY_9AM + 2 * MINUTE, requester=house.outsider)
    services.assign_ticket(
        ticket=second, assignee=house.agent, by=by(house.agent), at=MONDAY_9AM + 3 * MINUTE
    )
    client = api(house.agent)
    view = client.post(
        "views/", {"name": "Mine", "query": {"organization": "north", "sort": "-number"}}
    ).json()

    assert numbers(client.get(f"views/{view['id']}/tickets/")) == [second.number, first.number]
    assert numbers(client.get("views/mine/tickets/")) == [second.number]
    assert numbers(client.get("views/unassigned/tickets/")) == [first.number, other.number]
    listed = client.get("tickets/").json()["results"]
    (one,) = client.get("views/mine/tickets/").json()["results"]
    assert one in listed
    assert client.get("views/nothing/tickets/").status_code == 404


def test_a_long_view_has_pages(house: House, api: Any) -> None:
    made = [make_ticket(house, at=MONDAY_9AM + n * MINUTE).number for n in range(53)]
    client = api(house.agent)

    first = client.get("views/all/tickets/")
    following = first.json()["next"].partition("/api/v1/")[2]
    second = client.get(following)
    back = client.get(second.json()["previous"].partition("/api/v1/")[2])

    assert numbers(first) == made[:50]
    assert numbers(second) == made[50:]
    assert (first.json()["previous"], second.json()["next"]) == (None, None)
    assert numbers(back) == made[:50]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"name": ""}, "name", "blank"),
        ({"query": {"view": "eaten"}}, "query", "view: Use one of mine"),
        ({"query": {"sort": "colour"}}, "query", "sort: Use one of clock"),
        ({"query": {"colour": "red"}}, "query", "colour: Unknown. Known: view"),
        ({"query": {"priority": "9"}}, "query", "priority: There is nothing like that."),
        ({"query": {"organization": "west"}}, "query", "organization: There is nothing"),
        ({"query": {"q": "before:never"}}, "query", "q: "),
        ({"audience": "group", "group": "Nobody"}, "group", "no such support group"),
        ({"audience": "group"}, "group", "Choose the group"),
    ],
)
def test_what_is_wrong_is_said(
    house: House, api: Any, changes: dict[str, Any], field: str, words: str
) -> None:
    given: dict[str, Any] = {"name": "V", "query": {"view": "all"}, **changes}

    answer = api(house.staff["desk_supervisor"]).post("views/", given, Accept_Language="en")

    assert answer.status_code == 400
    assert words in answer.json()["fields"][field]
    assert not SavedView.objects.exists()


def test_only_a_supervisor_saves_for_everybody_and_customers_save_nothing(
    house: House, api: Any
) -> None:
    given = {"name": "V", "audience": "public", "query": {"view": "all"}}

    assert api(house.agent).post("views/", given).status_code == 403
    for path in ("views/", "views/all/tickets/"):
        assert api(house.requester).get(path).status_code == 403
    assert api(house.requester).post("views/", given).status_code == 403
    assert not SavedView.objects.exists()
