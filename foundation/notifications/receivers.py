from django.db import transaction

from foundation.accounts.events import RoleAsked, RoleGranted, RolesTaken
from foundation.core.enqueuing import enqueue
from foundation.notifications import roles
from foundation.notifications.events import MessageQueued
from foundation.notifications.tasks import WAKING, deliver_due


def on_message_queued(event: MessageQueued) -> None:
    """Enqueue ``deliver_due`` after the commit; without a broker, beat's next run delivers."""
    transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    if WAKING.is_needed():
        enqueue(deliver_due)


def on_role_asked(event: RoleAsked) -> None:
    roles.tell_confirmers(event.grant_id, event.at)


def on_role_granted(event: RoleGranted) -> None:
    roles.tell_of_role(event.grant_id, event.at)


def on_roles_taken(event: RolesTaken) -> None:
    roles.tell_of_taken_roles(event)
