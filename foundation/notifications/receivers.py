from django.db import transaction

from foundation.notifications.events import MessageQueued
from foundation.notifications.tasks import deliver_due
from foundation.notifications.waking import needs_wake


def on_message_queued(event: MessageQueued) -> None:
    """Wake the worker after commit; when the broker is away the sweep delivers."""
    transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    if needs_wake():
        deliver_due.delay()
