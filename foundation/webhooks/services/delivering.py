"""Claim what is due, write and sign it, and send it; ``settling`` stores what came of it."""

import json
import logging
import time
from collections.abc import Container, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.utils import timezone

from foundation.accounts.queries import may_read
from foundation.accounts.tenancy import every_organization, organization_scope
from foundation.activity.events import Fact
from foundation.core.actor import Actor
from foundation.core.classification import Channel
from foundation.core.sealing import CannotUnseal, unseal
from foundation.core.waking import Waking
from foundation.webhooks.kinds import TEST, Happening, data_of
from foundation.webhooks.models import Delivery, DeliveryStatus, Endpoint, Failure
from foundation.webhooks.queries import due_deliveries, listener_of, ready_endpoints
from foundation.webhooks.sending import Answer, Line, Outgoing
from foundation.webhooks.services.endpoints import SECRETS
from foundation.webhooks.services.settling import WITHHELD, held, settle
from foundation.webhooks.signing import signature_headers

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)  # longer than an attempt; an older claim belongs to a dead worker
AT_ONCE = 10  # requests to one server at the same time
LOOK_SECONDS = 0.2  # between two looks for what is due; gathers a batch without a noticeable delay
_SYSTEM = "webhooks"


class Delivered(NamedTuple):
    """How many events were tried, and how many their servers took."""

    tried: int
    taken: int


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    """A claimed delivery: a request to be made, or why none can be made."""

    delivery: Delivery
    outgoing: Outgoing | None = None
    failure: str = ""


@dataclass(frozen=True, kw_only=True)
class _Batch:
    """Deliveries of one endpoint that are under way, and what came of those that are not any
    more.
    """

    endpoint: Endpoint
    waiting: dict[int, Delivery]
    came: list[tuple[Delivery, Answer]]


def deliver_events(*, seconds: float, waking: Waking) -> Delivered:
    """Send what is due until nothing is, or ``seconds`` have passed; then wait for what is under
    way. Each endpoint goes at its own pace: its next events begin when its last ones were settled.
    Opens the scopes itself; answers ``waking`` before each look for what is due.
    """
    ends = time.monotonic() + seconds
    next_look = 0.0
    line = Line()
    under_way: dict[int, _Batch] = {}
    tried = taken = 0
    try:
        while True:
            now = time.monotonic()
            if next_look <= now < ends:
                waking.answer()
                under_way |= {each.endpoint.pk: each for each in _begin(line, under_way)}
                if under_way:
                    waking.promise_look()
                next_look = now + LOOK_SECONDS
            if not under_way and (now >= ends or next_look > now):
                return Delivered(tried, taken)
            _hand_over(line.finished(), under_way)
            for batch in [each for each in under_way.values() if not each.waiting]:
                del under_way[batch.endpoint.pk]
                _settle_safely(batch)
                tried += len(batch.came)
                taken += sum(not answer.failure for _, answer in batch.came)
                next_look = 0.0
    finally:
        line.close()


def _begin(line: Line, busy: Container[int]) -> list[_Batch]:
    """Claim what is due of the endpoints that are not busy, and start to send it."""
    at = timezone.now()
    batches = []
    with every_organization(reason="find the events of webhooks that are due"):
        claimed = [
            (endpoint, [each for each in _due(endpoint, at) if _claim(each, at)])
            for endpoint in ready_endpoints(at=at)
            if endpoint.pk not in busy
        ]
    for endpoint, deliveries in claimed:
        batch = _Batch(endpoint=endpoint, waiting={}, came=[])
        for prepared in (_prepare(endpoint, delivery, at) for delivery in deliveries):
            delivery = prepared.delivery
            if prepared.outgoing is None:
                batch.came.append((delivery, Answer(failure=prepared.failure)))
                continue
            batch.waiting[delivery.pk] = delivery
            line.start((endpoint.pk, delivery.pk), prepared.outgoing)
        if deliveries:
            batches.append(batch)
    return batches


def _hand_over(answers: Iterable[tuple[Any, Answer]], under_way: Mapping[int, _Batch]) -> None:
    for (endpoint_id, delivery_id), answer in answers:
        batch = under_way[endpoint_id]
        batch.came.append((batch.waiting.pop(delivery_id), answer))


