"""Team › Load: who holds how much, who is there, and tickets given from one person to another."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk.frame import frame
from desk.queue.columns import FIXED
from desk.queue.rows import rows_of
from desk.queue.steps import STEPS
from desk.queue.views import PAGE_SIZE
from desk.team.people import team_load
from foundation.accounts.roles import Capability
from foundation.core.classification import Impact, Urgency
from foundation.core.errors import NotFound
from tickets import queries
from web.access import needs
from web.keyset import keyset_page
from web.queue.lists import ORDERS
from web.requests import is_id, person
from web.tabs import Tab

COLUMNS = ("state", "activity")  # of the tickets below a person
MOST_OPEN = 5  # people whose tickets the address can hold open


@require_safe
@needs(Capability.SUPERVISE)
def load(request: HttpRequest) -> HttpResponse:
    """Show the people with their load. ``?group=`` shows one group, ``?open=`` opens the tickets of
    some people.
    """
    now = timezone.now()
    asked = request.GET.get("group", "")
    team = team_load(person(request), now, group_id=int(asked) if is_id(asked) else None)
    tabs = [Tab(_("Everybody"), "?", not asked)]
    tabs += [Tab(group.name, f"?group={group.pk}", asked == str(group.pk)) for group in team.groups]
    opened = request.GET.get("open", "").split(",")[:MOST_OPEN]
    context = {
        **frame(request),
        "now": now,
        "team": team,
        "tabs": tabs,
        "opened": {int(each) for each in opened if is_id(each) or each == "0"},
        "bulk_steps": STEPS,
        "impacts": Impact,
        "urgencies": Urgency,
    }
    return render(request, "desk/team/load.html", context)


@require_safe
@needs(Capability.SUPERVISE)
def tickets_of(request: HttpRequest, person_id: int = 0) -> HttpResponse:
    """Serve the tickets that a person holds, most urgent first; with 0 those that nobody holds."""
    if person_id and not is_id(str(person_id)):
        raise NotFound(_("There is nothing to show here."))
    now = timezone.now()
    reader = person(request)
    held = queries.active(queries.visible_to(reader)).filter(assignee=person_id or None)
    page = keyset_page(held, ORDERS["clock"], PAGE_SIZE)
    context = {
        "now": now,
        "person_id": person_id,
        "rows": rows_of(page.rows, now, reader=reader),
        "columns": COLUMNS,
        "span": len(FIXED) + len(COLUMNS) + 1,
        "has_more": bool(page.after),
    }
    return render(request, "desk/team/_tickets.html", context)
