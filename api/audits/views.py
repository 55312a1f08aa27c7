"""External audits over the API: the same services and the same roles as portal and desk."""

from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

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
from api.tickets.serializers import clock_data
from audits import queries, services
from audits.models import (
    AuditRequest,
    EvidenceClass,
)
from audits.services import NewEvidence
from foundation.accounts.queries import memberships_of
from foundation.core.classification import Channel
from foundation.core.errors import DomainError, Invalid
from web.requests import actor, person
from web.uploads import checked_files

_IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key and body give the same answer for 24 h.",
)
_ORGANIZATION = OpenApiParameter(
    "organization",
    str,
    description="Short name of the organization; needed when you belong to several.",
)


class AuditViewSet(KnownParameters, mixins.ListModelMixin, viewsets.GenericViewSet[AuditRequest]):
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
        return _answer(request, number)

    @extend_schema(
        request={"multipart/form-data": NewAuditSerializer},
        responses={201: AuditSerializer},
        parameters=[_ORGANIZATION, _IDEMPOTENCY],
    )
    @idempotent
    def create(self, request: Request, *, at: datetime) -> Response:
        """Ask for an audit with its filled form; the wrong cells of a refused one are named in
        ``fields``.
        """
        wanted = request._request.POST.get("organization") or request.query_params.get(
            "organization"
        )
        found = [
            m
            for m in memberships_of(person(request).pk)
            if wanted in {None, "", m.organization.slug}
        ]
        if len(found) != 1:
            raise Invalid(
                _("Say for which organization."),
                fields={"organization": _("Give the short name of one of yours.")},
            )
        forms = checked_files(request._request, "form")
        if not forms:
            raise Invalid(_("Give the file."), fields={"form": _("Attach the filled form.")})

        audit = services.request_audit(
            membership=found[0],
            form=forms[0],
            checklist=checked_files(request._request, "checklist"),
            by=actor(request._request, Channel.API),
            at=at,
        )
        return _answer(request, audit.ticket.number, status.HTTP_201_CREATED)

    @extend_schema(
        request={"multipart/form-data": NewEvidenceSerializer},
        responses={201: EvidenceSerializer},
        parameters=[_IDEMPOTENCY],
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

        made = services.prepare_evidence(audit=audit, wanted=wanted, **_same(request, at))
        return Response(EvidenceSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        request=DecisionSerializer, responses=EvidenceSerializer, parameters=[_IDEMPOTENCY]
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
        same: dict[str, Any] = {
            "audit": audit,
            "evidence_id": int(evidence_id),
            **_same(request, at),
        }
        content = None
        if step == "deliver":
            # the PDF takes time, and the transaction of an Idempotency-Key may block other writers
            with suppress(DomainError):  # the key may have an answer; else the service raises again
                content = services.make_delivery(**same)

        def decided() -> Response:
            if step == "refuse":
                services.refuse_evidence(reason=body.validated_data["reason"], **same)
            elif step == "approve":
                services.approve_evidence(**same)
            else:
                services.deliver_evidence(content=content, **same)
            return Response(EvidenceSerializer(queries.get_evidence(audit, int(evidence_id))).data)

        return once(request, decided, at)

    @extend_schema(
        request=DelayNoticeSerializer,
        responses={201: DelayNoticeSerializer},
        parameters=[_IDEMPOTENCY],
    )
    @action(detail=True, methods=["post"], url_path="delay-notices", pagination_class=None)
    @idempotent
    def delay_notices(self, request: Request, number: str, *, at: datetime) -> Response:
        """Tell the customer that the delivery will be late, why, and the new date."""
        audit = queries.get_audit(person(request), number)
        body = DelayNoticeSerializer(data=request.data)
        body.is_valid(raise_exception=True)

        notice = services.send_delay_notice(
            audit=audit, **body.validated_data, **_same(request, at)
        )
        return Response(DelayNoticeSerializer(notice).data, status=status.HTTP_201_CREATED)


def _same(request: Request, at: datetime) -> dict[str, Any]:
    return {
        "by": actor(request._request, Channel.API),
        "at": at,
    }


def _answer(request: Request, number: str, code: int = status.HTTP_200_OK) -> Response:
    user = person(request)
    audit = queries.get_audit(user, number)
    view = queries.view_of(audit, user)
    data = {
        "number": audit.ticket.number,
        "organization": audit.organization.slug,
        "contract": audit.contract.reference,
        "clock": clock_data(view.clock) if view.clock is not None else None,
        "delay_notices": view.notices,
        "items": [
            {
                "number": each.item.number,
                "service": each.item.service.slug,
                "description": each.item.description,
                "set_aside_reason": each.item.set_aside_reason,
                "evidence": each.evidence,
            }
            for each in view.items
        ],
    }
    data["state"] = view.state
    for name in (
        "auditor_company",
        "auditor_name",
        "period_from",
        "period_to",
        "environment",
        "delivered_at",
    ):
        data[name] = getattr(audit, name)
    return Response(AuditSerializer(data).data, status=code)
