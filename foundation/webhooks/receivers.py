from django.db import transaction

from foundation.activity.events import FactsRecorded
from foundation.configuration.events import ConfigurationChanged
from foundation.core.enqueuing import enqueue
from foundation.webhooks import services
from foundation.webhooks.events import DeliveriesQueued
from foundation.webhooks.models import Endpoint
from foundation.webhooks.tasks import WAKING, deliver_due


def on_facts_recorded(event: FactsRecorded) -> None:
    services.queue_deliveries(
        organization_id=event.organization_id, facts=event.facts, by=event.by, at=event.at
    )


def on_deliveries_queued(event: DeliveriesQueued) -> None:
    """Enqueue ``deliver_due`` after the commit; without a broker, beat's next run delivers."""
    transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    if WAKING.is_needed():
        enqueue(deliver_due)


def on_configuration_changed(event: ConfigurationChanged) -> None:
    """After a change of an endpoint, tell every process to read the listeners again."""
    if event.object_type == Endpoint._meta.label_lower:
        services.renew_listeners()
