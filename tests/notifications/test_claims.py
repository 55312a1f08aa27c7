"""Claims of outgoing messages: leases, attempts, and what a failure writes on which row."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from foundation.activity.models import Record
from foundation.notifications.models import MessageStatus, OutboxMessage
from foundation.notifications.rendering import render_message
from foundation.notifications.services import (
    BACKOFF,
    LEASE,
    MAX_ATTEMPTS,
    Letter,
    claim_message,
    deliver_message,
    due_messages,
    fail_message,
    queue_letters,
    requeue_messages,
)
from servicedesk.environment import mail_settings
from tests.support.house import HOUR, MINUTE, MONDAY_9AM, House, by, make_ticket

FROM = "Mesa <mesa@mesa.example>"


def test_a_claim_outlives_the_slowest_dialogue_with_a_mail_server() -> None:
    answers = 10  # greeting, EHLO, STARTTLS, EHLO, AUTH (2), MAIL, RCPT, DATA, end of the data

    timeout: Any = mail_settings("smtp://mail.example:587")["EMAIL_TIMEOUT"]

    assert timedelta(seconds=timeout) * answers <= LEASE


def messages(house: House, count: int = 2) -> list[OutboxMessage]:
    """Queue this many equal letters to the requester, and return them in order."""
    OutboxMessage.objects.all().delete()
    letters = [
        Letter(
            template="ticket_received",
            to_email=house.requester.email,
            to_name="R",
            recipient_id=house.requester.pk,
            language="en",
            dedupe_key=f"key {number}",
            context={},
            links={},
        )
        for number in range(count)
    ]
    queue_letters(organization_id=house.north.pk, letters=letters, at=MONDAY_9AM)
    return list(OutboxMessage.objects.order_by("pk"))


def again(message: OutboxMessage) -> OutboxMessage:
    return OutboxMessage.objects.get(pk=message.pk)


def test_a_letter_without_an_address_and_a_known_key_are_skipped(house: House) -> None:
    first, second = messages(house)

    def letter(key: str, to: str) -> Letter:
        return Letter(
            template="ticket_received",
            to_email=to,
            to_name="",
            recipient_id=None,
            language="en",
            dedupe_key=key,
            context={},
            links={},
        )

    queue_letters(
        organization_id=house.north.pk,
        letters=[letter("key 0", "other@north.example"), letter("new", "")],
        at=MONDAY_9AM + HOUR,
    )

    assert list(OutboxMessage.objects.order_by("pk")) == [first, second]
    assert again(first).to_email == house.requester.email
    assert again(first).created_at == MONDAY_9AM


def test_due_messages_come_in_the_order_of_their_time_up_to_the_limit(house: House) -> None:
    late, early, coming = messages(house, 3)
    for message, at in (
        (late, MONDAY_9AM),
        (early, MONDAY_9AM - HOUR),
        (coming, MONDAY_9AM + timedelta(microseconds=1)),
    ):
        OutboxMessage.objects.filter(pk=message.pk).update(run_after=at)

    assert due_messages(at=MONDAY_9AM, limit=5) == [early, late]
    assert due_messages(at=MONDAY_9AM, limit=1) == [early]


@pytest.mark.parametrize("status", [MessageStatus.SENT, MessageStatus.DEAD])
def test_a_sent_or_dead_message_is_not_claimed(house: House, status: MessageStatus) -> None:
    message, _other = messages(house)
    OutboxMessage.objects.filter(pk=message.pk).update(status=status)

    assert claim_message(message=again(message), at=MONDAY_9AM + HOUR) is False
    assert again(message).attempts == 0


def test_a_claim_changes_its_own_row_and_excludes_a_second_one(house: House) -> None:
    message, other = messages(house)
    stale = again(message)

    assert claim_message(message=message, at=MONDAY_9AM) is True
    assert claim_message(message=stale, at=MONDAY_9AM) is False

    row = again(message)
    assert (row.status, row.attempts, row.reclaims, row.claimed_at, row.run_after) == (
        MessageStatus.SENDING,
        1,
        0,
        MONDAY_9AM,
        MONDAY_9AM + LEASE,
    )
    assert (again(other).status, again(other).attempts) == (MessageStatus.QUEUED, 0)


def test_an_expired_lease_is_claimed_again_and_counted(house: House) -> None:
    message, _other = messages(house)
    claim_message(message=message, at=MONDAY_9AM)

    early = claim_message(message=again(message), at=MONDAY_9AM + LEASE - timedelta(seconds=1))
    late = claim_message(message=again(message), at=MONDAY_9AM + LEASE)

    assert (early, late) == (False, True)
    assert (again(message).attempts, again(message).reclaims) == (2, 1)


def test_a_message_that_kills_its_workers_is_given_up(house: House) -> None:
    message, other = messages(house)
    OutboxMessage.objects.filter(pk=message.pk).update(
        status=MessageStatus.SENDING, attempts=MAX_ATTEMPTS, run_after=MONDAY_9AM
    )

    assert claim_message(message=again(message), at=MONDAY_9AM) is False

    assert again(message).status == MessageStatus.DEAD
    assert "died" in again(message).last_error
    assert again(other).status == MessageStatus.QUEUED


def test_each_failure_waits_longer_and_the_last_one_is_final(house: House) -> None:
    message, other = messages(house)

    found = []
    for _attempt in range(MAX_ATTEMPTS):
        row = again(message)
        at = row.run_after
        fail_message(message=row, error=OSError("e" * 3000), at=at)
        row = again(message)
        found.append((row.status, row.run_after - at))

    assert found[:-1] == [(MessageStatus.QUEUED, BACKOFF[n]) for n in range(MAX_ATTEMPTS - 1)]
    assert found[-1][0] == MessageStatus.DEAD
    assert (len(again(message).last_error), again(message).attempts) == (2000, MAX_ATTEMPTS)
    assert (again(other).status, again(other).last_error) == (MessageStatus.QUEUED, "")


def test_a_delivered_message_keeps_250_characters_of_its_subject(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_ticket(house)
    message = OutboxMessage.objects.get(template="ticket_received")
    OutboxMessage.objects.filter(pk=message.pk).update(last_error="busy")

    def long_subject(row: OutboxMessage) -> Any:
        rendered = render_message(row)
        object.__setattr__(rendered, "subject", "s" * 300)
        return rendered

    monkeypatch.setattr("foundation.notifications.services.render_message", long_subject)

    assert deliver_message(message=again(message), from_email=FROM, at=MONDAY_9AM + MINUTE)

    row = again(message)
    assert (row.status, row.sent_at, row.last_error) == (
        MessageStatus.SENT,
        MONDAY_9AM + MINUTE,
        "",
    )
    assert row.subject == "s" * 250
    assert mail.outbox[0].extra_headers["X-Auto-Response-Suppress"] == "All"


def test_a_reply_refers_to_its_thread_and_the_first_mail_does_not(house: House) -> None:
    first, second = messages(house)
    OutboxMessage.objects.filter(pk=first.pk).update(thread_id=first.message_id)
    OutboxMessage.objects.filter(pk=second.pk).update(thread_id=first.message_id)
    make_ticket(house)
    real = OutboxMessage.objects.exclude(pk__in=(first.pk, second.pk)).get(
        template="ticket_received"
    )
    OutboxMessage.objects.filter(pk__in=(first.pk, second.pk)).update(
        context=real.context, links=real.links
    )

    for message in (first, second):
        assert deliver_message(message=again(message), from_email=FROM, at=MONDAY_9AM)

    headers = [each.extra_headers for each in mail.outbox]
    assert "In-Reply-To" not in headers[0]
    assert (headers[1]["In-Reply-To"], headers[1]["References"]) == (
        first.message_id,
        first.message_id,
    )


def test_only_dead_messages_are_queued_again_with_a_record(house: House) -> None:
    dead, queued = messages(house)
    OutboxMessage.objects.filter(pk=dead.pk).update(
        status=MessageStatus.DEAD, attempts=MAX_ATTEMPTS, last_error="gone"
    )

    count = requeue_messages(
        message_ids=[dead.pk, queued.pk], by=by(house.agent), at=MONDAY_9AM + HOUR
    )

    row = again(dead)
    assert count == 1
    assert (row.status, row.attempts, row.run_after) == (
        MessageStatus.QUEUED,
        0,
        MONDAY_9AM + HOUR,
    )
    assert again(queued).run_after == MONDAY_9AM
    rows = Record.objects.filter(object_type="outbox").values_list("object_id", "person_id", "at")
    assert list(rows) == [(dead.pk, house.agent.pk, MONDAY_9AM + HOUR)]
