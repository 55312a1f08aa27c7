"""Recurring tickets over the API."""

from datetime import UTC, datetime
from typing import Any

import pytest

from foundation.accounts.models import Membership
from tests.support.house import DAY, House
from tests.support.recurring import recurring
from tickets.models import Recurrence, RecurrenceDay, Ticket
from tickets.services import raise_due

pytestmark = pytest.mark.usefixtures("monday")

TEN = datetime(2026, 3, 2, 16, tzinfo=UTC)
GIVEN = {
    "name": "Backups",
    "organization": "north",
    "requester": "requester@north.example",
    "subject": "Check the backups",
    "description": "Look at the log.",
    "kind": "request",
    "service": "network",
    "impact": "minor",
    "urgency": "low",
    "rule": "FREQ=MONTHLY;BYDAY=1MO",
    "starts_on": "2026-03-02",
    "at_time": "10:00",
    "closed_days": "next",
    "assignee": "agent@desk.example",
    "tags": ["backup", "night"],
    "tasks": ["Servers"],
}


def test_one_is_planned_read_changed_and_deleted(house: House, api: Any) -> None:
    client = api(house.staff["desk_supervisor"])

    made = client.post("recurrences/", GIVEN, Accept_Language="en")

    assert made.status_code == 201
    assert made.headers["ETag"] == '"1"'
    data = made.json()
    assert data == GIVEN | {
        "id": data["id"],
        "template": None,
        "answers": [],
        "words": "Every month, the first Monday",
        "is_paused": False,
        "next_at": "2026-03-02T16:00:00Z",
        "version": 1,
    }
    path = f"recurrences/{data['id']}/"
    agent = api(house.agent)
    assert agent.get(path, **{"Accept-Language": "en"}).json() == data
    assert [each["id"] for each in agent.get("recurrences/").json()["results"]] == [data["id"]]
    changed = client.put(
        path, {**GIVEN, "rule": "FREQ=DAILY", "assignee": None}, If_Match='"1"'
    ).json()
    assert (changed["rule"], changed["assignee"], changed["version"]) == ("FREQ=DAILY", None, 2)
    stale = client.put(path, GIVEN, If_Match='"1"')
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_the_same_key_plans_one(house: House, api: Any) -> None:
    client = api(house.staff["desk_supervisor"])

    first = client.post("recurrences/", GIVEN, Idempotency_Key="abc")
    second = client.post("recurrences/", GIVEN, Idempotency_Key="abc")

    assert first.json() == second.json()
    assert Recurrence.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rule": "FREQ=HOURLY"}, "rule"),
        ({"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "rule"),
        ({"starts_on": "2026-02-30"}, "starts_on"),
        ({"at_time": "25:00"}, "at_time"),
        ({"closed_days": "maybe"}, "closed_days"),
        ({"assignee": "requester@north.example"}, "assignee"),
        ({"assignee": "commercial@desk.example"}, "assignee"),
        ({"requester": "requester@south.example"}, "requester"),
        ({"requester": "report_recipient@north.example"}, "requester"),
        ({"service": "nothing"}, "service"),
        ({"tags": ["a,b" * 30]}, "tags"),
        ({"name": ""}, "name"),
        ({"channel": "phone"}, "channel"),
        ({"answers": {"module": "x"}}, "answers"),
    ],
)
def test_what_is_wrong_is_refused_by_field(
    house: House, api: Any, changes: dict[str, Any], field: str
) -> None:
    refused = api(house.staff["desk_supervisor"]).post("recurrences/", GIVEN | changes)

    assert refused.status_code == 400
    assert field in refused.json()["fields"]
    assert not Recurrence.objects.exists()


def test_the_preview_says_when_and_saves_nothing(house: House, api: Any) -> None:
    answer = api(house.staff["desk_supervisor"]).post(
        "recurrences/preview/", GIVEN | {"rule": "FREQ=DAILY;COUNT=2"}, Accept_Language="en"
    )

    assert answer.json() == {
        "words": "Every day, 2 times",
        "times": ["2026-03-02T16:00:00Z", "2026-03-03T16:00:00Z"],
    }
    assert not Recurrence.objects.exists()


def test_it_is_paused_and_resumed(house: House, api: Any) -> None:
    found = recurring(house)
    client = api(house.staff["desk_supervisor"])

    paused = client.post(f"recurrences/{found.pk}/pause/", {}).json()
    resumed = client.post(f"recurrences/{found.pk}/resume/", {}).json()

    assert (paused["is_paused"], paused["next_at"]) == (True, None)
    assert (resumed["is_paused"], resumed["next_at"]) == (False, "2026-03-02T16:00:00Z")


def test_its_days_are_read_and_a_missed_one_is_raised(house: House, api: Any) -> None:
    found = recurring(house)
    raise_due(recurrence_id=found.pk, at=TEN + 8 * DAY)
    raise_due(recurrence_id=found.pk, at=TEN + 2 * DAY)
    client = api(house.staff["desk_supervisor"])

    days = client.get(f"recurrences/{found.pk}/days/").json()["results"]

    number = Ticket.objects.get().number
    assert [(each["day"], each["ticket"], each["problem"]) for each in days] == [
        ("2026-03-03", number, None),
        ("2026-03-02", None, "late"),
    ]
    address = f"recurrences/{found.pk}/days/{days[1]['id']}/ticket/"
    raised = client.post(address, {})
    assert raised.status_code == 201
    assert raised.json()["subject"] == "Check the backups"
    assert client.post(address, {}).status_code == 400
    assert client.post(f"recurrences/{found.pk}/days/999999/ticket/", {}).status_code == 404
    assert RecurrenceDay.objects.filter(ticket__isnull=False).count() == 2


def test_one_with_tickets_is_not_deleted(house: House, api: Any) -> None:
    found = recurring(house)
    raise_due(recurrence_id=found.pk, at=TEN)

    refused = api(house.staff["desk_supervisor"]).delete(f"recurrences/{found.pk}/")

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")


def test_another_customers_is_not_found(house: House, api: Any) -> None:
    found = recurring(house)
    south = Membership.objects.get(user=house.outsider)
    other = recurring(house, membership=south)
    house.level_two.organizations.set([house.south])
    house.level_two.members.add(house.staff["desk_supervisor"])
    client = api(house.staff["desk_supervisor"])

    assert client.get(f"recurrences/{found.pk}/").status_code == 404
    assert client.post(f"recurrences/{found.pk}/pause/", {}).status_code == 404
    assert client.post("recurrences/", GIVEN).status_code == 400
    assert [each["id"] for each in client.get("recurrences/").json()["results"]] == [other.pk]


@pytest.mark.parametrize("name", ["requester", "coordinator"])
def test_customers_read_none(house: House, api: Any, name: str) -> None:
    found = recurring(house)
    client = api(house.people[name])

    assert client.get("recurrences/").status_code == 403
    assert client.get(f"recurrences/{found.pk}/").status_code == 403
    assert client.post("recurrences/", GIVEN).status_code == 403
