"""Send what is due, and settle what came of it.

An event is sent until its server takes it (2xx), at least once, always with the same id and the
same bytes. A failed one is tried again after ``BACKOFF``, twelve times in about two days; the later
events of its ticket wait for it. A server that is down is tried with one event at a time, after
``PAUSES``, and as soon as it takes one, everything that waits is due.
"""

import json
import logging
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from foundation.accounts.queries import may_read
from foundation.accounts.tenancy import every_organization, organization_scope
from foundation.activity.events import Fact
from foundation.activity.services import record
from foundation.core.actor import Actor, system_actor
from foundation.core.classification import Channel
from foundation.core.sealing import CannotUnseal, unseal
from foundation.webhooks import notices, verbs
from foundation.webhooks.kinds import TEST, Happening, data_of
from foundation.webhooks.models import Attempt, Delivery, DeliveryStatus, Endpoint, Failure
from foundation.webhooks.queries import due_deliveries, listener_of, ready_endpoints
from foundation.webhooks.sending import Answer, Outgoing, send_all
from foundation.webhooks.services.endpoints import SECRETS, renew_listeners
from foundation.webhooks.signing import signature_headers

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)  # longer than a round; an older claim belongs to a dead worker
AT_ONCE = 10  # requests to one server at the same time
BACKOFF = tuple(
    timedelta(seconds=seconds)
    for seconds in (10, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200, 86400)
)
MAX_ATTEMPTS = len(BACKOFF) + 1
# Of a server that is down, after each failure in a row.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 10, 30, 60, 120, 300))
TOLD_AFTER = timedelta(minutes=15)  # of an outage, the administrators get a letter
_JITTER = 0.2
_SYSTEM = "webhooks"


class Round(NamedTuple):
    """How many events were tried, and how many their servers took."""

    tried: int
    taken: int


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    """A claimed delivery: a request to be made, or why none can be made."""

    delivery: Delivery
    outgoing: Outgoing | None = None
    failure: str = ""


def deliver_round(*, at: datetime) -> Round:
    """Claim what is due of every endpoint, send it at the same time, settle it. Opens the scopes
    itself.
    """
    with every_organization(reason="find the events of webhooks that are due"):
        claimed = [
            (endpoint, [each for each in _due(endpoint, at) if _claim(each, at)])
            for endpoint in ready_endpoints(at=at)
        ]
    prepared = [
        (endpoint, ready)
        for endpoint, deliveries in claimed
        if (ready := [_prepare(endpoint, delivery, at) for delivery in deliveries])
    ]
    waiting = [each.outgoing for _, ready in prepared for each in ready if each.outgoing]
    answers = iter(send_all(waiting))
    tried = taken = 0
    for endpoint, ready in prepared:
        came = [
            (each.delivery, next(answers) if each.outgoing else Answer(failure=each.failure))
            for each in ready
        ]
        _settle(endpoint, came)
        tried += len(came)
        taken += sum(not answer.failure for _, answer in came)
    return Round(tried, taken)


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
        return _Prepared(delivery=delivery, failure=_WITHHELD)
    headers = signature_headers(
        event_id=delivery.event_id, body=delivery.body, keys=keys, at=timezone.now()
    )
    outgoing = Outgoing(url=endpoint.url, body=delivery.body, headers=headers)
    return _Prepared(delivery=delivery, outgoing=outgoing)


_WITHHELD = "withheld"


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
        _held(delivery).update(body=delivery.body, body_reader_id=endpoint.reader_id)
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


@transaction.atomic
def _settle(endpoint: Endpoint, came: Sequence[tuple[Delivery, Answer]]) -> None:
    """Store what came of the attempts of one endpoint: of each delivery, then of the endpoint."""
    at = timezone.now()
    with every_organization(reason="settle the events of a webhook"):
        for delivery, answer in came:
            _settle_delivery(delivery, answer, at)
        answered = [answer for _, answer in came if answer.failure != _WITHHELD]
        if not answered:
            return
        held = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
        if any(not answer.failure for answer in answered):
            _note_success(held, at)
        else:
            _note_failures(held, answered, at)
        if any(delivery.status == DeliveryStatus.DEAD for delivery, _ in came):
            notices.tell_of_lost(held, at=at)


