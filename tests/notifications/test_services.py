"""The outbox row by row: claims, failures, threads, attachments and what is queued."""

from typing import Any

import pytest
from django.core import mail
from django.db import transaction

from foundation.accounts.tenancy import organization_scope
from foundation.core import events
from foundation.core.tenancy import ScopeError
from foundation.documents.services import store_bytes
from foundation.notifications import services
from foundation.notifications.events import MessageDied
from foundation.notifications.models import MessageStatus, OutboxMessage
from foundation.notifications.rendering import RenderedMessage, render_message
from foundation.notifications.services import BACKOFF, LEASE, MAX_ATTEMPTS, Letter, queue_letters
from foundation.notifications.tasks import deliver_due
from tests.support.house import HOUR, MINUTE, MONDAY_9AM, SECOND, SETUP, House


def letter(key: str, **values: Any) -> Letter:
    return Letter(
        **{
            "template": "drill",
            "to_email": f"{key}@b.example",
            "language": "en",
            "dedupe_key": key,
            **values,
        }
    )


def queue(*letters: Letter, organization_id: int | None = None) -> None:
    with transaction.atomic():
        queue_letters(organization_id=organization_id, letters=letters, at=MONDAY_9AM)


def row(key: str) -> OutboxMessage:
    return OutboxMessage.objects.get(dedupe_key=key)


def plain(text: str = "Text") -> RenderedMessage:
    return RenderedMessage("Subject", text, "<p>Text</p>")


def send(message: OutboxMessage, rendered: RenderedMessage) -> Any:
    services._send(message, rendered, from_email="mesa@mesa.example", connection=None)
    return mail.outbox[-1]


def test_a_letter_without_an_address_is_not_queued(house: House) -> None:
    queue(letter("a", to_email=""), letter("b", not_before=MONDAY_9AM + HOUR), letter("c"))

    assert [(each.dedupe_key, each.run_after) for each in OutboxMessage.objects.order_by("pk")] == [
        ("b", MONDAY_9AM + HOUR),
        ("c", MONDAY_9AM),
    ]
    assert str(row("b")) == "b@b.example: drill"


def test_the_worker_is_called_once_after_the_commit_of_queued_letters(
    house: House, django_capture_on_commit_callbacks: Any
) -> None:
    counts = []
    with django_capture_on_commit_callbacks() as calls:
        queue(letter("a", to_email=""))
    counts.append(len(calls))
    with django_capture_on_commit_callbacks() as calls:
        queue(letter("b"), letter("c"))
    counts.append(len(calls))
    OutboxMessage.objects.update(status=MessageStatus.DEAD)
    with django_capture_on_commit_callbacks() as calls:
        services.requeue_messages(message_ids=[row("b").pk], by=SETUP, at=MONDAY_9AM)
    counts.append(len(calls))

    assert counts == [0, 1, 1]


def test_letters_are_queued_inside_a_transaction_and_none_needs_no_transaction(
    house: House,
) -> None:
    with organization_scope(house.north.pk):
        queue(letter("n"), organization_id=house.north.pk)
        with pytest.raises(ScopeError):
            queue(letter("s"), organization_id=house.south.pk)

    assert list(OutboxMessage.objects.values_list("dedupe_key", flat=True)) == ["n"]


def test_due_messages_come_in_order_up_to_the_limit(house: House) -> None:
    queue(
        letter("late", not_before=MONDAY_9AM + SECOND),
        letter("second"),
        letter("first", not_before=MONDAY_9AM - HOUR),
        letter("dead", not_before=MONDAY_9AM - HOUR),
        letter("third"),
    )
    OutboxMessage.objects.filter(dedupe_key="dead").update(status=MessageStatus.DEAD)

    due = services.due_messages(at=MONDAY_9AM, limit=2)

    assert [each.dedupe_key for each in due] == ["first", "second"]
    assert len(services.due_messages(at=MONDAY_9AM, limit=9)) == 3


