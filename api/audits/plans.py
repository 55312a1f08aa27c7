"""Planned audits over the API: the audit area and the desk."""

from datetime import datetime
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.audits.answers import same
from api.audits.serializers import (
    PlannedAuditBodySerializer,
    PlannedAuditSerializer,
    ReasonSerializer,
)
from api.idempotency import idempotent
from api.parameters import KnownParameters, expected_version, if_match, named_organization
from api.tickets.answers import IDEMPOTENCY
from audits import queries, services
from audits.models import PlannedAudit
from audits.services import AuditPlan
from catalog.models import Contract
from foundation.core.errors import Invalid
from web.requests import person

_IF_MATCH = if_match("The ETag you read; 412 when somebody saved it meanwhile.")


class PlannedAuditViewSet(KnownParameters, viewsets.GenericViewSet[PlannedAudit]):
    parameters: ClassVar = {"list": frozenset({"cursor"})}
    serializer_class = PlannedAuditSerializer
    lookup_value_regex = r"[0-9]{1,18}"
    lookup_url_kwarg = "plan_id"

    def get_queryset(self) -> QuerySet[PlannedAudit]:
        return PlannedAudit.objects.none()  # of the schema alone

    @extend_schema(responses=PlannedAuditSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List the planned audits of the customers that the caller serves, the newest first."""
        services.require_planner(person(request))
        rows = self.paginate_queryset(queries.plans_for(person(request)))
        return self.get_paginated_response(PlannedAuditSerializer(rows, many=True).data)

    @extend_schema(
        request=PlannedAuditBodySerializer,
        responses={201: PlannedAuditSerializer},
        parameters=[IDEMPOTENCY],
    )
    @idempotent
    def create(self, request: Request, *, at: datetime) -> Response:
        """Plan an audit that a customer is expected to ask for."""
        services.require_planner(person(request))
        made = services.plan_audit(plan=_plan(request), **same(request, at))
        return _answer(request, made.pk, status.HTTP_201_CREATED)

    @extend_schema(responses=PlannedAuditSerializer)
    def retrieve(self, request: Request, plan_id: str) -> Response:
        return _answer(request, int(plan_id))

    @extend_schema(
        request=PlannedAuditBodySerializer,
        responses=PlannedAuditSerializer,
        parameters=[_IF_MATCH],
    )
    def update(self, request: Request, plan_id: str) -> Response:
        """Write a planned audit anew; refused once it was asked for or called off."""
        found = queries.get_plan(person(request), int(plan_id))
        services.change_plan(
            planned=found,
            plan=_plan(request),
            expected_version=expected_version(request),
            **same(request, timezone.now()),
        )
        return _answer(request, found.pk)

    @extend_schema(
        request=ReasonSerializer, responses=PlannedAuditSerializer, parameters=[IDEMPOTENCY]
    )
    @action(detail=True, methods=["post"], pagination_class=None)
    @idempotent
    def end(self, request: Request, plan_id: str, *, at: datetime) -> Response:
        """Call off a planned audit, with the reason."""
        found = queries.get_plan(person(request), int(plan_id))
        body = ReasonSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        services.end_plan(planned=found, **body.validated_data, **same(request, at))
        return _answer(request, found.pk)


def _answer(request: Request, plan_id: int, code: int = status.HTTP_200_OK) -> Response:
    found = queries.get_plan(person(request), plan_id)
    data: Any = PlannedAuditSerializer(found).data
    return Response(data, status=code, headers={"ETag": f'"{found.version}"'})


def _plan(request: Request) -> AuditPlan:
    """Return what the body says. Raises ``Invalid``, by field."""
    body = PlannedAuditBodySerializer(data=request.data)
    body.is_valid(raise_exception=True)
    data = body.validated_data
    organization = named_organization(data["organization"])
    contract = (
        Contract.objects.filter(organization=organization, reference=data["contract"])
        .select_related("organization")
        .order_by("pk")
        .first()
    )
    if contract is None:
        words = _("This customer has no contract of that reference.")
        raise Invalid(words, fields={"contract": words})
    return AuditPlan(
        contract=contract,
        expected_on=data["expected_on"],
        auditor_company=data["auditor_company"],
        notes=data["notes"],
    )
