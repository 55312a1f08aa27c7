"""Snoozing a ticket, over the API. For who has it."""

from datetime import datetime

from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import BodySerializer, InstantField
from api.idempotency import idempotent
from api.tickets.answers import ticket_answer
from api.tickets.serializers import TicketSerializer
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from tickets import queries, services
from web.access import needs
from web.requests import actor, person

_STAFF_ONLY = gettext_lazy("Only who attends tickets snoozes one.")


class NewSnoozeSerializer(BodySerializer):
    until = InstantField(help_text="Within 90 days.")


class SnoozeAction:
    """An action of ``TicketViewSet``."""

    @extend_schema(methods=["POST"], request=NewSnoozeSerializer, responses=TicketSerializer)
    @extend_schema(methods=["DELETE"], responses=TicketSerializer)
    @action(detail=True, methods=["post", "delete"])
    @method_decorator(needs(Capability.HOLD_TICKETS, refusal=_STAFF_ONLY))
    @idempotent
    def snooze(self, request: Request, number: str, *, at: datetime) -> Response:
        """Snooze the ticket until an instant, or until the customer writes or a clock is missed;
        DELETE brings it back.
        """
        ticket = queries.get_ticket(person(request), number)
        by = actor(request._request, Channel.API)
        if request.method == "DELETE":
            services.wake_ticket(ticket=ticket, by=by, at=at)
        else:
            body = NewSnoozeSerializer(data=request.data)
            body.is_valid(raise_exception=True)
            until = body.validated_data["until"]
            ticket = services.send_what_is_held(ticket=ticket, by=by, at=at)
            services.snooze_ticket(ticket=ticket, until=until, by=by, at=at)
        return ticket_answer(request, ticket)
