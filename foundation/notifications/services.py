"""The outbox: queue messages in the transaction of their cause, deliver after the commit, retry
with back-off, mark as dead.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import make_msgid
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Q, QuerySet

from foundation.accounts.queries import may_read, user_by_email
from foundation.activity.services import Fact, record
from foundation.core.actor import Actor
from foundation.core.events import publish
from foundation.core.links import Link
from foundation.notifications import verbs
from foundation.notifications.events import MessageDied, MessageQueued
from foundation.notifications.models import MessageStatus, OutboxMessage
from foundation.notifications.rendering import RenderedMessage, render_message

logger = logging.getLogger(__name__)

# Longer than any SMTP dialogue: ten answers, from the greeting to the end of the data, each within
# 30 s (EMAIL_TIMEOUT). An older claim belongs to a dead worker.
LEASE = timedelta(minutes=6)
BACKOFF = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
MAX_ATTEMPTS = len(BACKOFF) + 1


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message to one recipient, to be queued. ``dedupe_key`` is unique in the outbox, so the same
    letter is queued once.
    """

    template: str
    to_email: str
    language: str
    dedupe_key: str
    context: dict[str, Any] = field(default_factory=dict)
    # Name of the template variable -> link.
    links: dict[str, Link] = field(default_factory=dict)
    to_name: str = ""
    recipient_id: int | None = None
    thread_id: str = ""
    copies: tuple[str, ...] = ()  # addresses of the header Cc; each has a letter of its own
    attachment_id: int | None = None
    attachment_name: str = ""
    not_before: datetime | None = None  # earliest delivery, for an off-duty recipient


def queue_letters(*, organization_id: int | None, letters: Sequence[Letter], at: datetime) -> None:
    """Add an outbox row per letter and publish ``MessageQueued``. Runs in the caller's transaction.

    Skips letters whose ``dedupe_key`` exists already or that have no address.
    """
    wanted = {letter.dedupe_key: letter for letter in letters if letter.to_email}
    if not wanted:
        return
    # An existing row stays as it is. Not ``ignore_conflicts``: on SQLite that would also ignore
    # violations of other constraints.
    OutboxMessage.objects.bulk_create(
        (_row(organization_id, letter, at) for letter in wanted.values()),
        update_conflicts=True,
        unique_fields=["dedupe_key"],
        update_fields=["dedupe_key"],
    )
    publish(MessageQueued(organization_id=organization_id, at=at))


def _row(organization_id: int | None, letter: Letter, at: datetime) -> OutboxMessage:
    return OutboxMessage(
        organization_id=organization_id,
        recipient_id=letter.recipient_id,
        to_email=letter.to_email,
        to_name=letter.to_name,
        language=letter.language,
        template=letter.template,
        context=letter.context,
        links={name: link.as_data() for name, link in letter.links.items()},
        dedupe_key=letter.dedupe_key,
        message_id=make_msgid(domain=settings.MESA_MAIL_DOMAIN),
        thread_id=letter.thread_id,
        copies=list(letter.copies),
        attachment_id=letter.attachment_id,
        attachment_name=letter.attachment_name,
        run_after=letter.not_before or at,
        created_at=at,
    )


def due_messages(*, at: datetime, limit: int) -> list[OutboxMessage]:
    """Return up to ``limit`` due messages: queued, or with the expired lease of a dead worker.

    Ordered by ``run_after``, the earliest first.
    """
    return list(OutboxMessage.objects.filter(_claimable(at)).order_by("run_after", "pk")[:limit])


def deliver_message(
    *,
    message: OutboxMessage,
    from_email: str,
    at: datetime,
    connection: BaseEmailBackend | None = None,
) -> bool:
    """Claim, render and send one message; return whether it was sent now.

    Returns False when another worker has claimed it, it is not due, its reader has left (it is
    withheld), or the attempt failed. A failed message is queued for a retry or marked dead, and
    ``connection`` is closed, so that the next message opens a new one. A crash between SMTP's 250
    and the commit of *sent* delivers twice; ``reclaims`` counts the claims after an expired lease.
    """
    if not claim_message(message=message, at=at):
        return False
    if not may_still_read(message):
        _held(message).update(status=MessageStatus.WITHHELD)
        return False
    try:
        rendered = render_message(message)
        _send(message, rendered, from_email=from_email, connection=connection)
    except Exception as error:  # noqa: BLE001 - any failure is stored in the row and retried
        logger.warning("Message %s was not delivered: %s", message.pk, error)
        _note_failure(message=message, error=error, at=at)
        if connection is not None:
            connection.close()
        return False
    _held(message).update(
        status=MessageStatus.SENT, sent_at=at, subject=rendered.subject[:250], last_error=""
    )
    return True


