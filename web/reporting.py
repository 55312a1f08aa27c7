"""Code shared by the report pages of portal and desk."""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django_htmx.http import HttpResponseClientRefresh

from foundation.accounts.models import Organization
from foundation.core.zones import zone
from reports import queries
from reports.metrics import DEFINITIONS
from reports.models import ReportIssue, ReportStatus
from reports.sections import shown_sections
from reports.services import report_file_name
from web.language import current_language
from web.panels import is_partial
from web.views import file_response


def chosen_month(request: HttpRequest, organization: Organization, now: datetime) -> date:
    """Return the month of the query string, or the current one in the organization's zone;
    ``Invalid`` when it is no month.
    """
    text = request.GET.get("month", "")
    return (
        queries.parse_month(text)
        if text
        else now.astimezone(zone(organization.time_zone)).date().replace(day=1)
    )


def month_context(
    organization: Organization, month: date, now: datetime, readable: list[Organization]
) -> dict[str, Any]:
    """Return the template context of the report page: the figures of the issued report, otherwise
    those computed now. PDF and API have the same figures.
    """
    issue = queries.issued_report(organization.pk, month, current_language())
    data = (
        dict(issue.data)
        if issue is not None
        else queries.build_service_level(organization, month, now)
    )
    return {
        "organization": organization,
        "organizations": readable,
        "month": month,
        "previous": queries.preceding_month(month),
        "following": queries.following_month(month),
        "has_ended": queries.bounds(organization, month)[1] <= now,
        "report": data,
        "sections": shown_sections(data),
        "issue": issue,
        "definitions": DEFINITIONS,
        "now": now,
    }


def pdf_or_wait(
    request: HttpRequest, issue: ReportIssue, template: str, context: dict[str, Any]
) -> HttpResponseBase:
    """Serve the PDF of an issue. While it is not ready, render the waiting page with status 202.

    The waiting page polls by htmx; once the PDF exists, the poll makes the browser reload the URL.
    """
    if issue.status != ReportStatus.READY or issue.pdf is None:
        return render(request, template, {**context, "issue": issue}, status=202)
    if is_partial(request):
        return HttpResponseClientRefresh()
    return file_response(issue.pdf, report_file_name(issue))
