"""Where a customer begins: what waits for them, and what they can ask for."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog.queries import catalogue
from foundation.accounts.queries import memberships_of
from portal.access import customer_required
from tickets import queries
from web.requests import person

SHOWN = 5


@require_safe
@customer_required
def home(request: HttpRequest) -> HttpResponse:
    user = person(request)
    now = timezone.now()
    visible = queries.visible_to(user)
    memberships = memberships_of(user.pk)
    return render(
        request,
        "portal/home/page.html",
        {
            "now": now,
            "memberships": memberships,
            "waiting": queries.waiting_for_customer(visible)[:SHOWN],
            "open": queries.active(visible).exclude(
                pk__in=queries.waiting_for_customer(visible).order_by().values("pk")
            )[:SHOWN],
            "categories": catalogue([m.organization_id for m in memberships], timezone.localdate()),
        },
    )