def may_still_read(message: OutboxMessage) -> bool:
    """Tell whether the person with this address may read about the organization now: active, and a
    member or of the staff that serves it. True for an address of nobody, such as an outside
    contact, and for a message about an account.
    """
    if message.organization_id is None:
        return True
    reader_id = message.recipient_id
    if reader_id is None:
        reader = user_by_email(message.to_email)
        reader_id = reader.pk if reader is not None else None
    return reader_id is None or may_read(reader_id, message.organization_id)


def fail_message(*, message: OutboxMessage, error: Exception, at: datetime) -> None:
    """Claim the message and count a failed attempt, when the mail server cannot be reached."""
    if claim_message(message=message, at=at):
        logger.warning("Message %s was not delivered: %s", message.pk, error)
        _note_failure(message=message, error=error, at=at)


def claim_message(*, message: OutboxMessage, at: datetime) -> bool:
    """Set the message to SENDING with a new lease, by compare-and-set on status and attempts.

    Returns False when it is not due or another worker has claimed it. Also when it has no attempts
    left: then it is marked dead.
    """
    changes = {
        "status": MessageStatus.SENDING,
        "claimed_at": at,
        "run_after": at + LEASE,
        "attempts": message.attempts + 1,
        "reclaims": message.reclaims + (message.status == MessageStatus.SENDING),
    }
    as_read = OutboxMessage.objects.filter(
        _claimable(at), pk=message.pk, status=message.status, attempts=message.attempts
    )
    if not as_read.update(**changes):
        return False
    for name, value in changes.items():
        setattr(message, name, value)
    if message.attempts > MAX_ATTEMPTS:
        _note_failure(
            message=message, error=RuntimeError("Every worker that tried to send it died."), at=at
        )
        return False
    return True


def _held(message: OutboxMessage) -> QuerySet[OutboxMessage]:
    """Return the row if this claim is still the current one, otherwise an empty queryset: a worker
    whose lease expired must not overwrite a later claim.
    """
    return OutboxMessage.objects.filter(
        pk=message.pk, status=MessageStatus.SENDING, claimed_at=message.claimed_at
    )


def _claimable(at: datetime) -> Q:
    # A row in SENDING carries run_after = end of its lease: the same index finds fresh and
    # abandoned work.
    return Q(status__in=(MessageStatus.QUEUED, MessageStatus.SENDING), run_after__lte=at)


def _send(
    message: OutboxMessage,
    rendered: RenderedMessage,
    *,
    from_email: str,
    connection: BaseEmailBackend | None,
) -> None:
    headers = {
        "Message-ID": message.message_id,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    if message.thread_id and message.thread_id != message.message_id:
        headers["In-Reply-To"] = message.thread_id
        headers["References"] = message.thread_id
    if message.copies:  # for the reader alone: the envelope has one address
        headers["Cc"] = ", ".join(message.copies)
    mail = EmailMultiAlternatives(
        subject=rendered.subject,
        body=rendered.text,
        from_email=from_email,
        to=[message.to_email],
        headers=headers,
        connection=connection or get_connection(),
    )
    mail.attach_alternative(rendered.html, "text/html")
    if rendered.attachment is not None:
        mail.attach(message.attachment_name, rendered.attachment, rendered.attachment_type)
    mail.send()


@transaction.atomic
def _note_failure(*, message: OutboxMessage, error: Exception, at: datetime) -> None:
    attempts = message.attempts
    if attempts < MAX_ATTEMPTS:
        _held(message).update(
            status=MessageStatus.QUEUED,
            run_after=at + BACKOFF[attempts - 1],
            last_error=str(error)[:2000],
        )
        return
    if not _held(message).update(status=MessageStatus.DEAD, last_error=str(error)[:2000]):
        return  # the lease has lapsed: the worker that holds it now decides
    publish(MessageDied(organization_id=message.organization_id, at=at, message_id=message.pk))


@transaction.atomic
def requeue_messages(*, message_ids: Sequence[int], by: Actor, at: datetime) -> int:
    """Put dead and withheld messages back in the queue with fresh attempts; return how many."""
    count = 0
    for message in OutboxMessage.objects.filter(
        pk__in=message_ids, status__in=(MessageStatus.DEAD, MessageStatus.WITHHELD)
    ).order_by("pk"):
        OutboxMessage.objects.filter(pk=message.pk).update(
            status=MessageStatus.QUEUED, attempts=0, run_after=at
        )
        fact = Fact(verb=verbs.REQUEUED, object_type="outbox", object_id=message.pk)
        record(organization_id=message.organization_id, facts=[fact], by=by, at=at)
        publish(MessageQueued(organization_id=message.organization_id, at=at))
        count += 1
    return count


def mark_all_sent(*, at: datetime) -> int:
    """Mark every message as sent without sending it, dead letters too; return how many. The demo's
    loader uses it for replayed history.
    """
    return OutboxMessage.objects.exclude(status=MessageStatus.SENT).update(
        status=MessageStatus.SENT, sent_at=at
    )
