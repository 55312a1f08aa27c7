"""Make and change endpoints, try them, and send again what did not arrive."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.queries import acting_person
from foundation.accounts.tenancy import every_organization
from foundation.activity.services import Fact, record
from foundation.configuration.services import record_configuration_change
from foundation.core.actor import Actor
from foundation.core.errors import Invalid, NotAllowed
from foundation.core.events import publish
from foundation.core.kept import renew_kept
from foundation.core.sealing import seal
from foundation.webhooks import verbs
from foundation.webhooks.events import DeliveriesQueued
from foundation.webhooks.kinds import TEST, offered_kinds
from foundation.webhooks.models import Delivery, DeliveryStatus, Endpoint
from foundation.webhooks.queries import LISTENING, administers, deliveries_of, wrong_reader
from foundation.webhooks.services.queueing import new_event_id
from foundation.webhooks.signing import new_secret

SECRETS = "webhooks"  # the purpose under which secrets are sealed
BOTH_SIGN = timedelta(hours=24)  # after a new secret, the one before signs too
MOST_AGAIN = 10_000  # events that are queued again at once
_LABEL = Endpoint._meta.label_lower


def check_endpoint(endpoint: Endpoint) -> None:
    """Raise ``Invalid``, with the fields to correct, for an endpoint that could be told of nothing:
    a reader who may not read, unknown events, events that the reader may not be told of.
    """
    wrong = wrong_reader(endpoint) or _wrong_kinds(endpoint)
    if wrong:
        raise Invalid(next(iter(wrong.values())), fields=wrong)


def _wrong_kinds(endpoint: Endpoint) -> dict[str, str]:
    kinds = offered_kinds()
    unknown = [code for code in endpoint.kinds if code not in kinds]
    if unknown:
        return {"kinds": _("There are no such events: %(codes)s.") % {"codes": ", ".join(unknown)}}
    hidden = [
        str(kinds[code].label)
        for code in endpoint.kinds
        if not endpoint.reader.is_staff and not kinds[code].is_for_customers
    ]
    if hidden:
        words = _("A customer is not told of: %(events)s. Take them out, or choose another reader.")
        return {"kinds": words % {"events": ", ".join(hidden)}}
    return {}


@transaction.atomic
def create_endpoint(*, values: Mapping[str, Any], by: Actor, at: datetime) -> tuple[Endpoint, str]:
    """Make an endpoint and return it with its secret, which cannot be read again. ``values`` are
    columns by name. Raises ``NotAllowed``; ``Invalid`` with the fields.
    """
    _require_administrator(by)
    endpoint = Endpoint(created_at=at, **_plain(values))
    secret = give_secret(endpoint)
    _check_whole(endpoint)
    endpoint.save()
    record_configuration_change(
        instance=endpoint, changed_fields=sorted(values), created=True, by=by, at=at
    )
    return endpoint, secret


@transaction.atomic
def change_endpoint(
    *, endpoint: Endpoint, values: Mapping[str, Any], by: Actor, at: datetime
) -> None:
    """Change columns of an endpoint, by name; an endpoint that failed is tried at once. Raises as
    ``create_endpoint``.
    """
    _require_administrator(by)
    held = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    given = _plain(values)
    changed = [name for name in given if getattr(held, name) != given[name]]
    for name in changed:
        setattr(held, name, given[name])
    _check_whole(held)
    held.save()
    try_anew(endpoint=held, at=at)
    if changed:
        record_configuration_change(
            instance=held, changed_fields=changed, created=False, by=by, at=at
        )
    endpoint.refresh_from_db()


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns with each kind of events once."""
    kinds = {"kinds": list(dict.fromkeys(values["kinds"]))} if "kinds" in values else {}
    return {**values, **kinds}


def give_secret(endpoint: Endpoint) -> str:
    """Give an endpoint that is being made its secret, and return it."""
    secret = new_secret()
    endpoint.sealed_secret = seal(secret, purpose=SECRETS)
    return secret


