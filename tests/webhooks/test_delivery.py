"""Events reach a real server: signed, in order per ticket, at least once, each with one id."""

from collections import Counter
from typing import Any

import pytest
from django.db import transaction

from foundation.activity.services import MANY, Fact, record
from foundation.core.actor import system_actor
from foundation.webhooks import sending, services
from foundation.webhooks.kinds import data_of
from foundation.webhooks.models import Attempt, Delivery, Endpoint
from foundation.webhooks.services import delivering, settling
from foundation.webhooks.signing import signature_headers
from tests.support.changes import assign, write
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, SECOND, House, by, make_ticket
from tests.support.receiver import Received, Receiver
from tests.support.tickets import step
from tests.support.webhooks import (
    deliver,
    endpoint,
    endpoint_with_secret,
    failures,
    statuses,
)
from tickets.models import Ticket

RAISED = ["ticket.raised"]


def worked_on(house: House, count: int = 3) -> list[Ticket]:
    """Raise tickets and let people act on each in turns."""
    tickets = [make_ticket(house, at=MONDAY_9AM + n * SECOND) for n in range(count)]
    for number, ticket in enumerate(tickets):
        assign(house, ticket, MONDAY_9AM + MINUTE + number * SECOND)
    for number, ticket in enumerate(tickets):
        step(house, ticket, "start", MONDAY_9AM + 2 * MINUTE + number * SECOND)
        write(house, ticket, MONDAY_9AM + 3 * MINUTE + number * SECOND)
    return tickets


def in_order(receiver: Receiver) -> bool:
    """Whether the first arrivals of each ticket's events came in the order of the record."""
    first: dict[str, dict[str, Any]] = {}
    for each in receiver.events:
        first.setdefault(each["id"], each)
    by_ticket: dict[str, list[int]] = {}
    for event in first.values():
        by_ticket.setdefault(event["data"]["ticket"]["number"], []).append(event["sequence"])
    return all(numbers == sorted(numbers) for numbers in by_ticket.values())


def test_a_ticket_is_told_as_it_is_read_over_the_api(house: House, receiver: Receiver) -> None:
    made, secret = endpoint_with_secret(house, receiver.url)

    ticket = make_ticket(house)
    deliver()

    first = receiver.events[0]
    assert (first["type"], first["timestamp"]) == ("ticket.raised", "2026-03-02T15:00:00Z")
    data = first["data"]
    assert (data["ticket"]["number"], data["ticket"]["subject"]) == (ticket.number, ticket.subject)
    assert data["ticket"]["url"].endswith(f"/admin/tickets/{ticket.number}/")
    assert data["by"] == {"side": "customer", "name": "Requester North", "channel": "portal"}
    assert data["change"]["state"] == "new"
    assert [clock["metric"] for clock in data["ticket"]["clocks"]] == ["reaction", "attention"]
    came = receiver.received[0]
    expected = signature_headers(
        event_id=first["id"], body=came.body.decode(), keys=[secret], at=MONDAY_9AM
    )
    assert {name: came.headers[name] for name in expected} == expected
    assert came.headers["content-type"] == "application/json; charset=utf-8"
    assert set(statuses()) == {"delivered"}
    assert Endpoint.objects.get(pk=made.pk).failing_since is None


def test_only_the_chosen_events_of_the_chosen_customer_come(
    house: House, receiver: Receiver
) -> None:
    endpoint(house, receiver.url, kinds=["ticket.assigned"], organization=house.north)

    ticket = make_ticket(house)
    other = make_ticket(house, requester=house.outsider)
    for each in (ticket, other):
        assign(house, each, MONDAY_9AM)
    deliver()

    assert [
        (each["type"], each["data"]["ticket"]["number"], each["data"]["change"])
        for each in receiver.events
    ] == [("ticket.assigned", ticket.number, {"from": None, "to": "Agent"})]


def test_without_an_endpoint_nothing_is_written(house: House) -> None:
    endpoint(house, is_active=False)

    make_ticket(house)

    assert statuses() == []


def test_an_act_that_is_undone_tells_nothing(house: House) -> None:
    endpoint(house)

    with transaction.atomic():
        make_ticket(house)
        assert statuses() != []
        transaction.set_rollback(True)

    assert statuses() == []


