"""The queue: most urgent first, in the views of ``VIEWS``, with filters and bulk assignment."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from desk.frame import frame
from desk.queue.filters import QueueFilter
from desk.queue.rows import rows_of
from foundation.accounts.models import User
from foundation.accounts.queries import assignable_staff
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from foundation.core.errors import DomainError
from tickets import queries, services
from tickets.models import Ticket
from web.access import needs
from web.requests import actor, person, posted_from, with_query
from web.tabs import Tab

PAGE_SIZE = 50

View = Callable[[QuerySet[Ticket], User, datetime], QuerySet[Ticket]]
VIEWS: dict[str, tuple[str | Promise, View]] = {
    "mine": (
        gettext_lazy("My tickets"),
        lambda tickets, user, now: queries.active(tickets).filter(assignee=user),
    ),
    "unassigned": (
        gettext_lazy("Unassigned"),
        lambda tickets, user, now: queries.active(tickets).filter(assignee=None),
    ),
    "at_risk": (gettext_lazy("At risk"), lambda tickets, user, now: queries.at_risk(tickets, now)),
    "breached": (
        gettext_lazy("Overdue"),
        lambda tickets, user, now: queries.breached(tickets, now),
    ),
    "all": (gettext_lazy("All active"), lambda tickets, user, now: queries.active(tickets)),
    "ended": (gettext_lazy("Ended"), lambda tickets, user, now: queries.ended(tickets)),
}


@require_safe
@needs(Capability.SEE_TICKETS)
def queue(request: HttpRequest) -> HttpResponse:
    user = person(request)
    now = timezone.now()
    name = request.GET.get("view", "all")
    name = name if name in VIEWS else "all"
    in_view = VIEWS[name][1](queries.visible_to(user), user, now)
    chosen = QueueFilter(request.GET, queryset=in_view, request=request)
    tickets = chosen.narrowed()
    if name != "ended":  # which has an order of its own: nothing is due any more
        tickets = queries.in_queue_order(tickets)
    number = (
        max(1, int(page))
        if (page := request.GET.get("page", "1")).isdecimal() and len(page) < 6
        else 1
    )
    found = list(tickets[(number - 1) * PAGE_SIZE : number * PAGE_SIZE + 1])
    context = frame(request) | {
        "now": now,
        "view": name,
        "tabs": _tabs(request, name, queries.desk_counts(user, now)),
        "unfiltered": f"?view={name}",
        "form": chosen.form,
        "is_filtered": chosen.is_filtered,
        "rows": rows_of(found[:PAGE_SIZE], now),
        "number": number,
        "has_next": len(found) > PAGE_SIZE,
        "people": assignable_staff(),
        "can_assign": user.can(Capability.WORK_TICKETS),
    }
    return render(request, "desk/queue/page.html", context)


def _tabs(request: HttpRequest, chosen: str, counts: Mapping[str, int]) -> list[Tab]:
    return [
        Tab(
            label,
            with_query(request.GET, view=name, page=None),
            is_current=name == chosen,
            count=counts.get(name),
        )
        for name, (label, _view) in VIEWS.items()
    ]


@posted_from("admin:queue")
@needs(Capability.WORK_TICKETS)
def assign(request: HttpRequest) -> HttpResponse:
    """Give the selected tickets to one person, all or none."""
    user = person(request)
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}):
        target = reverse("admin:queue")
    chosen = [pk for pk in request.POST.getlist("ticket") if pk.isdecimal() and len(pk) < 16][
        :PAGE_SIZE
    ]
    tickets = list(queries.visible_to(user).filter(pk__in=chosen))
    people = {str(colleague.pk): colleague for colleague in assignable_staff()}
    assignee = people.get(request.POST.get("assignee", ""))
    if not tickets or assignee is None:
        messages.error(request, _("Choose at least one ticket and a person."))
        return HttpResponseRedirect(target)
    try:
        count = services.assign_tickets(
            tickets=tickets, assignee=assignee, by=actor(request, Channel.DESK), at=timezone.now()
        )
    except DomainError as error:
        messages.error(request, str(error.message))
    else:
        text = ngettext(
            "%(count)d ticket was given to %(person)s.",
            "%(count)d tickets were given to %(person)s.",
            count,
        )
        messages.success(request, text % {"count": count, "person": assignee})
    return HttpResponseRedirect(target)
