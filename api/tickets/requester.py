"""Whose request a ticket is, over the API. For the desk."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import BodySerializer
from api.idempotency import idempotent
from api.parameters import expected_version, if_match
from api.tickets.answers import IDEMPOTENCY, ticket_answer
from api.tickets.serializers import TicketSerializer
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from tickets import queries, services
from tickets.services import RequesterPlan
from web.access import needs
from web.requests import actor, person

_IF_MATCH = if_match("The ETag you read; 412 with what changed when it moved on.")
_DESK_ONLY = gettext_lazy("Only the desk changes the requester.")


class NewRequesterSerializer(BodySerializer):
    requester = serializers.EmailField(help_text="Of a valid user of the same customer.")
    keeps_following = serializers.BooleanField(
        default=True, help_text="The old requester follows the ticket and reads it from now on."
    )


class RequesterPlanSerializer(serializers.Serializer[Any]):
    """What the change would do. Contract and clocks stay."""

    requester = serializers.EmailField()
    old_requester = serializers.EmailField()
    old_keeps_reading = serializers.BooleanField()
    site = serializers.CharField(allow_null=True)
    department = serializers.CharField(allow_null=True)
    answer_due_at = serializers.DateTimeField(
        allow_null=True, help_text="The time to answer the desk's question ends then."
    )


class RequesterActions:
    """Actions of ``TicketViewSet``."""

    @extend_schema(
        request=NewRequesterSerializer,
        responses={200: TicketSerializer},
        parameters=[IDEMPOTENCY, _IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    @method_decorator(needs(Capability.WORK_TICKETS, refusal=_DESK_ONLY))
    @idempotent
    def requester(self, request: Request, number: str, *, at: datetime) -> Response:
        """Make another valid user of the customer the requester. Both are told."""
        ticket = queries.get_ticket(person(request), number)
        seen = expected_version(request)
        services.require_version(ticket, seen)
        body = NewRequesterSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        by = actor(request._request, Channel.API)
        ticket = services.send_what_is_held(ticket=ticket, by=by, at=at)
        services.change_requester(
            ticket=ticket,
            membership=services.requester_by_email(ticket, body.validated_data["requester"]),
            keeps_following=body.validated_data["keeps_following"],
            by=by,
            at=at,
            expected_version=ticket.version if seen is not None else None,
        )
        return ticket_answer(request, queries.get_ticket(person(request), number))

    @extend_schema(request=NewRequesterSerializer, responses={200: RequesterPlanSerializer})
    @action(detail=True, methods=["post"], url_path="requester/preview")
    @method_decorator(needs(Capability.WORK_TICKETS, refusal=_DESK_ONLY))
    def requester_preview(self, request: Request, number: str) -> Response:
        """Say what another requester would change; nothing is written."""
        ticket = queries.get_ticket(person(request), number)
        body = NewRequesterSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        plan = services.plan_requester(
            ticket=ticket,
            membership=services.requester_by_email(ticket, body.validated_data["requester"]),
            keeps_following=body.validated_data["keeps_following"],
            by=actor(request._request, Channel.API),
            at=timezone.now(),
        )
        return Response(RequesterPlanSerializer(_plan_data(plan)).data)


def _plan_data(plan: RequesterPlan) -> dict[str, Any]:
    return {
        "requester": plan.new.email,
        "old_requester": plan.old.email,
        "old_keeps_reading": plan.old_keeps_reading,
        "site": plan.site[1] and plan.site[1].name,
        "department": plan.department[1] and plan.department[1].name,
        "answer_due_at": plan.answer_due_at,
    }
