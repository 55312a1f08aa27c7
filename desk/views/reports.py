"""The service-level report of any customer, for managers."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from desk.frame import frame
from foundation.accounts.queries import organizations
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from reports import queries
from reports.models import ReportStatus
from reports.services import report_file_name, request_report
from web.language import current_language
from web.reporting import chosen_month, month_context
from web.requests import actor, person
from web.views import file_response


@require_safe
def service_level(request: HttpRequest) -> HttpResponse:
    user = person(request)
    now = timezone.now()
    if not user.can(Capability.SEE_REPORTS):
        raise PermissionDenied
    readable = organizations()
    wanted = request.GET.get("organization")
    organization = next(
        (o for o in readable if o.slug == wanted), readable[0] if readable else None
    )
    if organization is None:
        return render(request, "desk/reports.html", frame(request))
    month = chosen_month(request, organization, now)
    return render(
        request,
        "desk/reports.html",
        frame(request) | month_context(organization, month, now, readable),
    )


@require_safe
def service_level_pdf(request: HttpRequest, slug: str, month: str) -> HttpResponseBase:
    organization = queries.reported_organization(person(request), slug)
    issue = request_report(
        organization=organization,
        month=queries.parse_month(month),
        language=current_language(),
        user=person(request),
        by=actor(request, Channel.DESK),
        at=timezone.now(),
    )
    if issue.status != ReportStatus.READY or issue.pdf is None:
        return render(
            request,
            "desk/report_wait.html",
            frame(request) | {"issue": issue, "organization": organization},
            status=202,
        )
    return file_response(issue.pdf, report_file_name(issue))
