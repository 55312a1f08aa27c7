"""Functional analyses of changes of data over the API. For the staff."""

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
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel, Environment
from foundation.core.errors import NotFound
from tickets import queries, services
from tickets.models import DataChange, FunctionalAnalysis
from tickets.services import Analysis
from web.access import needs
from web.requests import actor, person

_STAFF_ONLY = gettext_lazy("Only staff can read or record functional analyses.")
_for_staff = method_decorator(needs(Capability.SEE_TICKETS, refusal=_STAFF_ONLY))


class NewAnalysisSerializer(BodySerializer):
    """Recorded before rows of a table are updated or deleted."""

    kind = serializers.ChoiceField(choices=DataChange.choices)
    environment = serializers.ChoiceField(
        choices=Environment.choices, default=Environment.PRODUCTION
    )
    tables = serializers.CharField(max_length=300)
    finding = TextField(help_text="What is wrong, and why the application cannot mend it.")
    change = TextField(help_text="The statement, and which rows it touches.")
    undoing = TextField(help_text="How it is taken back.")


class RunSerializer(BodySerializer):
    rows = serializers.IntegerField(min_value=0, help_text="How many rows the change touched.")


class AnalysisSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    ticket = serializers.CharField(help_text="This one, or one that was merged into it.")
    author = serializers.EmailField()
    kind = serializers.ChoiceField(choices=DataChange.choices)
    environment = serializers.ChoiceField(choices=Environment.choices)
    tables = serializers.CharField()
    finding = serializers.CharField()
    change = serializers.CharField()
    undoing = serializers.CharField()
    created_at = serializers.DateTimeField()
    run_at = serializers.DateTimeField(allow_null=True, help_text="When the change was made.")
    run_by = serializers.EmailField(allow_null=True)
    rows = serializers.IntegerField(allow_null=True)


class AnalysisActions:
    """Actions of ``TicketViewSet``."""

    @extend_schema(methods=["GET"], responses=AnalysisSerializer(many=True))
    @extend_schema(
        methods=["POST"],
        request=NewAnalysisSerializer,
        responses={201: AnalysisSerializer(many=True)},
    )
    @action(detail=True, methods=["get", "post"], pagination_class=None, filterset_class=None)
    @_for_staff
    @idempotent
    def analyses(self, request: Request, number: str, *, at: datetime) -> Response:
        """Show the functional analyses of the ticket, or record one; all of them come back."""
        ticket = queries.get_ticket(person(request), number)
        code: int = status.HTTP_200_OK
        if request.method == "POST":
            body = NewAnalysisSerializer(data=request.data)
            body.is_valid(raise_exception=True)
            analysis = Analysis(**body.validated_data)
            by = actor(request._request, Channel.API)
            services.write_analysis(ticket=ticket, analysis=analysis, by=by, at=at)
            code = status.HTTP_201_CREATED
        ids = [ticket.pk, *(each.pk for each in queries.absorbed_by(ticket))]
        return Response([_analysis_data(each) for each in queries.analyses_of(ids)], status=code)

    @extend_schema(methods=["POST"], request=RunSerializer, responses=AnalysisSerializer)
    @extend_schema(methods=["DELETE"], responses={204: None})
    @action(
        detail=True,
        methods=["post", "delete"],
        url_path=r"analyses/(?P<analysis_id>[0-9]{1,18})",
        url_name="analysis",
    )
    @_for_staff
    @idempotent
    def analysis(
        self, request: Request, number: str, analysis_id: str, *, at: datetime
    ) -> Response:
        """Note that the caller made the change now; DELETE: remove an analysis whose change was not
        made.
        """
        ticket = queries.get_ticket(person(request), number)
        analysis = queries.analysis_of(ticket, int(analysis_id))
        by = actor(request._request, Channel.API)
        if request.method == "DELETE":
            if analysis is not None:
                services.remove_analysis(analysis=analysis, by=by, at=at)
            return Response(status=status.HTTP_204_NO_CONTENT)
        if analysis is None:
            raise NotFound(_("There is no such analysis any more."))
        body = RunSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        services.note_run(analysis=analysis, rows=body.validated_data["rows"], by=by, at=at)
        noted = queries.analysis_of(ticket, analysis.pk)
        assert noted is not None
        return Response(_analysis_data(noted))


def _analysis_data(analysis: FunctionalAnalysis) -> dict[str, Any]:
    return {
        "id": analysis.pk,
        "ticket": analysis.ticket.number,
        "author": analysis.author.email,
        "kind": analysis.kind,
        "environment": analysis.environment,
        "tables": analysis.tables,
        "finding": analysis.finding,
        "change": analysis.change,
        "undoing": analysis.undoing,
        "created_at": analysis.created_at,
        "run_at": analysis.run_at,
        "run_by": analysis.run_by.email if analysis.run_by else None,
        "rows": analysis.rows,
    }