def _settle_safely(batch: _Batch) -> None:
    """Settle a batch. An error stops no other endpoint: the claims lapse, and it is sent again."""
    try:
        settle(batch.endpoint, batch.came)
    except Exception:
        logger.exception("The events of the webhook %s could not be settled", batch.endpoint.pk)


def _due(endpoint: Endpoint, at: datetime) -> list[Delivery]:
    return due_deliveries(endpoint, at=at, limit=1 if endpoint.failures else AT_ONCE)


def _claim(delivery: Delivery, at: datetime) -> bool:
    """Set the delivery to SENDING with a lease, by compare-and-set; False when another worker was
    first.
    """
    changes = {
        "status": DeliveryStatus.SENDING,
        "claimed_at": at,
        "run_after": at + LEASE,
        "attempts": delivery.attempts + 1,
    }
    as_read = Delivery.objects.filter(
        pk=delivery.pk, status=delivery.status, attempts=delivery.attempts, run_after__lte=at
    )
    if not as_read.update(**changes):
        return False
    for name, value in changes.items():
        setattr(delivery, name, value)
    return True


def _prepare(endpoint: Endpoint, delivery: Delivery, at: datetime) -> _Prepared:
    """Write the body, and sign it."""
    try:
        keys = _keys(endpoint, at)
    except CannotUnseal:
        return _Prepared(delivery=delivery, failure=Failure.SECRET)
    try:
        is_told = _write_body(endpoint, delivery)
    except Exception:
        # any error in the body is of this event alone; it is tried again as a failed attempt
        logger.exception("The event %s could not be written", delivery.event_id)
        return _Prepared(delivery=delivery, failure=Failure.BODY)
    if not is_told:
        return _Prepared(delivery=delivery, failure=WITHHELD)
    headers = signature_headers(
        event_id=delivery.event_id, body=delivery.body, keys=keys, at=timezone.now()
    )
    outgoing = Outgoing(url=endpoint.url, body=delivery.body, headers=headers)
    return _Prepared(delivery=delivery, outgoing=outgoing)


def _keys(endpoint: Endpoint, at: datetime) -> list[str]:
    keys = [unseal(endpoint.sealed_secret, purpose=SECRETS)]
    if endpoint.previous_until is not None and at < endpoint.previous_until:
        with suppress(CannotUnseal):  # perhaps why there is a new one
            keys.append(unseal(endpoint.sealed_previous, purpose=SECRETS))
    return keys


def _write_body(endpoint: Endpoint, delivery: Delivery) -> bool:
    """Set and store the body, unless one was made for this reader; False when the reader may not
    read it now.
    """
    data = {} if delivery.kind == TEST else _data(endpoint, delivery)
    if data is None:
        return False
    if delivery.body and delivery.body_reader_id == endpoint.reader_id:
        return True
    body = {
        "id": delivery.event_id,
        "type": delivery.kind,
        "timestamp": delivery.happened_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "sequence": delivery.pk,
        "data": data,
    }
    delivery.body = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    with every_organization(reason="store the body of an event"):
        held(delivery).update(body=delivery.body, body_reader_id=endpoint.reader_id)
    return True


def _data(endpoint: Endpoint, delivery: Delivery) -> dict[str, object] | None:
    """Return the ``data`` of the event; None when the endpoint is not told of it now."""
    organization_id = delivery.organization_id
    fact = Fact(
        verb=delivery.kind,
        object_type=delivery.subject_type,
        object_id=delivery.subject_id,
        payload=delivery.payload,
    )
    if organization_id is None or not listener_of(endpoint).hears(fact, organization_id):
        return None
    happening = Happening(
        organization_id=organization_id,
        at=delivery.happened_at,
        fact=fact,
        by=Actor(
            person_id=delivery.person_id,
            system=delivery.system or ("" if delivery.person_id else _SYSTEM),
            channel=Channel(delivery.channel),
            on_behalf_of=delivery.on_behalf_of,
        ),
    )
    with organization_scope(organization_id):
        if not may_read(endpoint.reader_id, organization_id):
            return None
        return data_of(happening, endpoint.reader)
