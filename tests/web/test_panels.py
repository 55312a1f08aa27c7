"""The panels of the ticket pages: statement budgets, and refused forms rendered in their own
panel.
"""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from desk.tickets.panels import PANELS as DESK
from escalation.models import Cause
from escalation.services import escalate_ticket
from foundation.accounts.models import User
from portal.tickets.panels import PANELS as PORTAL
from tests.support.house import HOUR, MONDAY_9AM, SETUP, House, by, fresh, make_ticket
from tests.support.statements import counted
from tests.support.tickets import eventful, step
from tickets import services
from tickets.models import Message, Ticket
from web.panels import Panel, Shown
from web.ticket_page import TicketPage

AT = MONDAY_9AM + 7 * timedelta(days=1)
Case = tuple[str, Panel[TicketPage]]
CASES: list[Case] = [
    *(("desk_supervisor", panel) for panel in DESK),
    *(("requester", panel) for panel in PORTAL),
]


def reader(house: House, role: str) -> User:
    return house.staff[role] if role in house.staff else house.people[role]


def rich_ticket(house: House) -> Ticket:
    """A ticket that has something for every panel."""
    ticket = eventful(house)
    escalate_ticket(ticket=ticket, cause=Cause.REQUEST, cause_key="test", by=SETUP, at=AT - HOUR)
    return fresh(ticket)


def cost(house: House, ticket: Ticket, role: str, panel: Panel[TicketPage]) -> int:
    user = reader(house, role)
    subject = TicketPage(fresh(ticket), user, AT)
    request = RequestFactory().get("/")
    request.user = user
    common = {"ticket": subject.ticket, "now": AT, "zone": subject.zone}
    with CaptureQueriesContext(connection) as queries:
        context = panel.load(user, subject, AT)
        if context is not None:
            Shown(panel, context).render(request, common)
    return counted(queries)


@pytest.mark.parametrize(
    ("role", "panel"), CASES, ids=[f"{role}-{panel.name}" for role, panel in CASES]
)
def test_a_panel_keeps_its_budget_of_statements(
    house: House, role: str, panel: Panel[TicketPage]
) -> None:
    ticket = rich_ticket(house)
    cost(house, ticket, role, panel)  # what a process reads once is read

    little = cost(house, ticket, role, panel)
    for number in range(3):
        services.reply_to_customer(
            ticket=fresh(ticket), body="More.", by=by(house.agent), at=AT - HOUR + number * HOUR / 9
        )
    much = cost(house, ticket, role, panel)

    assert little == much <= panel.statements


@pytest.mark.parametrize("panels", [DESK, PORTAL], ids=["desk", "portal"])
def test_names_of_panels_are_unique_on_their_page(panels: Any) -> None:
    names = [panel.name for panel in panels]

    assert len(names) == len(set(names))


def test_a_refused_form_comes_back_in_its_own_panel(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.agent)

    answer = client.post(
        f"/admin/tickets/{ticket.number}/say/",
        {"kind": "reply", "body": ""},
        HTTP_HX_REQUEST="true",
    )

    page = answer.content.decode()
    assert answer.status_code == 400
    assert page.count('id="panel-') == 1
    assert 'id="panel-composer"' in page
    assert "<html" not in page


def test_without_javascript_the_whole_page_holds_the_refused_form(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)

    answer = sign_in(house.agent).post(
        f"/admin/tickets/{ticket.number}/say/", {"kind": "reply", "body": ""}
    )

    page = answer.content.decode()
    assert answer.status_code == 400
    assert 'id="panel-composer"' in page
    assert 'id="panel-clocks"' in page


def test_a_successful_htmx_request_redirects_to_the_page(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)

    client = sign_in(house.agent)
    page = client.get(f"/admin/tickets/{ticket.number}/").content.decode()
    (token,) = set(re.findall(r'name="once" value="([^"]+)"', page.partition("say/")[2])[:1])
    answer = client.post(
        f"/admin/tickets/{ticket.number}/say/",
        {"kind": "reply", "body": "We look.", "once": token},
        HTTP_HX_REQUEST="true",
    )

    assert Message.objects.get().body == "We look."
    place = json.loads(answer.headers["HX-Location"])
    assert place == {
        "path": f"/admin/tickets/{ticket.number}/",
        "target": "#main",
        "select": "#main",
        "swap": "outerHTML",
    }


def test_a_refusal_without_a_panel_replaces_the_whole_page(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)

    answer = sign_in(house.agent).post(
        f"/admin/tickets/{ticket.number}/acknowledge/999/", HTTP_HX_REQUEST="true"
    )

    assert (answer.status_code, answer.headers["HX-Retarget"]) == (404, "body")


def test_a_lazy_panel_is_fetched_when_it_is_opened(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    client = sign_in(house.agent)
    path = f"/admin/tickets/{ticket.number}/"

    def page(address: str) -> str:
        return str(client.get(address, HTTP_ACCEPT_LANGUAGE="en").content.decode())

    assert "Ticket raised" not in page(path)
    assert "Ticket raised" in page(f"{path}panels/history/")
    assert "Ticket raised" in page(f"{path}?open=history")
    assert client.get(f"{path}panels/nothing/").status_code == 404


def test_the_open_interval_of_a_page_is_that_of_the_present_state(house: House) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)

    page = TicketPage(fresh(ticket), house.agent, AT)

    assert [each.state for each in page.intervals] == ["new", "in_progress"]
    assert page.interval == page.intervals[1]
    page.intervals.pop()
    assert page.interval is None
