"""The page of a webhook: whether it works, its events, and what can be done about it."""

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from desk.frame import frame
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from foundation.core.errors import DomainError
from foundation.webhooks import queries, services
from foundation.webhooks.kinds import offered_kinds
from foundation.webhooks.models import OPEN, Attempt, Delivery, DeliveryStatus, Endpoint
from tickets.models import format_number
from web.access import needs
from web.keyset import keyset_page
from web.once import DonePage
from web.requests import actor, person, posted_from
from web.tabs import Tab

PER_PAGE = 50
_SHOWN: dict[str, tuple[str, ...]] = {
    "": (),
    "waiting": OPEN,
    "failed": (DeliveryStatus.DEAD,),
    "delivered": (DeliveryStatus.DELIVERED,),
    "withheld": (DeliveryStatus.WITHHELD,),
}


@dataclass(frozen=True)
class _Row:
    """An event in the log. ``number`` is that of its ticket, "" for a test event."""

    delivery: Delivery
    kind: str
    number: str
    last: Attempt | None


@require_safe
@needs(Capability.CONFIGURE)
def webhook(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Show an endpoint and its events, the newest first. ``?show`` is one of ``_SHOWN``; ``?after``
    and ``?before`` are the marks of pages.
    """
    endpoint = queries.get_endpoint(person(request), endpoint_id)
    show = request.GET.get("show", "")
    show = show if show in _SHOWN else ""
    deliveries = queries.deliveries_of(endpoint)
    if _SHOWN[show]:
        deliveries = deliveries.filter(status__in=_SHOWN[show])
    page = keyset_page(
        deliveries,
        ("-id",),
        PER_PAGE,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    lasts = queries.last_attempts(page.rows)
    context = {
        "endpoint": endpoint,
        "kinds": [
            offered_kinds()[code].label for code in endpoint.kinds if code in offered_kinds()
        ],
        "waiting": queries.count_waiting(endpoint),
        "dead": queries.count_dead(endpoint),
        "last": queries.last_attempt_of(endpoint),
        "wrong_reader": "".join(queries.wrong_reader(endpoint).values()),
        "tabs": _tabs(request, show),
        "show": show,
        "page": page,
        "rows": [_row(each, lasts.get(each.pk)) for each in page.rows],
        "zone": settings.TIME_ZONE,
    }
    return render(request, "desk/webhooks/page.html", frame(request) | context)


@require_safe
@needs(Capability.CONFIGURE)
def event(request: HttpRequest, endpoint_id: int, event_id: str) -> HttpResponse:
    """Show an event: what was sent, and what came of each attempt."""
    endpoint = queries.get_endpoint(person(request), endpoint_id)
    delivery = queries.get_delivery(endpoint, event_id)
    attempts = queries.attempts_of(delivery)
    context = {
        "endpoint": endpoint,
        "row": _row(delivery, attempts[-1] if attempts else None),
        "attempts": attempts,
        "body": json.dumps(json.loads(delivery.body), ensure_ascii=False, indent=2)
        if delivery.body
        else "",
        "zone": settings.TIME_ZONE,
        "is_open": delivery.status in OPEN,
    }
    return render(request, "desk/webhooks/event.html", frame(request) | context)


@posted_from("admin:webhook", "endpoint_id")
@needs(Capability.CONFIGURE)
def test(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Queue a test event, and show it."""
    endpoint = queries.get_endpoint(person(request), endpoint_id)
    try:
        delivery = services.send_test(
            endpoint=endpoint, by=actor(request, Channel.DESK), at=timezone.now()
        )
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("admin:webhook", endpoint_id)
    return redirect("admin:webhook_event", endpoint_id, delivery.event_id)


@posted_from("admin:webhook", "endpoint_id")
@never_cache
@needs(Capability.CONFIGURE)
def secret(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Make a new secret and show it, once."""
    endpoint = queries.get_endpoint(person(request), endpoint_id)
    made = services.renew_secret(
        endpoint=endpoint, by=actor(request, Channel.DESK), at=timezone.now()
    )
    return secret_page(request, endpoint, made, is_first=False)


def secret_page(
    request: HttpRequest, endpoint: Endpoint, made: str, *, is_first: bool
) -> HttpResponse:
    context: dict[str, Any] = {"endpoint": endpoint, "secret": made, "is_first": is_first}
    page = render_to_string("desk/webhooks/secret.html", frame(request) | context, request)
    answer = DonePage(page.encode(), done_at=reverse("admin:webhook", args=[endpoint.pk]))
    answer["Cache-Control"] = "private, no-store"
    return answer


@posted_from("admin:webhook", "endpoint_id")
@needs(Capability.CONFIGURE)
def again(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Queue again what was not delivered."""
    return _send_again(request, endpoint_id, None)


@posted_from("admin:webhook", "endpoint_id")
@needs(Capability.CONFIGURE)
def event_again(request: HttpRequest, endpoint_id: int, event_id: str) -> HttpResponse:
    """Queue an event again."""
    return _send_again(request, endpoint_id, event_id)


def _send_again(request: HttpRequest, endpoint_id: int, event_id: str | None) -> HttpResponse:
    endpoint = queries.get_endpoint(person(request), endpoint_id)
    try:
        count = services.send_again(
            endpoint=endpoint,
            event_ids=None if event_id is None else [event_id],
            by=actor(request, Channel.DESK),
            at=timezone.now(),
        )
    except DomainError as error:
        messages.error(request, str(error))
    else:
        words = ngettext("%(n)d event is sent again.", "%(n)d events are sent again.", count)
        messages.success(request, words % {"n": count} if count else _("Nothing was to be sent."))
    if event_id is None:
        return redirect("admin:webhook", endpoint_id)
    return redirect("admin:webhook_event", endpoint_id, event_id)


def _row(delivery: Delivery, last: Attempt | None) -> _Row:
    kind = offered_kinds().get(delivery.kind)
    is_of_ticket = delivery.subject_type == "ticket"
    return _Row(
        delivery=delivery,
        kind=str(kind.label) if kind is not None else _("Test"),
        number=format_number(delivery.subject_id) if is_of_ticket else "",
        last=last,
    )


def _tabs(request: HttpRequest, show: str) -> list[Tab]:
    labels = {
        "": _("All"),
        "waiting": _("Waiting"),
        "failed": _("Not delivered"),
        "delivered": _("Delivered"),
        "withheld": _("Withheld"),
    }
    return [
        Tab(label, f"{request.path}?show={name}" if name else request.path, name == show)
        for name, label in labels.items()
    ]
