"""The service-level report as JSON or PDF: the figures of the screen."""

from functools import partial
from typing import Any, ClassVar

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.parameters import KnownParameters, named_organization
from foundation.core.classification import Channel
from foundation.core.errors import DomainError
from reports import queries
from reports.models import ReportIssue, ReportStatus
from reports.services import report_file_name, request_report
from web.language import current_language
from web.requests import actor, person, public_address
from web.views import file_response


class PdfRenderer(BaseRenderer):
    """Lets content negotiation accept PDF. It renders nothing: the views return the stored file
    itself, and every other answer as JSON.
    """

    media_type = "application/pdf"
    format = "pdf"


_PARAMETERS = [
    OpenApiParameter(
        "organization", str, required=True, description="Short name of the organization."
    ),
    OpenApiParameter("month", str, required=True, description="YYYY-MM"),
]


class ReportFailed(DomainError):
    code = "report_failed"


class ReportView(KnownParameters, APIView):
    renderer_classes = (JSONRenderer, PdfRenderer)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        """Render every answer but the stored file as JSON, also where a PDF was asked for."""
        if isinstance(response, Response):
            request.accepted_renderer = JSONRenderer()
            request.accepted_media_type = JSONRenderer.media_type
        return super().finalize_response(request, response, *args, **kwargs)


class ServiceLevelReportView(ReportView):
    parameters: ClassVar = {"get": frozenset({"organization", "month"})}

    @extend_schema(
        parameters=_PARAMETERS,
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, "application/pdf"): OpenApiTypes.BINARY,
        },
    )
    def get(
        self,
        request: Request,
        format: str | None = None,  # noqa: A002 - DRF's name for the suffix
    ) -> HttpResponseBase:
        user = person(request)
        now = timezone.now()
        queries.require_reader(user)
        slug = request.query_params.get("organization", "")
        organization = named_organization(slug, partial(queries.reported_organization, user))
        month = queries.parse_month(request.query_params.get("month", ""))
        if request.accepted_renderer.format != "pdf":
            return Response(queries.figures(organization, month, current_language(), now))
        issue = request_report(
            organization=organization,
            month=month,
            language=current_language(),
            by=actor(request._request, Channel.API),
            at=now,
        )
        return issue_answer(request, issue)


class ReportIssueView(ReportView):
    """Where a report that was still being made can be asked for again."""

    @extend_schema(
        responses={(200, "application/pdf"): OpenApiTypes.BINARY, 202: OpenApiTypes.OBJECT}
    )
    def get(self, request: Request, issue_id: int) -> HttpResponseBase:
        return issue_answer(request, queries.get_issue(person(request), issue_id))


def issue_answer(request: Request, issue: ReportIssue) -> HttpResponseBase:
    pdf = issue.pdf if issue.status == ReportStatus.READY else None
    if pdf is not None and pdf.is_whole:
        return file_response(pdf, report_file_name(issue))
    if pdf is not None or issue.status == ReportStatus.FAILED:
        raise ReportFailed(
            _("The PDF could not be made. Ask for the report again, or read it as JSON.")
        )
    location = public_address(reverse("api:report_issue", args=[issue.pk]))
    return Response(
        {"status": issue.status, "location": location},
        status=202,
        headers={"Location": location, "Retry-After": "2"},
    )
