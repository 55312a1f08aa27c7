"""Tasks and checklists over the API."""

from typing import Any

import pytest

from tests.support.house import MONDAY_9AM, House, by, make_ticket
from tickets.models import Task
from tickets.services import save_checklist

pytestmark = pytest.mark.usefixtures("monday")


def test_a_task_is_added_changed_done_opened_and_removed(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    client = api(house.agent)
    url = f"tickets/{ticket.number}/tasks/"
    owner = house.staff["agent2"]

    made = client.post(
        url, {"title": "Call", "owner": owner.email, "due_at": "2026-03-03T10:00:00Z"}
    )

    (row,) = made.json()
    assert made.status_code == 201
    assert row == {
        "id": Task.objects.get().pk,
        "title": "Call",
        "checklist": "",
        "owner": owner.email,
        "due_at": "2026-03-03T10:00:00Z",
        "is_done": False,
        "done_at": None,
        "done_by": None,
    }
    one = f"{url}{row['id']}/"
    done = client.patch(one, {"title": "Call again", "owner": None, "is_done": True}).json()
    assert (done["title"], done["owner"], done["is_done"]) == ("Call again", None, True)
    assert done["done_by"] == house.agent.email
    opened = client.patch(one, {"is_done": False, "title": "Once more"}).json()
    assert (opened["is_done"], opened["title"]) == (False, "Once more")
    assert opened["due_at"] == "2026-03-03T10:00:00Z"
    assert client.get(url).json() == [opened]
    assert client.delete(one).status_code == 204
    assert client.delete(one).status_code == 204
    assert client.patch(one, {"is_done": True}).status_code == 404
    assert client.get(url).json() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"title": ""},
        {"title": "x" * 201},
        {"title": "Call", "owner": "nobody@mesa.example"},
        {"title": "Call", "owner": "requester@north.example"},
        {"title": "Call", "due_at": "2026-03-01T10:00:00Z"},
        {"title": "Call", "due_at": "2026-03-03T10:00:00"},
        {"title": "Call", "checklist": 1},
        {"checklist": 99},
        {"title": "Call", "colour": "red"},
    ],
)
def test_a_wrong_task_is_refused(house: House, api: Any, wrong: dict[str, Any]) -> None:
    url = f"tickets/{make_ticket(house).number}/tasks/"

    assert api(house.agent).post(url, wrong).status_code == 400
    assert not Task.objects.exists()


def test_a_checklist_is_listed_and_put_on_a_ticket(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    saved = save_checklist(
        name="New user",
        lines="Account\nMailbox",
        audience="mine",
        team=None,
        by=by(house.agent),
        at=MONDAY_9AM,
    )
    client = api(house.agent)

    row = {"id": saved.pk, "name": "New user", "tasks": ["Account", "Mailbox"]}
    assert client.get("checklists/").json() == [row]
    made = client.post(f"tickets/{ticket.number}/tasks/", {"checklist": saved.pk})
    assert [each["title"] for each in made.json()] == ["Account", "Mailbox"]
    other = api(house.staff["agent2"])
    assert other.get("checklists/").json() == []
    foreign = other.post(f"tickets/{ticket.number}/tasks/", {"checklist": saved.pk})
    assert foreign.status_code == 400


def test_a_customer_reads_no_tasks(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    client = api(house.requester)

    assert client.get(f"tickets/{ticket.number}/tasks/").status_code == 403
    assert client.post(f"tickets/{ticket.number}/tasks/", {"title": "x"}).status_code == 403
    assert client.get("checklists/").status_code == 403
