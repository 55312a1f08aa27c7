"""``POST tickets/{number}/customer/``: a ticket of the wrong customer is raised anew elsewhere."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import BodySerializer, TextField
from api.idempotency import idempotent
from api.parameters import expected_version, if_match, named_organization
from api.tickets.answers import IDEMPOTENCY, ticket_answer
from api.tickets.serializers import TicketSerializer, clock_data
from catalog.queries import get_service
from foundation.accounts.queries import membership_by_email
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel, Impact, Kind, Urgency
from foundation.core.errors import Invalid
from sla.clocks.services import preview_raising
from tickets import queries, services
from tickets.models import Activity, Ticket
from tickets.services import NewTicket, Spent
from web.access import needs
from web.requests import actor, person

_DESK_ONLY = gettext_lazy("Only the desk raises a ticket for another customer.")
_IF_MATCH = if_match("The ETag you read; 412 when the ticket changed meanwhile.")


class ElsewhereSerializer(BodySerializer):
    """What is left out is as in the ticket."""

    organization = serializers.SlugField(help_text="The right customer.")
    requester = serializers.EmailField(help_text="Of a valid user of that customer.")
    subject = serializers.CharField(required=False, max_length=200)
    description = TextField(required=False)
    kind = serializers.ChoiceField(choices=Kind.choices, required=False)
    service = serializers.SlugField(required=False)
    impact = serializers.ChoiceField(choices=Impact.choices, required=False)
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False)
    reason = TextField(
        max_length=5000,
        default="",
        help_text="What the requester of the old ticket reads; needed unless it is solved or has "
        "ended. Do not name the other customer.",
    )
    minutes = serializers.IntegerField(
        required=False, min_value=1, max_value=1440, help_text="Worked, where the contract asks."
    )
    activity = serializers.ChoiceField(choices=Activity.choices, default=Activity.ANALYSIS)


class ElsewherePlanSerializer(serializers.Serializer[Any]):
    contract = serializers.CharField(allow_null=True, help_text="Null: out of contract.")
    priority = serializers.IntegerField()
    ending = serializers.CharField(
        allow_null=True, help_text="The step that ends the old ticket; null: it stays as it is."
    )
    clocks = serializers.ListField(child=serializers.DictField())


class ElsewhereActions:
    """Actions of ``TicketViewSet``."""

    @extend_schema(
        request=ElsewhereSerializer,
        responses={201: TicketSerializer},
        parameters=[IDEMPOTENCY, _IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    @method_decorator(needs(Capability.WORK_TICKETS, refusal=_DESK_ONLY))
    @idempotent
    def customer(self, request: Request, number: str, *, at: datetime) -> Response:
        """Raise anew, for the right customer, what was registered for the wrong one; the new ticket
        comes back. The old one ends with the reason.
        """
        found = _act(request, number, at)
        return ticket_answer(request, found, status.HTTP_201_CREATED)

    @extend_schema(request=ElsewhereSerializer, responses={200: ElsewherePlanSerializer})
    @action(detail=True, methods=["post"], url_path="customer/preview")
    @method_decorator(needs(Capability.WORK_TICKETS, refusal=_DESK_ONLY))
    def customer_preview(self, request: Request, number: str) -> Response:
        """Say which contract, priority and clocks the ticket would get; nothing is written."""
        now = timezone.now()
        ticket = queries.get_ticket(person(request), number)
        by = actor(request._request, Channel.API)
        ending = services.ending_elsewhere(ticket=ticket, by=by, at=now)
        plan = preview_raising(lambda: _act(request, number, now))
        data = {
            "contract": plan.contract.reference if plan.contract else None,
            "priority": plan.priority,
            "ending": ending.name if ending else None,
            "clocks": [clock_data(clock) for clock in plan.clocks],
        }
        return Response(data)


def _act(request: Request, number: str, at: datetime) -> Ticket:
    ticket = queries.get_ticket(person(request), number)
    body = ElsewhereSerializer(data=request.data)
    body.is_valid(raise_exception=True)
    data = body.validated_data
    minutes = data.get("minutes")
    return services.raise_elsewhere(
        ticket=ticket,
        request=_wanted(ticket, data),
        reason=data["reason"],
        spent=Spent(minutes, Activity(data["activity"])) if minutes else None,
        by=actor(request._request, Channel.API),
        at=at,
        expected_version=expected_version(request),
    )


def _wanted(ticket: Ticket, data: dict[str, Any]) -> NewTicket:
    organization = named_organization(data["organization"])
    membership = membership_by_email(organization.pk, data["requester"])
    if membership is None:
        words = _("No valid user of that organization has this address.")
        raise Invalid(words, fields={"requester": words})
    return NewTicket(
        membership=membership,
        subject=data.get("subject", ticket.subject),
        description=data.get("description", ticket.description),
        kind=Kind(data.get("kind", ticket.kind)),
        service=get_service(data["service"]) if "service" in data else ticket.service,
        impact=Impact(data.get("impact", ticket.impact)),
        urgency=Urgency(data.get("urgency", ticket.urgency)),
    )
