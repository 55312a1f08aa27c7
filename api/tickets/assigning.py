"""Assignment over the API: who has a ticket and why, another assignee, the next ticket."""

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

from api.fields import BodySerializer
from api.idempotency import idempotent
from api.parameters import expected_version, if_match
from api.tickets.answers import IDEMPOTENCY, ticket_answer
from api.tickets.serializers import TicketSerializer
from foundation.accounts.models import User
from foundation.accounts.queries import user_by_email
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from foundation.core.errors import Invalid
from tickets import queries, services
from tickets.choosing import Bar
from tickets.models import Ticket
from tickets.permissions import can_work
from web.access import needs
from web.choices import ChoiceRow, choice_of
from web.requests import actor, person

_STAFF_ONLY = gettext_lazy("Only staff can read or change who has a ticket.")
_AGENTS_ONLY = gettext_lazy("Only who attends tickets can take the next one.")
MOST_SKIPPED = 200


class NewAssigneeSerializer(BodySerializer):
    assignee = serializers.EmailField(allow_null=True, help_text="Null: nobody.")


class SkippedSerializer(BodySerializer):
    skip = serializers.ListField(
        child=serializers.CharField(max_length=40),
        required=False,
        default=list,
        max_length=MOST_SKIPPED,
        help_text="Numbers of tickets that you do not want now.",
    )


class HolderSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    email = serializers.EmailField()


class ConsideredSerializer(HolderSerializer):
    held = serializers.IntegerField(help_text="Tickets to work on, when they were considered.")
    limit = serializers.IntegerField(allow_null=True)
    bar = serializers.ChoiceField(
        choices=Bar.choices, allow_null=True, help_text="What keeps them from the ticket."
    )


class ChoiceSerializer(serializers.Serializer[Any]):
    chosen_at = serializers.DateTimeField(
        allow_null=True, help_text="Null: the choice that would be made now."
    )
    person = HolderSerializer(allow_null=True, help_text="Null: nobody can take it.")
    why = serializers.CharField()
    considered = ConsideredSerializer(many=True)


class AssignmentSerializer(serializers.Serializer[Any]):
    assignee = HolderSerializer(allow_null=True)
    owner = HolderSerializer(allow_null=True, help_text="Who follows it up at the desk.")
    group = serializers.CharField(allow_null=True)
    choice = ChoiceSerializer(
        allow_null=True,
        help_text=(
            "Of automatic assignment, for who works on the ticket; null when a person gave it out."
        ),
    )


class AssignmentActions:
    """Actions of ``TicketViewSet``."""

    @extend_schema(methods=["GET"], responses=AssignmentSerializer)
    @extend_schema(
        methods=["POST"],
        request=NewAssigneeSerializer,
        responses=AssignmentSerializer,
        parameters=[IDEMPOTENCY, if_match("The ETag you read; 412 when it moved on.")],
    )
    @action(detail=True, methods=["get", "post"], pagination_class=None, filterset_class=None)
    @method_decorator(needs(Capability.SEE_TICKETS, refusal=_STAFF_ONLY))
    @idempotent
    def assignment(self, request: Request, number: str, *, at: datetime) -> Response:
        """Show who has the ticket and why, or who would get it; or give it to somebody."""
        ticket = queries.get_ticket(person(request), number)
        if request.method == "POST":
            body = NewAssigneeSerializer(data=request.data)
            body.is_valid(raise_exception=True)
            ticket = services.assign_ticket(
                ticket=ticket,
                assignee=staff_by_email(body.validated_data["assignee"]),
                by=actor(request._request, Channel.API),
                at=at,
                expected_version=expected_version(request),
            )
        return Response(_data(ticket, person(request), at), headers={"ETag": f'"{ticket.version}"'})

    @extend_schema(
        request=SkippedSerializer,
        responses={200: TicketSerializer, 204: None},
        parameters=[IDEMPOTENCY],
    )
    @action(detail=False, methods=["post"], pagination_class=None, filterset_class=None)
    @method_decorator(needs(Capability.HOLD_TICKETS, refusal=_AGENTS_ONLY))
    @idempotent
    def next(self, request: Request, *, at: datetime) -> Response:
        """Give the most urgent ticket that you have or can take, which is then yours; 204 when
        there is none.
        """
        body = SkippedSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        skipped = [
            queries.get_named_ticket(person(request), number, field="skip").pk
            for number in body.validated_data["skip"]
        ]
        by = actor(request._request, Channel.API)
        found = services.next_ticket(by=by, at=at, skipping=skipped)
        if found.ticket is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return ticket_answer(request, queries.get_ticket(person(request), found.ticket.number))


def staff_by_email(address: str | None) -> User | None:
    """Return the person with this address, None without one. Raises ``Invalid`` for nobody of the
    staff.
    """
    if address is None:
        return None
    found = user_by_email(address)
    if found is None or not found.is_staff:
        words = _("Nobody of the staff has this address.")
        raise Invalid(words, fields={"assignee": words})
    return found


def _data(ticket: Ticket, reader: User, at: datetime) -> dict[str, Any]:
    choice = choice_of(ticket, at) if can_work(reader, ticket) else None
    return {
        "assignee": _holder(ticket.assignee),
        "owner": _holder(ticket.owner),
        "group": ticket.team.name if ticket.team else None,
        "choice": choice
        and {
            "chosen_at": choice.chosen_at,
            "person": _holder(choice.person),
            "why": choice.words,
            "considered": [_considered(row) for row in choice.rows],
        },
    }


def _holder(found: User | None) -> dict[str, str] | None:
    return {"name": str(found), "email": found.email} if found is not None else None


def _considered(row: ChoiceRow) -> dict[str, Any]:
    verdict = row.verdict
    known = _holder(row.person) or {}
    return {**known, "held": verdict.held, "limit": verdict.limit, "bar": verdict.bar}
