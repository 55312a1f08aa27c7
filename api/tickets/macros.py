"""Macros over the API: those that one sees, and running one on a ticket."""

from datetime import datetime
from typing import Any

from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import BodySerializer
from api.idempotency import idempotent
from api.parameters import KnownParameters, expected_version, if_match
from api.tickets.answers import IDEMPOTENCY, ticket_answer
from api.tickets.serializers import TicketSerializer
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from tickets import queries, services
from tickets.models import MACRO_KINDS, MACRO_STEPS, Activity, Macro
from tickets.states import SolutionType
from web.access import needs
from web.requests import actor, person

_STAFF_ONLY = gettext_lazy("Only the desk reads and runs macros.")
_for_desk = method_decorator(needs(Capability.WORK_TICKETS, refusal=_STAFF_ONLY))


class RunMacroSerializer(BodySerializer):
    macro = serializers.IntegerField(min_value=1, help_text="Id of a macro that you see.")


class MacroSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    takes = serializers.BooleanField(help_text="Assigns the ticket to who runs it.")
    step = serializers.ChoiceField(
        choices=[(step.name, step.label) for step in MACRO_STEPS], allow_blank=True
    )
    solution_type = serializers.ChoiceField(choices=SolutionType.choices, allow_blank=True)
    kind = serializers.ChoiceField(
        choices=[(kind.value, kind.label) for kind in MACRO_KINDS],
        allow_blank=True,
        help_text="Of the message.",
    )
    body_es = serializers.CharField(help_text="With placeholders.")
    body_en = serializers.CharField()
    minutes = serializers.IntegerField(
        allow_null=True, help_text="Time worked, which goes with the message."
    )
    activity = serializers.ChoiceField(choices=Activity.choices)
    tags = serializers.ListField(child=serializers.CharField())
    tasks = serializers.ListField(child=serializers.CharField())


class MacroAction:
    """An action of ``TicketViewSet``."""

    @extend_schema(
        request=RunMacroSerializer,
        responses=TicketSerializer,
        parameters=[if_match("The ETag you read; 412 when the ticket moved on."), IDEMPOTENCY],
    )
    @action(detail=True, methods=["post"], url_path="macros", url_name="macros")
    @_for_desk
    @idempotent
    def macros(self, request: Request, number: str, *, at: datetime) -> Response:
        """Do all acts of a macro, or none. Its message is sent at once."""
        body = RunMacroSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        ticket = queries.get_ticket(person(request), number)
        said = services.run_macro(
            ticket=ticket,
            macro=queries.get_macro(person(request), body.validated_data["macro"]),
            by=actor(request._request, Channel.API),
            at=at,
            expected_version=expected_version(request),
        )
        return ticket_answer(request, said.ticket)


class MacroViewSet(KnownParameters, viewsets.ViewSet):
    @extend_schema(responses=MacroSerializer(many=True))
    @_for_desk
    def list(self, request: Request) -> Response:
        """List the macros of the caller, of their groups, and the public ones."""
        return Response([_data(each) for each in queries.macros_for(person(request))])


def _data(macro: Macro) -> dict[str, Any]:
    return {
        "id": macro.pk,
        "name": macro.name,
        "takes": macro.takes,
        "step": macro.step,
        "solution_type": macro.solution_type,
        "kind": macro.kind,
        "body_es": macro.body_es,
        "body_en": macro.body_en,
        "minutes": macro.minutes,
        "activity": macro.activity,
        "tags": macro.tag_names,
        "tasks": macro.task_titles,
    }
