"""Queue an event for each endpoint that is told of a fact, in the transaction of the fact."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from foundation.activity.events import Fact
from foundation.core.actor import Actor
from foundation.core.events import publish
from foundation.webhooks.events import DeliveriesQueued
from foundation.webhooks.models import Delivery
from foundation.webhooks.queries import listeners

_PER_STATEMENT = 500


def queue_deliveries(
    *, organization_id: int | None, facts: Sequence[Fact], by: Actor, at: datetime
) -> None:
    """Add a row per fact and endpoint that is told of it, and publish ``DeliveriesQueued``. An
    event has the same id for every endpoint. Facts of no organization are told to nobody.
    """
    found = listeners() if organization_id is not None else []
    if not found or organization_id is None:
        return
    told = [
        (listener.endpoint_id, fact, event_id)
        for fact, event_id in ((fact, new_event_id()) for fact in facts)
        for listener in found
        if listener.hears(fact, organization_id)
    ]
    if not told:
        return
    Delivery.objects.bulk_create(
        (
            Delivery(
                organization_id=organization_id,
                endpoint_id=endpoint_id,
                event_id=event_id,
                kind=fact.verb,
                subject_type=fact.object_type,
                subject_id=fact.object_id,
                happened_at=at,
                person_id=by.person_id,
                system=by.system,
                channel=by.channel,
                on_behalf_of=by.on_behalf_of,
                payload=fact.payload,
                run_after=at,
                queued_at=at,
            )
            for endpoint_id, fact, event_id in told
        ),
        batch_size=_PER_STATEMENT,
    )
    publish(DeliveriesQueued(organization_id=organization_id, at=at))


def new_event_id() -> str:
    return f"evt_{uuid4().hex}"