def test_a_server_that_fails_hangs_and_comes_back_gets_everything_in_order(
    house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "TIMEOUT", 0.3)
    endpoint(house, receiver.url)
    tickets = worked_on(house)
    at = MONDAY_9AM + 10 * MINUTE

    receiver.answer = lambda _came: 503
    deliver(at)
    receiver.hangs = 0.6
    for minutes in range(1, 10):
        deliver(at + minutes * MINUTE)
    assert "delivered" not in statuses()
    receiver.hangs = 0.0
    receiver.answer = lambda _came: 200
    deliver(at + HOUR)

    assert set(statuses()) == {"delivered"}
    ids = list(Delivery.objects.values_list("event_id", flat=True))
    assert set(receiver.ids) == set(ids)
    assert in_order(receiver)
    bodies: dict[str, set[bytes]] = {}
    for each in receiver.received:
        bodies.setdefault(each.id, set()).add(each.body)
    assert all(len(found) == 1 for found in bodies.values())
    assert {each["data"]["ticket"]["number"] for each in receiver.events} == {
        ticket.number for ticket in tickets
    }
    outcomes = set(Attempt.objects.values_list("status_code", "failure"))
    assert outcomes == {(503, "status"), (None, "timeout"), (200, "")}


def test_a_server_that_is_down_is_asked_with_one_event_at_a_time(
    house: House, receiver: Receiver
) -> None:
    made = endpoint(house, receiver.url, kinds=RAISED)
    for number in range(15):
        make_ticket(house, at=MONDAY_9AM + number * SECOND)
    receiver.answer = lambda _came: 500

    at = MONDAY_9AM + MINUTE
    assert deliver(at) == delivering.AT_ONCE
    assert deliver(at + 2 * SECOND) == 0
    assert deliver(at + 30 * SECOND) == 1
    made.refresh_from_db()
    assert (made.failures, made.failing_since) == (2, at)
    receiver.answer = lambda _came: 204
    assert deliver(at + HOUR) == 15


def test_an_event_that_is_refused_holds_back_its_own_ticket_alone(
    house: House, receiver: Receiver
) -> None:
    endpoint(house, receiver.url, kinds=["ticket.raised", "ticket.assigned"])
    bad, good = (make_ticket(house, subject=name) for name in ("Bad", "Good"))
    for ticket in (bad, good):
        assign(house, ticket, MONDAY_9AM)

    def refuse(came: Received) -> int:
        is_bad = came.event["data"]["ticket"]["subject"] == "Bad"
        return 422 if is_bad and came.event["type"] == "ticket.raised" else 200

    receiver.answer = refuse
    deliver(MONDAY_9AM)
    deliver(MONDAY_9AM + 8 * SECOND)

    told = [(e["data"]["ticket"]["subject"], e["type"]) for e in receiver.events]
    assert ("Good", "ticket.assigned") in told
    assert ("Bad", "ticket.assigned") not in told

    for number in range(80):
        deliver(MONDAY_9AM + number * HOUR)

    assert Counter(statuses()) == {"delivered": 3, "dead": 1}
    dead = Delivery.objects.get(status="dead")
    assert dead.attempts == settling.MAX_ATTEMPTS == len(failures(dead))
    assert receiver.events[-1]["type"] == "ticket.assigned"


def test_a_busy_server_says_when_to_come_back(house: House, receiver: Receiver) -> None:
    made = endpoint(house, receiver.url, kinds=RAISED)
    make_ticket(house)
    receiver.answer = lambda _came: 429
    receiver.headers = {"Retry-After": "900"}

    deliver(MONDAY_9AM)

    made.refresh_from_db()
    assert made.resumes_at == MONDAY_9AM + 15 * MINUTE
    assert deliver(MONDAY_9AM + 14 * MINUTE) == 0
    assert deliver(MONDAY_9AM + 15 * MINUTE) == 1


@pytest.mark.parametrize(
    ("status", "headers", "failure"),
    [
        (302, {"Location": "http://127.0.0.1:1/"}, "redirect"),
        (307, {"Location": "https://example.com/"}, "redirect"),
        (404, {}, "status"),
        (199 + 301, {}, "status"),
    ],
)
def test_what_is_not_taken_is_tried_again(
    house: House, receiver: Receiver, status: int, headers: dict[str, str], failure: str
) -> None:
    endpoint(house, receiver.url, kinds=RAISED)
    make_ticket(house)
    receiver.answer = lambda _c: status
    receiver.headers = headers
    receiver.text = b"no \x00 thanks"

    deliver(MONDAY_9AM)

    (delivery,) = Delivery.objects.all()
    assert (delivery.status, failures(delivery)) == ("queued", [(status, failure)])
    assert Attempt.objects.get().answer == "no � thanks"
    assert len(receiver.received) == 1


def test_an_address_that_is_gone_is_switched_off(
    house: House, receiver: Receiver, django_capture_on_commit_callbacks: Any
) -> None:
    made = endpoint(house, receiver.url, kinds=RAISED)
    make_ticket(house)
    receiver.answer = lambda _came: 410

    with django_capture_on_commit_callbacks(execute=True):
        deliver(MONDAY_9AM)
    make_ticket(house)

    made.refresh_from_db()
    assert made.is_active is False
    assert len(statuses()) == 1


