from functools import partial

from django.db import transaction

from notifications.events import MessageQueued
from notifications.tasks import deliver


def on_message_queued(event: MessageQueued) -> None:
    """Wake the worker after commit; when the broker is away the sweep delivers."""
    transaction.on_commit(partial(_wake, event.organization_id, event.message_id), robust=True)


def _wake(organization_id: int | None, message_id: int) -> None:
    deliver.delay(organization_id, message_id)
