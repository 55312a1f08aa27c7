"""Reads of endpoints and of what waits for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from foundation.accounts.models import User
from foundation.accounts.queries import membership_of
from foundation.accounts.roles import Capability, CustomerRole
from foundation.accounts.tenancy import every_organization, is_restricted
from foundation.activity.events import Fact
from foundation.core.errors import NotFound
from foundation.core.kept import kept
from foundation.webhooks.kinds import offered_kinds
from foundation.webhooks.models import OPEN, Attempt, Delivery, DeliveryStatus, Endpoint

LISTENING = "webhooks.listening"  # the name under which listeners are kept
MOST_COUNTED = 1000
_REASON = "an administrator reads the log of webhooks, test events included"


@dataclass(frozen=True, kw_only=True)
class Listener:
    """What decides whether an active endpoint is told of a fact."""

    endpoint_id: int
    organization_id: int | None
    kinds: frozenset[str]
    is_for_customers: bool

    def hears(self, fact: Fact, organization_id: int) -> bool:
        kind = offered_kinds().get(fact.verb)
        return (
            kind is not None
            and self.organization_id in {None, organization_id}
            and (not self.kinds or fact.verb in self.kinds)
            and (kind.is_for_customers or not self.is_for_customers)
        )


def listeners() -> list[Listener]:
    """Return the active endpoints as listeners. Kept in the cache, see ``renew_listeners``."""
    return [_listener(*row) for row in kept(LISTENING, _rows)]


def _rows() -> list[list[Any]]:
    endpoints = Endpoint.objects.filter(is_active=True).select_related("reader").order_by("pk")
    return list(map(_columns, endpoints))


def _columns(endpoint: Endpoint) -> list[Any]:
    is_for_customers = not endpoint.reader.is_staff
    return [endpoint.pk, endpoint.organization_id, endpoint.kinds, is_for_customers]


def listener_of(endpoint: Endpoint) -> Listener:
    """Return an endpoint, with its reader, as it listens now."""
    return _listener(*_columns(endpoint))


def _listener(
    endpoint_id: int, organization_id: int | None, kinds: list[str], is_for_customers: bool
) -> Listener:
    return Listener(
        endpoint_id=endpoint_id,
        organization_id=organization_id,
        kinds=frozenset(kinds),
        is_for_customers=is_for_customers,
    )


def ready_endpoints(*, at: datetime) -> list[Endpoint]:
    """Return the active endpoints to which something may be sent now, with their readers."""
    endpoints = Endpoint.objects.filter(is_active=True).select_related("reader")
    return list(endpoints.filter(Q(resumes_at=None) | Q(resumes_at__lte=at)).order_by("pk"))


def due_deliveries(endpoint: Endpoint, *, at: datetime, limit: int) -> list[Delivery]:
    """Return up to ``limit`` deliveries that are due: of each subject the earliest that has not
    ended, if its next attempt has come or its worker died.
    """
    earlier = Delivery.objects.filter(
        endpoint_id=OuterRef("endpoint_id"),
        subject_type=OuterRef("subject_type"),
        subject_id=OuterRef("subject_id"),
        status__in=OPEN,
        pk__lt=OuterRef("pk"),
    )
    due = Delivery.objects.filter(endpoint=endpoint, status__in=OPEN, run_after__lte=at)
    return list(due.exclude(Exists(earlier)).order_by("run_after", "pk")[:limit])


def attempts_of(delivery: Delivery) -> list[Attempt]:
    with every_organization(reason=_REASON):
        return list(Attempt.objects.filter(delivery=delivery).order_by("pk"))


def last_attempts(deliveries: Iterable[Delivery]) -> dict[int, Attempt]:
    """Return, by id of the delivery, the last attempt that was made for it."""
    with every_organization(reason=_REASON):
        ids = [each.pk for each in deliveries]
        attempts = Attempt.objects.filter(delivery__in=ids).order_by("pk")
        return {each.delivery_id: each for each in attempts}


def last_attempt_of(endpoint: Endpoint) -> Attempt | None:
    """Return the last attempt that was made for the endpoint."""
    with every_organization(reason=_REASON):
        attempts = Attempt.objects.filter(delivery__endpoint=endpoint)
        return attempts.order_by("-pk").first()


def count_waiting(endpoint: Endpoint) -> int:
    """Return how many events wait for the endpoint, ``MOST_COUNTED`` at most."""
    return _count(endpoint, *OPEN)


def count_dead(endpoint: Endpoint) -> int:
    """Return how many events were not delivered, ``MOST_COUNTED`` at most."""
    return _count(endpoint, DeliveryStatus.DEAD)


def _count(endpoint: Endpoint, *statuses: str) -> int:
    found = deliveries_of(endpoint).filter(status__in=statuses).order_by()
    return len(found.values_list("pk", flat=True)[:MOST_COUNTED])


def deliveries_of(endpoint: Endpoint) -> QuerySet[Delivery]:
    """Return the events of an endpoint, the newest first."""
    with every_organization(reason=_REASON):
        return Delivery.objects.filter(endpoint=endpoint).order_by("-pk")


def endpoints_for(person: User) -> QuerySet[Endpoint]:
    """Return the endpoints that this person may see, by name: those who administer every customer
    see all.
    """
    with every_organization(reason=_REASON):
        found = Endpoint.objects.select_related("reader", "organization").order_by("name", "pk")
    return found if administers(person) else found.none()


def administers(person: User) -> bool:
    """Tell whether this person may see and change endpoints: addresses may hold a key, and events
    are those of every customer.
    """
    return person.can(Capability.CONFIGURE) and not is_restricted(person)


def get_endpoint(person: User, endpoint_id: int) -> Endpoint:
    """Return the endpoint; ``NotFound`` when it does not exist or this person may not see it."""
    endpoint = endpoints_for(person).filter(pk=endpoint_id).first()
    if endpoint is None:
        raise NotFound(_("There is no such webhook."))
    return endpoint


def get_delivery(endpoint: Endpoint, event_id: str) -> Delivery:
    found = deliveries_of(endpoint).filter(event_id=event_id).first()
    if found is None:
        raise NotFound(_("This webhook has no such event."))
    return found


def wrong_reader(endpoint: Endpoint) -> dict[str, str]:
    """Return the field and why the reader of an endpoint may read nothing; empty when they may."""
    reader = endpoint.reader
    if not reader.is_active:
        return {"reader": _("This person's account is not active.")}
    if reader.is_staff:
        may_see = reader.can(Capability.SEE_TICKETS)
        return {} if may_see else {"reader": _("This person may not see tickets.")}
    if endpoint.organization_id is None:
        return {"organization": _("Choose the customer whose tickets this person reads.")}
    if not _is_coordinator(reader, endpoint.organization_id):
        return {"reader": _("Choose a coordinator of the customer, or a person of the staff.")}
    return {}


def _is_coordinator(reader: User, organization_id: int) -> bool:
    membership = membership_of(reader.pk, organization_id)
    return membership is not None and membership.has_role(CustomerRole.COORDINATOR)
