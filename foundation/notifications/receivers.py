from django.db import transaction

from foundation.notifications.events import MessageQueued
from foundation.notifications.tasks import deliver_due
from foundation.notifications.waking import needs_wake


def on_message_queued(event: MessageQueued) -> None:
    """Enqueue ``deliver_due`` after the commit. If the broker is unreachable, the error is logged
    and beat's next run delivers.
    """
    transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    if needs_wake():
        deliver_due.delay()