def _settle_delivery(delivery: Delivery, answer: Answer, at: datetime) -> None:
    held = _held(delivery)
    if answer.failure == _WITHHELD:
        held.update(status=DeliveryStatus.WITHHELD, ended_at=at)
        return
    Attempt.objects.create(
        organization_id=delivery.organization_id,
        delivery=delivery,
        at=at,
        took_ms=answer.took_ms,
        status_code=answer.status_code,
        failure=answer.failure,
        detail=answer.detail,
        answer=answer.text,
    )
    if not answer.failure:
        held.update(status=DeliveryStatus.DELIVERED, ended_at=at)
    elif delivery.attempts >= MAX_ATTEMPTS:
        if held.update(status=DeliveryStatus.DEAD, ended_at=at):
            delivery.status = DeliveryStatus.DEAD
    else:
        wait = _with_jitter(BACKOFF[delivery.attempts - 1])
        held.update(status=DeliveryStatus.QUEUED, run_after=at + wait)


def _note_success(endpoint: Endpoint, at: datetime) -> None:
    """The server works: what failed while it was down is due at once."""
    if endpoint.failing_since is None and not endpoint.failures:
        return
    Endpoint.objects.filter(pk=endpoint.pk).update(
        failures=0, failing_since=None, resumes_at=None, told_at=None
    )
    if endpoint.failures:
        waiting = Delivery.objects.filter(endpoint=endpoint, status=DeliveryStatus.QUEUED)
        waiting.filter(run_after__gt=at).update(run_after=at)


def _note_failures(endpoint: Endpoint, answers: Sequence[Answer], at: datetime) -> None:
    if any(answer.failure == Failure.GONE for answer in answers):
        _stop(endpoint, at)
        return
    changes: dict[str, object] = {"failing_since": endpoint.failing_since or at}
    down = [answer for answer in answers if answer.is_server_down]
    if down:
        pause = _with_jitter(PAUSES[min(endpoint.failures, len(PAUSES) - 1)])
        asked = timedelta(seconds=max(answer.retry_after or 0 for answer in down))
        changes |= {"failures": F("failures") + 1, "resumes_at": at + max(pause, asked)}
    endpoint.failing_since = endpoint.failing_since or at
    if endpoint.told_at is None and at - endpoint.failing_since >= TOLD_AFTER:
        changes["told_at"] = at
        notices.tell_of_failing(endpoint, why=answers[-1].failure, at=at)
    Endpoint.objects.filter(pk=endpoint.pk).update(**changes)


def _stop(endpoint: Endpoint, at: datetime) -> None:
    """Switch the endpoint off: its server says that the address is gone for good (410)."""
    Endpoint.objects.filter(pk=endpoint.pk).update(is_active=False, failing_since=at)
    fact = Fact(verb=verbs.STOPPED, object_type=Endpoint._meta.label_lower, object_id=endpoint.pk)
    record(organization_id=None, facts=[fact], by=system_actor(_SYSTEM), at=at)
    renew_listeners()
    notices.tell_of_stop(endpoint, at=at)


def _with_jitter(wait: timedelta) -> timedelta:
    """Return the time, 20 % more or less: after an outage servers are not called all at once."""
    return wait * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - not a secret


def _held(delivery: Delivery) -> QuerySet[Delivery]:
    """Return the row if this claim is still the current one: a worker whose lease expired must not
    overwrite a later claim.
    """
    return Delivery.objects.filter(
        pk=delivery.pk, status=DeliveryStatus.SENDING, claimed_at=delivery.claimed_at
    )
