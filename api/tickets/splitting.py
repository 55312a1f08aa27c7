"""``POST tickets/{number}/split/``: a matter becomes a ticket of its own."""

from datetime import datetime
from typing import Any

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
from api.tickets.answers import IDEMPOTENCY, ticket_answer
from api.tickets.serializers import TicketSerializer
from catalog.queries import get_service
from foundation.accounts.models import Membership
from foundation.accounts.queries import membership_by_email, membership_of
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel, Impact, Kind, Urgency
from foundation.core.errors import Invalid
from tickets import queries, services
from tickets.models import Message, Ticket
from tickets.services import NewTicket
from web.access import needs
from web.requests import actor, person

_DESK_ONLY = gettext_lazy("Only the desk splits tickets.")


class NewPartSerializer(BodySerializer):
    """What is left out is as in the ticket; the requester, who wrote it."""

    message = serializers.IntegerField(
        required=False, min_value=1, help_text="Of the customer; left out: the description."
    )
    subject = serializers.CharField(required=False, max_length=200)
    description = TextField(required=False, help_text="Left out: the text as it was written.")
    requester = serializers.EmailField(required=False)
    kind = serializers.ChoiceField(choices=Kind.choices, required=False)
    service = serializers.SlugField(required=False)
    impact = serializers.ChoiceField(choices=Impact.choices, required=False)
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False)


class SplitAction:
    """Action of ``TicketViewSet``."""

    @extend_schema(
        request=NewPartSerializer, responses={201: TicketSerializer}, parameters=[IDEMPOTENCY]
    )
    @action(detail=True, methods=["post"])
    @method_decorator(needs(Capability.WORK_TICKETS, refusal=_DESK_ONLY))
    @idempotent
    def split(self, request: Request, number: str, *, at: datetime) -> Response:
        """Raise a ticket for a matter that the customer wrote on this one; it comes back. Its times
        run from when that was written.
        """
        ticket = queries.get_ticket(person(request), number)
        body = NewPartSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        message = _message(ticket, data.get("message"))
        part = services.split_ticket(
            ticket=ticket,
            message=message,
            part=_part(ticket, message, data),
            by=actor(request._request, Channel.API),
            at=at,
        )
        return ticket_answer(request, part, status.HTTP_201_CREATED)


def _message(ticket: Ticket, message_id: int | None) -> Message | None:
    """Return the message with this id; None without one. Raises ``Invalid`` for one that the ticket
    does not have.
    """
    if message_id is None:
        return None
    message = queries.message_of(ticket, message_id)
    if message is None or not message.is_public:
        words = _("There is no such message of the customer.")
        raise Invalid(words, fields={"message": words})
    return message


def _part(ticket: Ticket, message: Message | None, data: dict[str, Any]) -> NewTicket:
    return NewTicket(
        membership=_requester(ticket, message, data.get("requester")),
        subject=data.get("subject", ticket.subject),
        description=data.get("description", message.body if message else ticket.description),
        kind=Kind(data.get("kind", ticket.kind)),
        service=get_service(data["service"]) if "service" in data else ticket.service,
        impact=Impact(data.get("impact", ticket.impact)),
        urgency=Urgency(data.get("urgency", ticket.urgency)),
    )


def _requester(ticket: Ticket, message: Message | None, address: str | None) -> Membership:
    """Return the membership of the named person; without a name, of who wrote the message or, when
    they are no member any more, of the ticket's requester. Raises ``Invalid`` for nobody.
    """
    if address:
        found = membership_by_email(ticket.organization_id, address)
    else:
        author_id = message.author_id if message is not None else None
        wrote = membership_of(author_id, ticket.organization_id) if author_id else None
        found = wrote or membership_of(ticket.requester_id, ticket.organization_id)
    if found is None:
        words = _("No valid user of that organization has this address.")
        raise Invalid(words, fields={"requester": words})
    return found
