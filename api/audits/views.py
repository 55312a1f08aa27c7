"""External audits over the API: the same services and the same roles as portal and desk."""

from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from api.audits.answers import audit_answer, same
from api.audits.conferences import ConferencesMixin
from api.audits.protocol import ProtocolMixin
from api.audits.raising import new_audit, with_items
from api.audits.serializers import (
    AuditListSerializer,
    AuditSerializer,
    DecisionSerializer,
    DelayNoticeSerializer,
    EvidenceSerializer,
    NewAuditSerializer,
    NewEvidenceSerializer,
)
from api.idempotency import idempotent, once
from api.parameters import KnownParameters
from api.parsers import JSONParser
from api.tickets.answers import IDEMPOTENCY
from audits import queries, services
from audits.models import (
    AuditRequest,
    EvidenceClass,
)
from audits.services import NewEvidence
from foundation.core.errors import DomainError, Invalid
from web.requests import person
from web.uploads import checked_files

_ORGANIZATION = OpenApiParameter(
    "organization",
    str,
    description="Short name of the organization; needed when you belong to several.",
)


class AuditViewSet(
    ConferencesMixin,
    ProtocolMixin,
    KnownParameters,
    mixins.ListModelMixin,
    viewsets.GenericViewSet[AuditRequest],
):
    parameters: ClassVar = {
        "list": frozenset({"cursor"}),
        "create": frozenset({"organization"}),
    }
    serializer_class = AuditSerializer
    lookup_field = "number"
    lookup_value_regex = r"[A-Za-z]+-[0-9]+"
    parser_classes = (MultiPartParser, JSONParser)

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return AuditRequest.objects.none()
        return queries.audits_of(person(self.request))

    @extend_schema(responses=AuditListSerializer(many=True))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the audits that you may see, the newest first."""
        page = self.paginate_queryset(self.get_queryset())
        assert page is not None
        rows = [
            {
                "number": row.audit.ticket.number,
                "organization": row.audit.organization.slug,
                "auditor_company": row.audit.auditor_company,
                "state": row.state,
                "items": row.items,
                "answered": row.answered,
                "due_at": row.clock.due_at if row.clock is not None else None,
            }
            for row in queries.rows_of(page, person(request), timezone.now())
        ]
        return self.get_paginated_response(AuditListSerializer(rows, many=True).data)

    @extend_schema(responses=AuditSerializer)
    def retrieve(self, request: Request, number: str) -> Response:
        """Show one audit with its items, its term and what was delivered."""
        return audit_answer(request, number)

    @extend_schema(
        request={
            "multipart/form-data": NewAuditSerializer,
            "application/json": NewAuditSerializer,
        },
        responses={201: AuditSerializer},
        parameters=[_ORGANIZATION, IDEMPOTENCY],
    )
    @idempotent
    def create(self, request: Request, *, at: datetime) -> Response:
        """Ask for an audit with its filled form, or with what the form asks; the audit area and the
        desk register one for a customer. The wrong cells or fields are named in ``fields``.
        """
        try:
            audit = services.request_audit(**new_audit(request, at))
        except Invalid as error:
            raise with_items(error) from error
        return audit_answer(request, audit.ticket.number, status.HTTP_201_CREATED)

    @extend_schema(
        request={"multipart/form-data": NewEvidenceSerializer},
        responses={201: EvidenceSerializer},
        parameters=[IDEMPOTENCY],
    )
    @action(detail=True, methods=["post"], pagination_class=None)
    @idempotent
    def evidence(self, request: Request, number: str, *, at: datetime) -> Response:
        """Prepare evidence for an item of the list; it waits for BPO."""
        audit = queries.get_audit(person(request), number)
        body = NewEvidenceSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        wanted = NewEvidence(
            number=data["item"],
            classification=EvidenceClass(data["classification"]),
            file=next(iter(checked_files(request._request, "file")), None),
            redacted=next(iter(checked_files(request._request, "redacted")), None),
            summary=data["summary"],
            as_editable=data["as_editable"],
        )

        made = services.prepare_evidence(audit=audit, wanted=wanted, **same(request, at))
        return Response(EvidenceSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        request=DecisionSerializer, responses=EvidenceSerializer, parameters=[IDEMPOTENCY]
    )
    @action(
        detail=True,
        methods=["post"],
        url_path=r"evidence/(?P<evidence_id>\d+)/(?P<step>approve|refuse|deliver)",
        pagination_class=None,
    )
    def decide(self, request: Request, number: str, evidence_id: str, step: str) -> Response:
        """Approve, refuse (with a reason) or deliver evidence: BPO only."""
        at = timezone.now()
        audit = queries.get_audit(person(request), number)
        body = DecisionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given: dict[str, Any] = {
            "audit": audit,
            "evidence_id": int(evidence_id),
            **same(request, at),
        }
        content = None
        if step == "deliver":
            # the PDF takes time, and the transaction of an Idempotency-Key may block other writers
            with suppress(DomainError):  # the key may have an answer; else the service raises again
                content = services.make_delivery(**given)

        def decided() -> Response:
            if step == "refuse":
                services.refuse_evidence(reason=body.validated_data["reason"], **given)
            elif step == "approve":
                services.approve_evidence(**given)
            else:
                services.deliver_evidence(content=content, **given)
            return Response(EvidenceSerializer(queries.get_evidence(audit, int(evidence_id))).data)

        return once(request, decided, at)

    @extend_schema(
        request=DelayNoticeSerializer,
        responses={201: DelayNoticeSerializer},
        parameters=[IDEMPOTENCY],
    )
    @action(detail=True, methods=["post"], url_path="delay-notices", pagination_class=None)
    @idempotent
    def delay_notices(self, request: Request, number: str, *, at: datetime) -> Response:
        """Tell the customer that the delivery will be late, why, and the new date."""
        audit = queries.get_audit(person(request), number)
        body = DelayNoticeSerializer(data=request.data)
        body.is_valid(raise_exception=True)

        notice = services.send_delay_notice(audit=audit, **body.validated_data, **same(request, at))
        return Response(DelayNoticeSerializer(notice).data, status=status.HTTP_201_CREATED)
