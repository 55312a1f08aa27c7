"""Store what came of attempts: of each event, then of the endpoint.

An event is sent until its server takes it (2xx), at least once, always with the same id. A failed
one is tried again after ``BACKOFF``; the later events of its ticket wait for it. One that is
refused is given up after twelve attempts and two days, others after three. A server that is down is
tried with one event at a time, after ``PAUSES``, and when it takes one after an outage, everything
that waits is due.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from foundation.accounts.tenancy import every_organization
from foundation.activity.services import Fact, record
from foundation.core.actor import system_actor
from foundation.webhooks import notices, verbs
from foundation.webhooks.models import Attempt, Delivery, DeliveryStatus, Endpoint, Failure
from foundation.webhooks.queries import deliveries_of, wrong_reader
from foundation.webhooks.sending import Answer
from foundation.webhooks.services.endpoints import renew_listeners

WITHHELD = "withheld"  # instead of a failure: the reader may not read it
BACKOFF = tuple(
    timedelta(seconds=seconds)
    for seconds in (10, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200, 86400)
)
MAX_ATTEMPTS = len(BACKOFF) + 1
# Not given up before: an outage that comes and goes uses attempts up sooner than ``BACKOFF``.
LEAST_AGE = timedelta(days=2)
LONGEST_WAIT = timedelta(minutes=30)  # of an event whose server is down or busy
# Of a server that is down, after each failure in a row.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 10, 30, 60, 120, 300))
# So many in a row are an outage. Fewer may be one event that its server cannot take.
OUTAGE = 3
TOLD_AFTER = timedelta(minutes=15)  # without success, the administrators get a letter
_JITTER = 0.2
_SYSTEM = "webhooks"


@transaction.atomic
def settle(endpoint: Endpoint, came: Sequence[tuple[Delivery, Answer]]) -> None:
    """Store what came of the attempts of one endpoint. Opens the scope itself."""
    at = timezone.now()
    with every_organization(reason="settle the events of a webhook"):
        for delivery, answer in came:
            _settle_delivery(delivery, answer, at)
        row = Endpoint.objects.select_for_update(of=("self",)).select_related("reader")
        locked = row.get(pk=endpoint.pk)
        _settle_endpoint(locked, [answer for _, answer in came], at)
        if any(delivery.status == DeliveryStatus.DEAD for delivery, _ in came):
            notices.tell_of_lost(locked, at=at)


def _settle_delivery(delivery: Delivery, answer: Answer, at: datetime) -> None:
    ours = held(delivery)
    if answer.failure == WITHHELD:
        ours.update(status=DeliveryStatus.WITHHELD, ended_at=at)
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
        ours.update(status=DeliveryStatus.DELIVERED, ended_at=at)
    elif _is_given_up(delivery, answer, at):
        if ours.update(status=DeliveryStatus.DEAD, ended_at=at):
            delivery.status = DeliveryStatus.DEAD
            _let_followers_begin(delivery, at)
    else:
        wait = BACKOFF[min(delivery.attempts, len(BACKOFF)) - 1]
        wait = min(wait, LONGEST_WAIT) if answer.is_server_down else wait
        ours.update(status=DeliveryStatus.QUEUED, run_after=at + _with_jitter(wait))


def _is_given_up(delivery: Delivery, answer: Answer, at: datetime) -> bool:
    """Tell whether an event that its server refuses was tried often and long enough. One whose
    server is down or busy is given up by its age alone (``ending``).
    """
    is_old = at >= delivery.queued_at + LEAST_AGE
    return not answer.is_server_down and is_old and delivery.attempts >= MAX_ATTEMPTS


def _let_followers_begin(delivery: Delivery, at: datetime) -> None:
    """Let the time that the next events of the subject may wait begin now: they were not tried."""
    followers = deliveries_of(delivery.endpoint).filter(
        subject_type=delivery.subject_type,
        subject_id=delivery.subject_id,
        status=DeliveryStatus.QUEUED,
        pk__gt=delivery.pk,
    )
    followers.update(queued_at=at)


def _settle_endpoint(endpoint: Endpoint, answers: Sequence[Answer], at: datetime) -> None:
    if any(answer.failure == WITHHELD for answer in answers) and wrong_reader(endpoint):
        notices.tell_of_wrong_reader(endpoint, at=at)
    about_it = [each for each in answers if each.failure not in {WITHHELD, Failure.BODY}]
    if any(answer.failure == Failure.GONE for answer in about_it):
        _stop(endpoint, at)
    elif any(not answer.failure for answer in about_it):
        _note_success(endpoint, _pause_after(about_it), at)
    elif about_it:
        _note_failures(endpoint, about_it, at)


def _note_success(endpoint: Endpoint, pause: timedelta | None, at: datetime) -> None:
    """The server works; perhaps it takes not so many at once. What failed in an outage is due."""
    resumes_at = at + pause if pause is not None else None
    if endpoint.failing_since is None and not endpoint.failures and resumes_at is None:
        return
    Endpoint.objects.filter(pk=endpoint.pk).update(
        failures=0, failing_since=None, resumes_at=resumes_at, told_at=None
    )
    if endpoint.failures >= OUTAGE:
        waiting = deliveries_of(endpoint).filter(status=DeliveryStatus.QUEUED, run_after__gt=at)
        waiting.update(run_after=at)


def _note_failures(endpoint: Endpoint, answers: Sequence[Answer], at: datetime) -> None:
    since = endpoint.failing_since or at
    changes: dict[str, object] = {"failing_since": since}
    pause = _pause_after(answers, endpoint.failures)
    if pause is not None:
        changes |= {"failures": F("failures") + 1, "resumes_at": at + pause}
    if endpoint.told_at is None and at - since >= TOLD_AFTER:
        changes["told_at"] = at
        endpoint.failing_since = since
        notices.tell_of_failing(endpoint, why=answers[-1].failure, at=at)
    Endpoint.objects.filter(pk=endpoint.pk).update(**changes)


def _pause_after(answers: Sequence[Answer], failures: int = 0) -> timedelta | None:
    """Return how long nothing is sent to a server that is down or busy; None when it is not."""
    down = [answer for answer in answers if answer.is_server_down]
    if not down:
        return None
    asked = timedelta(seconds=max(answer.retry_after or 0 for answer in down))
    return max(_with_jitter(PAUSES[min(failures, len(PAUSES) - 1)]), asked)


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


def held(delivery: Delivery) -> QuerySet[Delivery]:
    """Return the row if this claim is still the current one: a worker whose lease expired must not
    overwrite a later claim.
    """
    return Delivery.objects.filter(
        pk=delivery.pk, status=DeliveryStatus.SENDING, claimed_at=delivery.claimed_at
    )
