"""Webhooks over the API: made, changed, tried and read by those who administer every customer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.idempotency import idempotent
from api.pagination import TicketPagination
from api.parameters import KnownParameters, named_organization
from api.tickets.answers import IDEMPOTENCY
from api.webhooks.serializers import (
    CountSerializer,
    DeliveryDetailSerializer,
    DeliverySerializer,
    NewWebhookSerializer,
    SecretSerializer,
    SendAgainSerializer,
    WebhookChangeSerializer,
    WebhookSerializer,
    WebhookWithSecretSerializer,
    delivery_data,
    delivery_detail_data,
    webhook_data,
)
from foundation.accounts.queries import user_by_email
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from foundation.core.classification import Channel
from foundation.core.errors import Invalid
from foundation.webhooks import queries, services
from foundation.webhooks.models import Delivery, DeliveryStatus, Endpoint
from web.access import needs
from web.requests import actor, person

_ADMINISTRATORS_ONLY = gettext_lazy("Only an administrator can read or change webhooks.")
_for_administrators = method_decorator(needs(Capability.CONFIGURE, refusal=_ADMINISTRATORS_ONLY))
_STATUS = OpenApiParameter("status", str, enum=DeliveryStatus.values)
_NO_STORE = {"Cache-Control": "private, no-store"}  # the answer has a secret


class WebhookViewSet(KnownParameters, viewsets.GenericViewSet[Delivery]):
    """Answers with a secret are not kept for a repeated request: a name is taken once."""

    parameters: ClassVar = {"deliveries": frozenset({"status", "cursor"})}
    pagination_class = None
    filterset_class = None
    lookup_value_regex = r"[0-9]{1,18}"
    lookup_url_kwarg = "endpoint_id"

    def get_queryset(self) -> QuerySet[Delivery]:
        return Delivery.objects.none()  # of the schema alone

    @extend_schema(responses=WebhookSerializer(many=True))
    @_for_administrators
    def list(self, request: Request) -> Response:
        """List the webhooks, by name."""
        return Response([webhook_data(each) for each in queries.endpoints_for(person(request))])

    @extend_schema(request=NewWebhookSerializer, responses={201: WebhookWithSecretSerializer})
    @_for_administrators
    def create(self, request: Request) -> Response:
        """Make a webhook. Its secret comes back, this once."""
        body = NewWebhookSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        endpoint, secret = services.create_endpoint(
            values=_values(body.validated_data), by=_by(request), at=timezone.now()
        )
        data = {**webhook_data(endpoint), "secret": secret}
        return Response(data, status=status.HTTP_201_CREATED, headers=_NO_STORE)

    @extend_schema(responses=WebhookSerializer)
    @_for_administrators
    def retrieve(self, request: Request, endpoint_id: str) -> Response:
        return Response(webhook_data(_endpoint(request, endpoint_id)))

    @extend_schema(request=WebhookChangeSerializer, responses=WebhookSerializer)
    @_for_administrators
    def partial_update(self, request: Request, endpoint_id: str) -> Response:
        """Change a webhook, or switch it off or on. One that failed is tried at once."""
        endpoint = _endpoint(request, endpoint_id)
        body = WebhookChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        services.change_endpoint(
            endpoint=endpoint,
            values=_values(body.validated_data),
            by=_by(request),
            at=timezone.now(),
        )
        return Response(webhook_data(_endpoint(request, endpoint_id)))

    @extend_schema(request=None, responses=SecretSerializer)
    @action(detail=True, methods=["post"])
    @_for_administrators
    def secret(self, request: Request, endpoint_id: str) -> Response:
        """Make a new secret, which comes back this once."""
        endpoint = _endpoint(request, endpoint_id)
        made = services.renew_secret(endpoint=endpoint, by=_by(request), at=timezone.now())
        return Response({"secret": made}, headers=_NO_STORE)

    @extend_schema(request=None, responses={202: DeliverySerializer}, parameters=[IDEMPOTENCY])
    @action(detail=True, methods=["post"])
    @_for_administrators
    @idempotent
    def test(self, request: Request, endpoint_id: str, *, at: datetime) -> Response:
        """Queue a test event, of the type webhook.test and without data."""
        endpoint = _endpoint(request, endpoint_id)
        delivery = services.send_test(endpoint=endpoint, by=_by(request), at=at)
        return Response(delivery_data(delivery), status=status.HTTP_202_ACCEPTED)

    @extend_schema(
        request=SendAgainSerializer, responses={202: CountSerializer}, parameters=[IDEMPOTENCY]
    )
    @action(detail=True, methods=["post"], url_path="send-again")
    @_for_administrators
    @idempotent
    def send_again(self, request: Request, endpoint_id: str, *, at: datetime) -> Response:
        """Queue events again, with the same ids and bodies: those named that have ended, or those
        that were not delivered.
        """
        endpoint = _endpoint(request, endpoint_id)
        body = SendAgainSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        count = services.send_again(
            endpoint=endpoint,
            event_ids=body.validated_data.get("events"),
            by=_by(request),
            at=at,
        )
        return Response({"events": count}, status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses=DeliverySerializer(many=True), parameters=[_STATUS])
    @action(detail=True, methods=["get"], pagination_class=TicketPagination)
    @_for_administrators
    def deliveries(self, request: Request, endpoint_id: str) -> Response:
        """List the events of a webhook, the newest first."""
        deliveries = queries.deliveries_of(_endpoint(request, endpoint_id))
        wanted = request.query_params.get("status")
        if wanted is not None:
            if wanted not in DeliveryStatus.values:
                words = _("Use one of %(codes)s.") % {"codes": ", ".join(DeliveryStatus.values)}
                raise Invalid(words, fields={"status": words})
            deliveries = deliveries.filter(status=wanted)
        page = self.paginate_queryset(deliveries) or []
        return self.get_paginated_response([delivery_data(each) for each in page])

    @extend_schema(responses=DeliveryDetailSerializer)
    @action(
        detail=True,
        methods=["get"],
        url_path=r"deliveries/(?P<event_id>evt_[0-9a-f]{32})",
        url_name="delivery",
    )
    @_for_administrators
    def delivery(self, request: Request, endpoint_id: str, event_id: str) -> Response:
        """Read an event: what is sent, and what came of each attempt."""
        found = queries.get_delivery(_endpoint(request, endpoint_id), event_id)
        return Response(delivery_detail_data(found, queries.attempts_of(found)))


def _endpoint(request: Request, endpoint_id: str) -> Endpoint:
    return queries.get_endpoint(person(request), int(endpoint_id))


def _by(request: Request) -> Actor:
    return actor(request._request, Channel.API)


def _values(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of what a request gives. Raises ``Invalid`` for an unknown person or
    customer.
    """
    values = dict(data)
    if "reader" in values:
        found = user_by_email(values["reader"])
        if found is None:
            words = _("Nobody has this e-mail.")
            raise Invalid(words, fields={"reader": words})
        values["reader"] = found
    if values.get("organization") is not None:
        values["organization"] = named_organization(values["organization"])
    return values
