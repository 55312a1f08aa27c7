"""Webhooks over the API."""

from ipaddress import ip_network
from typing import Any

import pytest
import time_machine
from django.core.cache import cache

from api.models import IdempotencyKey
from foundation.webhooks.models import Delivery, Endpoint
from foundation.webhooks.queries import LISTENING
from tests.support.house import MONDAY_9AM, House, make_ticket
from tests.support.receiver import receiving
from tests.support.webhooks import PUBLIC, deliver, endpoint

pytestmark = pytest.mark.usefixtures("monday")


GIVEN = {
    "name": "Inventory",
    "url": PUBLIC,
    "reader": "coordinator@north.example",
    "organization": "north",
    "kinds": ["ticket.raised"],
}


def test_a_webhook_is_made_read_and_changed(house: House, api: Any) -> None:
    client = api(house.staff["administrator"])

    made = client.post("webhooks/", GIVEN)

    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "private, no-store"
    data = made.json()
    path = f"webhooks/{data['id']}/"
    secret = data.pop("secret")
    assert data == GIVEN | {
        "id": data["id"],
        "is_active": True,
        "failing_since": None,
        "created_at": "2026-03-02T15:00:00Z",
    }
    assert client.get(path).json() == data
    assert client.get("webhooks/").json() == [data]
    renewed = client.post(f"{path}secret/", {}).json()["secret"]
    assert renewed.startswith("whsec_")
    assert renewed != secret
    changed = client.patch(path, {"is_active": False, "kinds": ["ticket.raised"] * 2})
    assert changed.json() == data | {"is_active": False}
    off = client.post(f"{path}test/", {})
    assert (off.status_code, off.json()["code"]) == (400, "invalid")


def test_a_webhook_is_tried_and_its_log_read(house: House, api: Any, settings: Any) -> None:
    settings.MESA_WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]
    client = api(house.staff["administrator"])

    with receiving() as receiver:
        made = client.post("webhooks/", GIVEN | {"url": receiver.url}).json()
        path = f"webhooks/{made['id']}/"
        cache.delete(LISTENING)  # nothing is committed in a test
        ticket = make_ticket(house)
        tests = [client.post(f"{path}test/", {}, Idempotency_Key="abc") for _ in range(2)]
        assert [(each.status_code, each.json()["status"]) for each in tests] == [
            (202, "queued"),
            (202, "queued"),
        ]
        deliver(MONDAY_9AM)

        listed = client.get(f"{path}deliveries/").json()["results"]
        assert [(each["type"], each["status"], each["attempts"]) for each in listed] == [
            ("webhook.test", "delivered", 1),
            ("ticket.raised", "delivered", 1),
        ]
        assert client.get(f"{path}deliveries/?status=dead").json()["results"] == []
        raised = client.get(f"{path}deliveries/{listed[1]['id']}/").json()
        by_type = {each["type"]: each for each in receiver.events}
        assert raised["body"] == by_type["ticket.raised"]
        assert raised["body"]["data"]["ticket"]["number"] == ticket.number
        log = [(each["status_code"], each["failure"], each["answer"]) for each in raised["log"]]
        assert log == [(204, "", "")]

        again = client.post(f"{path}send-again/", {"events": [listed[1]["id"]]})
        assert (again.status_code, again.json()) == (202, {"events": 1})
        assert client.post(f"{path}send-again/", {}).json() == {"events": 0}
        deliver(MONDAY_9AM)
        assert receiver.ids[2] == listed[1]["id"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "http://hooks.example/"}, "url"),
        ({"reader": "nobody@north.example"}, "reader"),
        ({"reader": "requester@north.example"}, "organization"),
        ({"organization": "west"}, "organization"),
        ({"kinds": ["ticket.eaten"]}, "kinds"),
        ({"kinds": "ticket.raised"}, "kinds"),
        ({"secret": "mine"}, "secret"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(
    house: House, api: Any, body: dict[str, Any], field: str
) -> None:
    given = {"name": "R", "url": PUBLIC, "reader": "agent@desk.example", **body} if body else {}

    answer = api(house.staff["administrator"]).post("webhooks/", given)

    assert answer.status_code == 400
    assert field in answer.json()["fields"]
    assert not Endpoint.objects.exists()


def test_unknown_webhooks_events_and_statuses_are_refused(house: House, api: Any) -> None:
    made = endpoint(house)
    client = api(house.staff["administrator"])

    assert client.get("webhooks/987654/").status_code == 404
    assert client.get(f"webhooks/{made.pk}/deliveries/evt_{'0' * 32}/").status_code == 404
    wrong = client.get(f"webhooks/{made.pk}/deliveries/?status=eaten")
    assert (wrong.status_code, list(wrong.json()["fields"])) == (400, ["status"])
    assert client.get(f"webhooks/{made.pk}/?x=1").json()["code"] == "unknown_parameter"
    assert client.patch(f"webhooks/{made.pk}/", {"url": "nowhere"}).status_code == 400
    assert client.post(f"webhooks/{made.pk}/send-again/", {"events": []}).status_code == 400


def test_others_than_administrators_are_refused(house: House, api: Any) -> None:
    made = endpoint(house)

    for person in (house.agent, house.staff["desk_manager"], house.people["coordinator"]):
        client = api(person)
        assert client.get("webhooks/").status_code == 403
        assert client.post(f"webhooks/{made.pk}/secret/", {}).status_code == 403
        assert client.get(f"webhooks/{made.pk}/deliveries/").status_code == 403


def test_a_key_keeps_no_secret(house: House, api: Any) -> None:
    given = {"name": "R", "url": PUBLIC, "reader": "agent@desk.example"}
    client = api(house.staff["administrator"])

    first = client.post("webhooks/", given, Idempotency_Key="abc")
    second = client.post("webhooks/", given, Idempotency_Key="abc")

    assert (first.status_code, second.status_code) == (201, 400)
    assert "name" in second.json()["fields"]
    assert not IdempotencyKey.objects.exists()


def test_the_list_of_events_has_pages(house: House, api: Any) -> None:
    made = endpoint(house, kinds=["ticket.raised"])
    ticket = make_ticket(house)
    (one,) = Delivery.objects.all()
    for number in range(60):
        one.pk = None
        one.event_id = f"evt_{number:032x}"
        one.save()
    client = api(house.staff["administrator"])

    with time_machine.travel(MONDAY_9AM):
        first = client.get(f"webhooks/{made.pk}/deliveries/").json()
        second = client.get(first["next"].partition("/api/v1/")[2]).json()

    assert (len(first["results"]), len(second["results"]), second["next"]) == (50, 11, None)
    assert ticket.pk
