"""The customer's monthly service-level report."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from foundation.core.classification import Channel
from portal.access import customer_required
from reports import queries
from reports.services import request_report
from web.language import current_language
from web.reporting import chosen_month, month_context, pdf_or_wait
from web.requests import actor, person


@require_safe
@customer_required
def service_level(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    readable = queries.reported_organizations(person(request))
    wanted = request.GET.get("organization")
    organization = next((o for o in readable if o.slug == wanted), readable[0])
    month = chosen_month(request, organization, now)
    context = month_context(organization, month, now, readable)
    return render(request, "portal/reports/page.html", context)


@require_safe
@customer_required
def service_level_pdf(request: HttpRequest, slug: str, month: str) -> HttpResponseBase:
    user = person(request)
    organization = queries.reported_organization(user, slug)
    issue = request_report(
        organization=organization,
        month=queries.parse_month(month),
        language=current_language(),
        by=actor(request, Channel.PORTAL),
        at=timezone.now(),
    )
    context = {"organization": organization}
    return pdf_or_wait(request, issue, "portal/reports/wait.html", context)