def test_a_claim_is_made_once_and_leaves_the_other_rows(house: House) -> None:
    queue(letter("a"), letter("b"))
    message = row("b")
    rival = row("b")

    assert services.claim_message(message=message, at=MONDAY_9AM - SECOND) is False
    assert services.claim_message(message=message, at=MONDAY_9AM) is True
    assert services.claim_message(message=rival, at=MONDAY_9AM) is False

    claimed = row("b")
    assert (claimed.status, claimed.attempts, claimed.reclaims) == ("sending", 1, 0)
    assert (claimed.claimed_at, claimed.run_after) == (MONDAY_9AM, MONDAY_9AM + LEASE)
    assert (message.status, message.attempts) == ("sending", 1)
    assert (row("a").status, row("a").attempts) == ("queued", 0)


def test_a_claim_of_a_row_that_was_read_too_long_ago_fails(house: House) -> None:
    queue(letter("a"))
    message = row("a")
    OutboxMessage.objects.filter(pk=message.pk).update(attempts=1)
    assert services.claim_message(message=message, at=MONDAY_9AM) is False

    OutboxMessage.objects.filter(pk=message.pk).update(attempts=0, status=MessageStatus.SENDING)
    assert services.claim_message(message=message, at=MONDAY_9AM) is False


def test_a_message_whose_workers_died_is_dead_after_six_attempts(house: House) -> None:
    queue(letter("a"), letter("b"))
    OutboxMessage.objects.update(attempts=MAX_ATTEMPTS - 1, status=MessageStatus.SENDING)

    assert services.claim_message(message=row("a"), at=MONDAY_9AM) is True
    assert services.claim_message(message=row("a"), at=MONDAY_9AM + LEASE) is False

    assert MAX_ATTEMPTS == 6
    assert (row("a").status, row("a").last_error) == (
        "dead",
        "Every worker that tried to send it died.",
    )
    assert row("a").reclaims == 2
    assert row("b").status == "sending"


