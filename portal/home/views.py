"""A customer's home: tickets that wait for them, open tickets, and the catalogue."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.access import customer_required
from portal.home.panels import PANELS, Home
from web.panels import load_panels, page_response
from web.requests import person


@require_safe
@customer_required
def home(request: HttpRequest) -> HttpResponse:
    user = person(request)
    now = timezone.now()
    shown = load_panels(PANELS, user, Home(user), now)
    return page_response(request, "portal/home/page.html", shown, {"now": now})
