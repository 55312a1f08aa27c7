"""Where an agent begins: what is theirs, what is in danger, what nobody holds."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from desk.frame import frame
from desk.queue.views import rows_of
from foundation.accounts.roles import Capability
from tickets import queries
from web.requests import person

SHOWN = 8


def home(request: HttpRequest) -> HttpResponse:
    user = person(request)
    now = timezone.now()
    context = frame(request) | {"now": now, "sees_tickets": user.can(Capability.SEE_TICKETS)}
    if user.can(Capability.SEE_TICKETS):
        active = queries.active(queries.visible_to(user))
        urgent = queries.in_queue_order(active.filter(at_risk_at__lte=now))[:SHOWN]
        mine = queries.in_queue_order(active.filter(assignee=user))[:SHOWN]
        context |= {
            "urgent": rows_of(urgent, now),
            "mine": rows_of(mine, now),
            "counts": queries.desk_counts(user, now),
        }
    return render(request, "desk/home/page.html", context)
