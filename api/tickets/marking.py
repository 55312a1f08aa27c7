"""What the work on a ticket waits for, over the API. For the staff."""

from datetime import datetime

from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import BodySerializer, TextField
from api.idempotency import idempotent
from api.parameters import expected_version, if_match
from api.tickets.answers import ticket_answer
from api.tickets.serializers import TicketSerializer
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from tickets import queries, services
from tickets.stays import StayMark
from web.access import needs
from web.requests import actor, person

_STAFF_ONLY = gettext_lazy("Only staff can say what the work waits for.")
_IF_MATCH = if_match("The ETag you read; 412 with what changed when it moved on.")


class NewMarkSerializer(BodySerializer):
    """The customer reads ``reason``; ``expected_on`` is a day of the customer's time zone."""

    mark = serializers.ChoiceField(choices=StayMark.choices)
    reason = TextField()
    expected_on = serializers.DateField(required=False, allow_null=True, default=None)


class MarkAction:
    """An action of ``TicketViewSet``."""

    @extend_schema(
        methods=["POST"],
        request=NewMarkSerializer,
        responses=TicketSerializer,
        parameters=[_IF_MATCH],
    )
    @extend_schema(methods=["DELETE"], responses=TicketSerializer, parameters=[_IF_MATCH])
    @action(detail=True, methods=["post", "delete"])
    @method_decorator(needs(Capability.SEE_TICKETS, refusal=_STAFF_ONLY))
    @idempotent
    def mark(self, request: Request, number: str, *, at: datetime) -> Response:
        """Say what the work waits for while the state stays as it is; DELETE: it goes on."""
        ticket = queries.get_ticket(person(request), number)
        by = actor(request._request, Channel.API)
        version = expected_version(request)
        if request.method == "DELETE":
            services.go_on(ticket=ticket, by=by, at=at, expected_version=version)
        else:
            body = NewMarkSerializer(data=request.data)
            body.is_valid(raise_exception=True)
            services.mark_stay(
                ticket=ticket, by=by, at=at, expected_version=version, **body.validated_data
            )
        return ticket_answer(request, ticket)
