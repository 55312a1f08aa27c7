"""The delay of the outbox, which monitoring reads; the content of letters; dead letters queued
again.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError

from foundation.activity.models import Record
from foundation.notifications.models import MessageStatus, OutboxMessage
from foundation.notifications.queries import oldest_waiting
from foundation.notifications.rendering import render_message
from foundation.notifications.services import requeue_messages
from tests.support.house import HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.letters import address_in
from tests.support.tickets import step
from tickets import services


def message(number: int, **values: Any) -> OutboxMessage:
    found = {
        "to_email": "a@b.example",
        "language": "en",
        "template": "drill",
        "dedupe_key": f"n:{number}",
        "message_id": f"<{number}@mesa.example>",
        "created_at": MONDAY_9AM,
        "run_after": MONDAY_9AM,
        **values,
    }
    return OutboxMessage.objects.create(**found)


def test_the_oldest_message_that_is_due_tells_how_late_the_outbox_is(house: House) -> None:
    at = MONDAY_9AM + HOUR
    assert oldest_waiting(at).total_seconds() == 0
    message(1, run_after=at + MINUTE)  # not due
    message(2, status=MessageStatus.SENT)
    message(3, status=MessageStatus.DEAD)
    assert oldest_waiting(at).total_seconds() == 0

    message(4, run_after=at - 5 * MINUTE)
    message(5, run_after=at - 20 * MINUTE, status=MessageStatus.SENDING)
    message(6, run_after=at - 10 * MINUTE)

    assert oldest_waiting(at) == 20 * MINUTE


def test_monitoring_reads_it_without_a_login(house: House, client: Any) -> None:
    message(1, run_after=MONDAY_9AM)

    with time_machine.travel(MONDAY_9AM + 90 * MINUTE, tick=False):
        answer = client.get("/readyz")

    assert answer.json()["oldest_message_seconds"] == 5400


def test_a_database_that_fails_is_said_with_503(
    client: Any, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(at: datetime) -> timedelta:
        raise OperationalError("no connection")

    monkeypatch.setattr("web.health.oldest_waiting", fail)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["status"] == "no database"
    assert answer.json()["database"] == "away"


@pytest.mark.parametrize(
    ("name", "language", "words"),
    [
        ("approve", "en", "Accept the solution"),
        ("decline", "en", "It still fails"),
        ("decline", "es", "Sigue fallando"),
    ],
)
def test_the_assignee_is_notified_of_acts_of_the_customer(
    house: House, name: str, language: str, words: str
) -> None:
    house.staff["agent2"].language = language
    house.staff["agent2"].save()
    ticket = make_ticket(house)
    agent2 = house.staff["agent2"]
    services.assign_ticket(ticket=fresh(ticket), assignee=agent2, by=by(agent2), at=MONDAY_9AM)
    step(house, ticket, "start", MONDAY_9AM)
    step(house, ticket, "solve", MONDAY_9AM, solution_type="definitive", message="Done.")
    details = {"reason": "The tax is still doubled."} if name == "decline" else {}

    step(house, ticket, name, MONDAY_9AM + HOUR, user=house.requester, **details)

    letter = OutboxMessage.objects.get(template="customer_step")
    assert (letter.to_email, letter.language) == (agent2.email, language)
    assert address_in(letter, "url") == f"/admin/tickets/{ticket.number}/"
    text = render_message(letter).text
    assert ticket.number in render_message(letter).subject
    assert words.lower() in (render_message(letter).subject + text).lower()
    assert all(reason in text for reason in details.values())


def test_of_two_dead_messages_the_one_that_was_asked_for_waits_again(house: House) -> None:
    dead = [message(number, status=MessageStatus.DEAD, attempts=6) for number in (1, 2)]
    sent = message(3, status=MessageStatus.SENT)
    administrator = by(house.staff["administrator"])

    count = requeue_messages(
        message_ids=[dead[1].pk, sent.pk], by=administrator, at=MONDAY_9AM + HOUR
    )

    assert count == 1
    rows = OutboxMessage.objects.order_by("pk").values_list("status", "attempts")
    assert list(rows) == [("dead", 6), ("queued", 0), ("sent", 0)]
    fact = Record.objects.get(object_type="outbox")
    assert (fact.object_id, fact.person_id) == (dead[1].pk, house.staff["administrator"].pk)
