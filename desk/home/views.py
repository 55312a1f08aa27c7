"""An agent's home: counts, the most urgent tickets, and the agent's own tickets."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from desk.frame import frame
from desk.home.panels import PANELS, Home
from web.panels import load_panels, page_response
from web.requests import person


def home(request: HttpRequest) -> HttpResponse:
    user = person(request)
    now = timezone.now()
    shown = load_panels(PANELS, user, Home(user), now)
    return page_response(request, "desk/home/page.html", shown, {**frame(request), "now": now})
