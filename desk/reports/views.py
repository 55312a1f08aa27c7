"""The service-level report of any customer, for managers."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from desk.frame import frame
from foundation.accounts.queries import organizations
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from reports import queries
from reports.services import request_report
from web.access import needs
from web.language import current_language
from web.reporting import chosen_month, month_context, pdf_or_wait
from web.requests import actor, person


@require_safe
@needs(Capability.SEE_REPORTS)
def service_level(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    readable = organizations()
    wanted = request.GET.get("organization")
    organization = next(
        (o for o in readable if o.slug == wanted), readable[0] if readable else None
    )
    if organization is None:
        return render(request, "desk/reports/page.html", frame(request))
    month = chosen_month(request, organization, now)
    return render(
        request,
        "desk/reports/page.html",
        frame(request) | month_context(organization, month, now, readable),
    )


@require_safe
def service_level_pdf(request: HttpRequest, slug: str, month: str) -> HttpResponseBase:
    organization = queries.reported_organization(person(request), slug)
    issue = request_report(
        organization=organization,
        month=queries.parse_month(month),
        language=current_language(),
        by=actor(request, Channel.DESK),
        at=timezone.now(),
    )
    context = frame(request) | {"organization": organization}
    return pdf_or_wait(request, issue, "desk/reports/wait.html", context)
