"""The outbox against a real SMTP server: letters are sent once, retried, reclaimed or given up, in
the language of the reader.
"""

import email
import email.policy
import socket
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.core.mail import get_connection
from django.db import transaction

from foundation.accounts.models import User
from foundation.core.links import Link
from foundation.notifications import services
from foundation.notifications.models import MessageStatus, OutboxMessage
from foundation.notifications.rendering import render_message
from foundation.notifications.services import (
    LEASE,
    Letter,
    deliver_message,
    due_messages,
    queue_letters,
)
from foundation.notifications.tasks import WAKING, deliver_due
from tests.support.house import (
    MINUTE,
    MONDAY_9AM,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.running import ROOT, free_port
from tickets import services as tickets


class Mailbox:
    """An SMTP peer that keeps what it accepts; ``refuse`` is the answer it gives instead."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuse = ""
        self.refused_address = ""
        self.dialogues: set[int] = set()

    async def handle_RCPT(  # noqa: N802
        self, server: object, session: object, envelope: object, address: str, options: object
    ) -> str:
        if address == self.refused_address:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)  # type: ignore[attr-defined]
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: object, session: object, envelope: Any
    ) -> str:
        self.dialogues.add(id(session))
        if self.refuse:
            return self.refuse
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append(message)
        return "250 accepted"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, Controller]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, controller
    controller.stop()


def deliver(
    message: OutboxMessage, mailbox: tuple[Mailbox, Controller], at: datetime = MONDAY_9AM
) -> bool:
    connection = get_connection(
        "django.core.mail.backends.smtp.EmailBackend", host="127.0.0.1", port=mailbox[1].port
    )
    message = OutboxMessage.objects.get(pk=message.pk)
    return deliver_message(
        message=message, from_email="Mesa <mesa@mesa.example>", at=at, connection=connection
    )


def test_the_copy_of_a_ticket_arrives_once_with_its_dates_in_the_readers_language(
    house: House, mailbox: tuple[Mailbox, Controller]
) -> None:
    User.objects.filter(pk=house.requester.pk).update(language="es")
    house.requester.refresh_from_db()
    ticket = make_ticket(house)
    row = OutboxMessage.objects.get(template="ticket_received")

    assert deliver(row, mailbox) is True
    assert deliver(row, mailbox) is False

    (mail,) = mailbox[0].mails
    text = mail.get_body(("plain",)).get_content()
    assert (mail["To"], mail["Message-ID"], mail["Auto-Submitted"]) == (
        "requester@north.example",
        row.message_id,
        "auto-generated",
    )
    assert mail["Subject"] == f"[{ticket.number}] Recibimos: The invoice fails"
    assert "Reacción: a más tardar 2 mar 2026, 10:00 (Ciudad de México)" in text
    assert "<script" not in mail.get_body(("html",)).get_content()


def test_markup_in_typed_text_is_escaped(house: House, mailbox: tuple[Mailbox, Controller]) -> None:
    ticket = make_ticket(house, subject="<b>bold</b>\r\nBcc: all@south.example")
    tickets.reply_to_customer(
        ticket=fresh(ticket), body="<script>alert(1)</script>", by=by(house.agent), at=MONDAY_9AM
    )

    for row in OutboxMessage.objects.filter(recipient=house.requester).order_by("pk"):
        deliver(row, mailbox)

    html = mailbox[0].mails[1].get_body(("html",)).get_content()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert all(mail["Bcc"] is None for mail in mailbox[0].mails)


def test_a_worker_without_its_lease_marks_no_message_dead(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_ticket(house)
    OutboxMessage.objects.filter(template="ticket_received").update(
        status=MessageStatus.SENDING, attempts=services.MAX_ATTEMPTS
    )
    stale = OutboxMessage.objects.get(template="ticket_received")
    OutboxMessage.objects.filter(pk=stale.pk).update(status=MessageStatus.SENT)
    published: list[Any] = []
    monkeypatch.setattr(services, "publish", published.append)

    services._note_failure(message=stale, error=OSError("gone"), at=MONDAY_9AM)

    assert OutboxMessage.objects.get(pk=stale.pk).status == MessageStatus.SENT
    assert published == []


def test_a_refusal_is_retried_with_back_off_and_given_up_visibly(
    house: House, mailbox: tuple[Mailbox, Controller]
) -> None:
    make_ticket(house)
    row = OutboxMessage.objects.get(template="ticket_received")
    mailbox[0].refuse = "451 try later"
    at = MONDAY_9AM
    waits = []

    for _ in range(services.MAX_ATTEMPTS):
        assert deliver(row, mailbox, at) is False
        row.refresh_from_db()
        waits.append(row.run_after - at)
        at = row.run_after

    assert waits[:-1] == list(services.BACKOFF)
    assert (row.status, row.attempts, "451" in row.last_error) == (MessageStatus.DEAD, 6, True)
    assert (
        services.requeue_messages(message_ids=[row.pk], by=by(house.staff["administrator"]), at=at)
        == 1
    )
    mailbox[0].refuse = ""
    assert deliver(row, mailbox, at) is True


def test_a_message_of_a_dead_worker_is_sent_after_its_lease_with_the_same_id(
    house: House, mailbox: tuple[Mailbox, Controller]
) -> None:
    make_ticket(house)
    row = OutboxMessage.objects.get(template="ticket_received")
    # and then the worker is killed
    assert services.claim_message(message=row, at=MONDAY_9AM) is True

    assert deliver(row, mailbox, MONDAY_9AM + MINUTE) is False
    assert due_messages(at=MONDAY_9AM + LEASE, limit=10) == [row]
    assert deliver(row, mailbox, MONDAY_9AM + LEASE) is True

    row.refresh_from_db()
    assert (row.status, row.reclaims, mailbox[0].mails[0]["Message-ID"]) == (
        MessageStatus.SENT,
        1,
        row.message_id,
    )


@pytest.fixture
def smtp(settings: Any, mailbox: tuple[Mailbox, Controller]) -> Mailbox:
    """Make the mailbox the installation's mail server."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = mailbox[1].port
    return mailbox[0]


def test_a_batch_travels_over_one_connection_and_one_refusal_holds_up_nobody(
    house: House, smtp: Mailbox
) -> None:
    for number in range(4):
        make_ticket(house, subject=f"Batch {number}")
    stranger = make_ticket(house, organization=house.south, requester=house.outsider)
    smtp.refused_address = "requester@south.example"

    assert deliver_due() == 4

    assert sorted(str(mail["Subject"])[-7:] for mail in smtp.mails) == [
        "Batch 0",
        "Batch 1",
        "Batch 2",
        "Batch 3",
    ]
    assert len(smtp.dialogues) == 1
    refused = OutboxMessage.objects.get(dedupe_key__startswith=f"raised:{stranger.pk}:")
    assert (refused.status, refused.attempts, "550" in refused.last_error) == (
        MessageStatus.QUEUED,
        1,
        True,
    )


def test_a_mail_server_that_cannot_be_reached_costs_one_message_an_attempt_and_the_others_nothing(
    house: House, settings: Any
) -> None:
    for _ in range(3):
        make_ticket(house)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = free_port()  # nobody listens there

    assert deliver_due() == 0

    assert sorted(OutboxMessage.objects.values_list("attempts", flat=True)) == [0, 0, 1]


def test_the_worker_is_called_once_until_it_starts_and_not_while_it_repeats() -> None:
    calls = [WAKING.is_needed(), WAKING.is_needed()]
    WAKING.answer()
    calls.append(WAKING.is_needed())
    WAKING.answer()
    WAKING.promise_look()
    calls.append(WAKING.is_needed())

    assert calls == [True, False, True, False]


def test_the_same_event_replayed_a_hundred_times_writes_one_message(house: House) -> None:
    letter = Letter(
        template="account_notice", to_email="a@north.example", language="es", dedupe_key="event:1:a"
    )

    for _ in range(100):
        with transaction.atomic():
            queue_letters(organization_id=house.north.pk, letters=[letter, letter], at=MONDAY_9AM)

    assert OutboxMessage.objects.filter(dedupe_key="event:1:a").count() == 1


TEMPLATES = sorted(
    path.name.removesuffix(".subject.txt")
    for path in (ROOT / "templates/notifications").glob("*.subject.txt")
)
CONTEXT = {
    "number": "TK-000001",
    "subject": "S",
    "organization": "O",
    "state": "open",
    "priority": "high",
    "time_zone": "America/Lima",
    "desk_zone": "America/Mexico_City",
    "promises": [],
    "closure_code": "approved",
    "metric": "reaction",
    "percent": 50,
    "due_at": "2026-03-02T15:00:00+00:00",
    "transition": "approve",
    "estimated_at": "2026-03-02T15:00:00+00:00",
    "validation_due_at": "2026-03-02T15:00:00+00:00",
    "cause": "breach",
    "position": 1,
    "month": "2026-03",
}


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_says_the_same_in_spanish_and_in_english(house: House, template: str) -> None:
    rendered = [
        render_message(
            OutboxMessage(
                template=template,
                language=language,
                to_email="a@b.example",
                to_name="Ana",
                context=CONTEXT,
                links={"url": Link("ticket", "TK-000001", for_staff=True).as_data()},
            )
        )
        for language in ("es", "en")
    ]

    assert rendered[0].text != rendered[1].text
    for each in rendered:
        assert each.subject
        assert "None" not in each.subject + each.text
        assert "{" not in each.subject + each.text
