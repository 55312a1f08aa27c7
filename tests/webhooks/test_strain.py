"""What one server, one event or one reader does stops no other."""

import time
from typing import Any

import pytest

from foundation.accounts.models import Membership
from foundation.notifications.models import OutboxMessage
from foundation.webhooks import sending
from foundation.webhooks.models import Delivery, Endpoint
from foundation.webhooks.services import settling
from tests.support.changes import assign
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, SECOND, House, make_ticket
from tests.support.receiver import Received, Receiver, receiving
from tests.support.webhooks import deliver, endpoint, failures, statuses

pytestmark = pytest.mark.once
RAISED = ["ticket.raised"]


def test_letters_of_other_alphabets_in_an_address_are_sent(
    house: House, receiver: Receiver
) -> None:
    endpoint(house, f"{receiver.url}/añadir?qué=sí%20no", kinds=RAISED)
    make_ticket(house)

    deliver()

    assert statuses() == ["delivered"]
    assert receiver.paths == ["/hook/a%C3%B1adir?qu%C3%A9=s%C3%AD%20no"]


def test_an_address_that_nothing_can_be_made_of_stops_no_other(
    house: House, receiver: Receiver
) -> None:
    broken = endpoint(house, kinds=RAISED, name="Broken")
    Endpoint.objects.filter(pk=broken.pk).update(url="https://exa mple:99999999/")
    endpoint(house, receiver.url, kinds=RAISED, name="Good")
    make_ticket(house)

    deliver()

    assert len(receiver.received) == 1
    assert failures(Delivery.objects.get(endpoint=broken)) == [(None, "host")]


def test_a_slow_server_holds_up_no_other(house: House, receiver: Receiver) -> None:
    with receiving() as slow:
        in_time: list[bool] = []

        def wait(_came: Received) -> int:
            """Answer when the other server has everything, or just in time."""
            ends = time.monotonic() + 0.8 * sending.TIMEOUT
            while len(receiver.received) < 30 and time.monotonic() < ends:
                time.sleep(0.02)
            in_time.append(time.monotonic() < ends)
            return 200

        slow.answer = wait
        endpoint(house, slow.url, kinds=RAISED, name="Slow")
        endpoint(house, receiver.url, kinds=RAISED, name="Fast")
        for number in range(30):
            make_ticket(house, at=MONDAY_9AM + number * SECOND)

        deliver(MONDAY_9AM + MINUTE)

        assert (len(slow.received), len(receiver.received)) == (30, 30)
        assert all(in_time)


def test_a_name_server_that_hangs_ends_within_the_time_of_a_request(
    house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "TIMEOUT", 0.3)
    monkeypatch.setattr(sending, "look_up", lambda host, port, done: None)
    silent = endpoint(house, kinds=RAISED, name="Silent")
    endpoint(house, receiver.url, kinds=RAISED, name="Good")
    make_ticket(house)

    deliver()

    assert failures(Delivery.objects.get(endpoint=silent)) == [(None, "timeout")]
    assert len(receiver.received) == 1


def test_a_server_that_takes_one_at_a_time_loses_nothing(house: House, receiver: Receiver) -> None:
    made = endpoint(house, receiver.url, kinds=RAISED)
    for number in range(20):
        make_ticket(house, at=MONDAY_9AM + number * SECOND)
    taken: set[str] = set()

    def one_at_a_time(came: Received) -> int:
        if came.id in taken or len(receiver.received) % 6 == 0:
            taken.add(came.id)
            return 200
        return 429

    receiver.answer = one_at_a_time
    for number in range(140):
        deliver(MONDAY_9AM + number * 30 * MINUTE)

    assert "dead" not in statuses()
    assert statuses().count("delivered") == 20
    made.refresh_from_db()
    assert made.failing_since is None


def test_of_a_busy_server_only_the_busy_answers_pause_it(house: House, receiver: Receiver) -> None:
    made = endpoint(house, receiver.url, kinds=RAISED)
    for _ in range(2):
        make_ticket(house)
    first: list[str] = []

    def one(came: Received) -> int:
        first.append(came.id)
        return 200 if first[0] == came.id else 503

    receiver.answer = one
    deliver()

    made.refresh_from_db()
    assert (made.failures, made.failing_since) == (0, None)
    assert made.resumes_at is not None
    assert made.resumes_at > MONDAY_9AM


def test_who_waits_behind_an_event_that_is_given_up_has_the_whole_time(
    house: House, receiver: Receiver
) -> None:
    endpoint(house, receiver.url, kinds=["ticket.raised", "ticket.assigned"])
    assign(house, make_ticket(house), MONDAY_9AM)
    receiver.answer = lambda _came: 400

    for hours in range(0, 200):
        deliver(MONDAY_9AM + hours * HOUR)

    assert statuses() == ["dead", "dead"]
    attempts = list(Delivery.objects.order_by("pk").values_list("attempts", flat=True))
    assert attempts == [settling.MAX_ATTEMPTS, settling.MAX_ATTEMPTS]


def test_attempts_used_up_early_give_up_nothing(house: House, receiver: Receiver) -> None:
    endpoint(house, receiver.url, kinds=RAISED)
    make_ticket(house)
    Delivery.objects.update(attempts=settling.MAX_ATTEMPTS)
    receiver.answer = lambda _came: 400

    deliver(MONDAY_9AM + DAY)

    assert statuses() == ["queued"]


def test_the_administrators_hear_of_a_reader_who_left(house: House, receiver: Receiver) -> None:
    endpoint(house, receiver.url, reader=house.people["coordinator"], organization=house.north)
    make_ticket(house)
    Membership.objects.filter(user=house.people["coordinator"]).update(roles=["requester"])

    for hours in range(3):
        deliver(MONDAY_9AM + hours * HOUR)
        make_ticket(house, at=MONDAY_9AM + hours * HOUR)

    (letter,) = OutboxMessage.objects.filter(template="webhook_reader")
    assert letter.recipient == house.staff["administrator"]
    assert letter.context["reader"] == "Coordinator North"


def test_one_event_that_cannot_be_written_is_no_outage(
    house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = endpoint(house, receiver.url, kinds=RAISED)
    make_ticket(house)

    def broken(happening: Any, reader: Any) -> Any:
        raise RuntimeError("a bug")

    monkeypatch.setattr("foundation.webhooks.services.delivering.data_of", broken)
    deliver()

    made.refresh_from_db()
    assert (made.failing_since, made.failures) == (None, 0)