def test_a_message_that_is_given_up_is_told_with_the_error(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    died: list[MessageDied] = []
    monkeypatch.setitem(events._handlers, MessageDied, [died.append])
    queue(letter("a"), letter("b"))
    OutboxMessage.objects.filter(dedupe_key="b").update(attempts=MAX_ATTEMPTS - 1)

    for key in ("a", "b"):
        services.fail_message(message=row(key), error=OSError("x" * 2001), at=MONDAY_9AM)

    assert [(row(key).status, row(key).last_error) for key in ("a", "b")] == [
        ("queued", "x" * 2000),
        ("dead", "x" * 2000),
    ]
    assert [event.message_id for event in died] == [row("b").pk]


def test_a_failure_is_noted_only_by_the_worker_that_holds_the_claim(house: House) -> None:
    queue(letter("a"), letter("b"))
    stale = row("a")
    services.claim_message(message=stale, at=MONDAY_9AM)
    holder = row("a")
    other = row("b")
    for message in (holder, other):
        services.claim_message(message=message, at=MONDAY_9AM + LEASE)

    services._note_failure(message=stale, error=OSError("stale"), at=MONDAY_9AM + LEASE)
    assert (row("a").status, row("a").last_error) == ("sending", "")
    at = MONDAY_9AM + LEASE
    services._note_failure(message=holder, error=OSError("x" * 2001), at=at)

    assert (row("a").status, row("a").run_after) == ("queued", at + BACKOFF[1])
    assert row("a").last_error == "x" * 2000
    assert (row("b").status, row("b").last_error) == ("sending", "")
    OutboxMessage.objects.filter(pk=other.pk).update(status=MessageStatus.SENT)
    services._note_failure(message=other, error=OSError("late"), at=at)
    assert (row("b").status, row("b").last_error) == ("sent", "")


def test_an_unreachable_server_costs_an_attempt_only_when_the_message_is_due(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    queue(letter("a"), letter("b", not_before=MONDAY_9AM + MINUTE))

    for key in ("a", "b"):
        services.fail_message(message=row(key), error=OSError("closed"), at=MONDAY_9AM)

    assert [(row(key).attempts, row(key).last_error) for key in ("a", "b")] == [
        (1, "closed"),
        (0, ""),
    ]
    assert row("a").run_after == MONDAY_9AM + BACKOFF[0]
    assert [each.getMessage() for each in caplog.records] == [
        f"Message {row('a').pk} was not delivered: closed"
    ]


def test_a_delivered_message_is_marked_as_sent_with_its_subject(house: House) -> None:
    queue(letter("a"), letter("b"))
    OutboxMessage.objects.filter(dedupe_key="b").update(last_error="451 try later")
    arguments = {"from_email": "mesa@mesa.example", "at": MONDAY_9AM}

    assert services.deliver_message(message=row("b"), **arguments) is True
    assert services.deliver_message(message=row("b"), **arguments) is False

    sent = row("b")
    assert (sent.status, sent.sent_at, sent.last_error) == ("sent", MONDAY_9AM, "")
    assert sent.subject == mail.outbox[0].subject != ""
    assert str(sent) == f"b@b.example: {sent.subject}"
    assert (len(mail.outbox), row("a").status) == (1, "queued")


def test_the_stored_subject_has_up_to_250_characters(house: House) -> None:
    context = {"number": "T", "subject": "x" * 300}
    queue(letter("a", template="ticket_received", context=context))

    services.deliver_message(message=row("a"), from_email="m@mesa.example", at=MONDAY_9AM)

    assert len(row("a").subject) == 250
    assert mail.outbox[0].subject.startswith(row("a").subject)


def test_a_message_joins_the_thread_of_another_and_not_its_own(house: House) -> None:
    queue(letter("a"), letter("b", thread_id="<thread@mesa.example>"))
    alone = row("a")
    OutboxMessage.objects.filter(pk=alone.pk).update(thread_id=alone.message_id)

    assert "In-Reply-To" not in send(alone, plain()).extra_headers
    assert "In-Reply-To" not in send(row("a"), plain()).extra_headers
    headers = send(row("b"), plain()).extra_headers
    assert headers["In-Reply-To"] == headers["References"] == "<thread@mesa.example>"
    assert headers["Message-ID"] == row("b").message_id
    assert headers["Auto-Submitted"] == "auto-generated"


def test_a_letter_carries_the_file_that_was_attached(house: House) -> None:
    common = {"organization_id": house.north.pk, "at": MONDAY_9AM}
    store_bytes(content=b"other", content_type="text/plain", **common)
    blob = store_bytes(content=b"%PDF-", content_type="application/pdf", **common)
    queue(letter("a", attachment_id=blob.pk, attachment_name="report.pdf"), letter("b"))

    rendered = render_message(row("a"))
    sent = send(row("a"), rendered)
    bare = send(row("b"), render_message(row("b")))

    assert (rendered.attachment, rendered.attachment_type) == (b"%PDF-", "application/pdf")
    assert [tuple(each) for each in sent.attachments] == [
        ("report.pdf", b"%PDF-", "application/pdf")
    ]
    assert [each[1] for each in sent.alternatives] == ["text/html"]
    assert bare.attachments == []


def test_everything_that_waits_is_marked_as_sent(house: House) -> None:
    queue(letter("a"), letter("b"), letter("c"))
    OutboxMessage.objects.filter(dedupe_key="b").update(status=MessageStatus.DEAD)
    OutboxMessage.objects.filter(dedupe_key="c").update(
        status=MessageStatus.SENT, sent_at=MONDAY_9AM
    )

    assert services.mark_all_sent(at=MONDAY_9AM + HOUR) == 2

    assert [(row(key).status, row(key).sent_at) for key in ("a", "b", "c")] == [
        ("sent", MONDAY_9AM + HOUR),
        ("sent", MONDAY_9AM + HOUR),
        ("sent", MONDAY_9AM),
    ]


def test_the_task_delivers_letters_of_every_organization_and_of_none(
    house: House, monday: None
) -> None:
    queue(letter("a"))
    queue(letter("n"), organization_id=house.north.pk)

    assert deliver_due() == 2
    assert deliver_due() == 0

    assert sorted(sent.to[0] for sent in mail.outbox) == ["a@b.example", "n@b.example"]
