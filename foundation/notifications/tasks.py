"""Celery entry points of delivery."""

import time
from smtplib import SMTPException

from celery import shared_task
from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from foundation.accounts.tenancy import every_organization, organization_scope
from foundation.core.waking import Waking
from foundation.notifications import services
from foundation.notifications.models import OutboxMessage

BATCH = 20  # messages per query; each is claimed by itself, so a killed worker delays one
ROUND_SECONDS = 10  # then beat's next run continues; a mail server that hangs ends the round
WAKING = Waking("notifications.wake")
PAUSE_SECONDS = 0.2  # between two queries: gathers a batch without a noticeable delay


@shared_task(queue="mail")
def deliver_due() -> int:
    """Deliver the due messages over one connection and return how many were sent: new ones,
    retries, and those of dead workers.

    Repeats the query until it finds nothing or ``ROUND_SECONDS`` have passed, so that a busy minute
    needs one task and one connection. Stops when the mail server is unreachable, and after the
    first message that it does not answer in time.
    """
    ends = time.monotonic() + ROUND_SECONDS
    sent = 0
    connection = get_connection()
    try:
        while time.monotonic() < ends:
            WAKING.answer()
            with every_organization(reason="find the messages that are due"):
                due = services.due_messages(at=timezone.now(), limit=BATCH)
            if not due:
                break
            WAKING.promise_look()
            for message in due:
                error = _unreachable(connection)
                sent += _deliver(message, connection, error)
                if error is not None or time.monotonic() >= ends:
                    return sent
            time.sleep(PAUSE_SECONDS)
    finally:
        connection.close()
    return sent


def _unreachable(connection: BaseEmailBackend) -> Exception | None:
    """Open the connection unless it is open; return the error, or None.

    On an error the caller fails one message and leaves the others queued.
    """
    try:
        connection.open()
    except (OSError, SMTPException) as error:
        return error
    return None


def _deliver(message: OutboxMessage, connection: BaseEmailBackend, error: Exception | None) -> bool:
    organization_id = message.organization_id
    scope = (
        organization_scope(organization_id)
        if organization_id is not None
        else every_organization(reason="deliver a message that belongs to no organization")
    )
    with scope:
        if error is not None:
            services.fail_message(message=message, error=error, at=timezone.now())
            return False
        return services.deliver_message(
            message=message,
            from_email=settings.DEFAULT_FROM_EMAIL,
            at=timezone.now(),
            connection=connection,
        )