def try_anew(*, endpoint: Endpoint, at: datetime) -> None:
    """Forget an outage, and make what waits due: the endpoint was changed."""
    Endpoint.objects.filter(pk=endpoint.pk).update(
        failures=0, failing_since=None, resumes_at=None, told_at=None
    )
    waiting = deliveries_of(endpoint).filter(status=DeliveryStatus.QUEUED, run_after__gt=at)
    waiting.update(run_after=at)
    publish(DeliveriesQueued(organization_id=None, at=at))


def renew_listeners() -> None:
    """After the commit make every process read anew which endpoints listen."""
    renew_kept(LISTENING)


@transaction.atomic
def renew_secret(*, endpoint: Endpoint, by: Actor, at: datetime) -> str:
    """Give the endpoint a new secret and return it. For ``BOTH_SIGN`` the one before signs too."""
    _require_administrator(by)
    held = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    held.sealed_previous = held.sealed_secret
    held.previous_until = at + BOTH_SIGN
    secret = give_secret(held)
    held.save()
    try_anew(endpoint=held, at=at)
    _record(held, verbs.SECRET_RENEWED, by, at)
    return secret


@transaction.atomic
def send_test(*, endpoint: Endpoint, by: Actor, at: datetime) -> Delivery:
    """Queue a test event, which has no data. Raises ``Invalid`` for an endpoint that is switched
    off.
    """
    _require_administrator(by)
    _require_active(endpoint)
    Endpoint.objects.filter(pk=endpoint.pk).update(resumes_at=None)
    with every_organization(reason="a test event belongs to no organization"):
        delivery: Delivery = Delivery.objects.create(
            endpoint=endpoint,
            event_id=new_event_id(),
            kind=TEST,
            subject_id=-secrets.randbits(62),  # waits for no other test
            happened_at=at,
            run_after=endpoint.created_at,  # before everything that waits
            queued_at=at,
        )
    _record(endpoint, verbs.TESTED, by, at)
    publish(DeliveriesQueued(organization_id=None, at=at))
    return delivery


@transaction.atomic
def send_again(
    *, endpoint: Endpoint, event_ids: Sequence[str] | None, by: Actor, at: datetime
) -> int:
    """Queue events again, with the same ids and bodies, and return how many: those named that have
    ended, delivered ones too; with None those that were not delivered, ``MOST_AGAIN`` at most, the
    oldest first. Raises ``Invalid`` for an endpoint that is switched off.
    """
    _require_administrator(by)
    _require_active(endpoint)
    ended = deliveries_of(endpoint)
    if event_ids is None:
        ended = ended.filter(status=DeliveryStatus.DEAD)
    else:
        ended = ended.filter(event_id__in=event_ids, status__in=_ENDED)
    ids = list(ended.order_by("pk").values_list("pk", flat=True)[:MOST_AGAIN])
    if not ids:
        return 0
    count = ended.filter(pk__in=ids).update(
        status=DeliveryStatus.QUEUED, attempts=0, run_after=at, queued_at=at, ended_at=None
    )
    Endpoint.objects.filter(pk=endpoint.pk).update(resumes_at=None)
    _record(endpoint, verbs.SENT_AGAIN, by, at, events=count)
    publish(DeliveriesQueued(organization_id=None, at=at))
    return count


_ENDED = (DeliveryStatus.DELIVERED, DeliveryStatus.DEAD, DeliveryStatus.WITHHELD)


def _check_whole(endpoint: Endpoint) -> None:
    try:
        endpoint.full_clean()
    except ValidationError as error:
        fields = {name: " ".join(words) for name, words in error.message_dict.items()}
        raise Invalid(next(iter(fields.values())), fields=fields) from error
    check_endpoint(endpoint)


def _require_administrator(by: Actor) -> None:
    if not administers(acting_person(by)):
        raise NotAllowed(_("Only an administrator of every customer can do this."))


def _require_active(endpoint: Endpoint) -> None:
    if not endpoint.is_active:
        raise Invalid(_("The webhook is switched off: switch it on first."))


def _record(endpoint: Endpoint, verb: str, by: Actor, at: datetime, **payload: Any) -> None:
    fact = Fact(verb=verb, object_type=_LABEL, object_id=endpoint.pk, payload=payload)
    record(organization_id=None, facts=[fact], by=by, at=at)