def test_an_answer_that_never_ends_is_cut(house: House, receiver: Receiver) -> None:
    endpoint(house, receiver.url, kinds=RAISED)
    make_ticket(house)
    receiver.answer = lambda _came: 200
    receiver.text = b"a" * 5_000_000

    deliver(MONDAY_9AM)

    assert statuses() == ["delivered"]
    assert Attempt.objects.get().answer == "a" * 500


def test_a_name_that_leads_inside_is_not_called(house: House, settings: Any) -> None:
    settings.MESA_WEBHOOK_NETWORKS = []
    made = endpoint(house, kinds=RAISED)
    Endpoint.objects.filter(pk=made.pk).update(url="http://localhost:9/")
    make_ticket(house)

    deliver(MONDAY_9AM)

    (delivery,) = Delivery.objects.all()
    assert failures(delivery) == [(None, "address")]


def test_the_claim_of_a_dead_worker_lapses(house: House, receiver: Receiver) -> None:
    endpoint(house, receiver.url, kinds=["ticket.raised", "ticket.assigned"])
    ticket = make_ticket(house)
    assign(house, ticket, MONDAY_9AM)
    first = Delivery.objects.order_by("pk")[0]
    assert delivering._claim(first, MONDAY_9AM)

    assert deliver(MONDAY_9AM + MINUTE) == 0
    assert deliver(MONDAY_9AM + delivering.LEASE) == 2
    assert [each["type"] for each in receiver.events] == RAISED + ["ticket.assigned"]


def test_two_workers_send_an_event_once(house: House) -> None:
    endpoint(house, kinds=RAISED)
    make_ticket(house)
    one, same = (Delivery.objects.get() for _ in range(2))

    assert [delivering._claim(each, MONDAY_9AM) for each in (one, same)] == [True, False]


def test_what_waits_for_three_days_is_given_up_and_forgotten_later(house: House) -> None:
    made = endpoint(house, kinds=RAISED)
    make_ticket(house)
    services.change_endpoint(
        endpoint=made,
        values={"is_active": False},
        by=by(house.staff["administrator"]),
        at=MONDAY_9AM,
    )

    assert services.expire_deliveries(at=MONDAY_9AM + 3 * DAY - SECOND) == 0
    assert services.expire_deliveries(at=MONDAY_9AM + 3 * DAY) == 1
    assert statuses() == ["dead"]
    assert services.forget_deliveries(at=MONDAY_9AM + 33 * DAY) == 0
    assert services.forget_deliveries(at=MONDAY_9AM + 33 * DAY + SECOND) == 1


def test_a_secret_of_another_key_stops_the_endpoint_and_loses_nothing(
    house: House, receiver: Receiver, settings: Any
) -> None:
    made = endpoint(house, receiver.url, kinds=RAISED)
    make_ticket(house)
    settings.SECRET_KEY = "another key that is long enough for this " * 2

    deliver(MONDAY_9AM)
    (delivery,) = Delivery.objects.all()
    assert failures(delivery) == [(None, "secret")]

    services.renew_secret(
        endpoint=made, by=by(house.staff["administrator"]), at=MONDAY_9AM + MINUTE
    )
    deliver(MONDAY_9AM + MINUTE)
    assert statuses() == ["delivered"]


def test_an_error_in_one_event_stops_no_other(
    house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint(house, receiver.url, kinds=RAISED)
    bad = make_ticket(house)
    good = make_ticket(house)
    whole = data_of

    def broken(happening: Any, reader: Any) -> Any:
        if happening.fact.object_id == bad.pk:
            raise RuntimeError("a bug")
        return whole(happening, reader)

    monkeypatch.setattr("foundation.webhooks.services.delivering.data_of", broken)
    deliver(MONDAY_9AM)

    assert [each["data"]["ticket"]["number"] for each in receiver.events] == [good.number]
    assert failures(Delivery.objects.get(subject_id=bad.pk)) == [(None, "body")]


def test_many_facts_at_once_are_told_too(house: House, receiver: Receiver) -> None:
    endpoint(house, receiver.url, kinds=["clock.redated"])
    ticket = make_ticket(house)
    facts = [
        Fact(verb="clock.redated", object_type="ticket", object_id=ticket.pk, payload={"n": n})
        for n in range(MANY + 1)
    ]

    record(organization_id=house.north.pk, facts=facts, by=system_actor("calendars"), at=MONDAY_9AM)

    assert list(Delivery.objects.order_by("pk").values_list("payload__n", flat=True)) == list(
        range(MANY + 1)
    )
