"""The panels of the homes of desk and portal: their budgets, and what each role is shown."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from desk.home.panels import PANELS as DESK
from desk.home.panels import Home as DeskHome
from foundation.accounts.models import User
from portal.home.panels import PANELS as PORTAL
from portal.home.panels import Home as PortalHome
from tests.support.house import HOUR, MONDAY_9AM, House, by, make_ticket
from tests.support.statements import counted
from tests.support.tickets import step
from tickets import services
from web.panels import Panel, Shown, load_panels

AT = MONDAY_9AM + timedelta(days=7)


def subject_of(role: str, user: User) -> Any:
    return DeskHome(user) if role == "desk" else PortalHome(user)


def reader(house: House, role: str) -> User:
    user = house.agent if role == "desk" else house.people["requester"]
    return User.objects.get(pk=user.pk)


def one_more(house: House, at: datetime) -> None:
    """A ticket that is the agent's and late, and one that waits for the customer."""
    late = make_ticket(house, at=at)
    services.assign_ticket(ticket=late, assignee=house.agent, by=by(house.agent), at=at)
    waiting = make_ticket(house, at=at)
    step(house, waiting, "start", at)
    step(house, waiting, "pend_user", at, message="Since when?")


def cost(house: House, role: str, panel: Panel[Any]) -> int:
    user = reader(house, role)
    request = RequestFactory().get("/")
    request.user = user
    with CaptureQueriesContext(connection) as queries:
        context = panel.load(user, subject_of(role, user), AT)
        if context is not None:
            Shown(panel, context).render(request, {"now": AT})
    return counted(queries)


CASES: list[tuple[str, Panel[Any]]] = [
    *(("desk", panel) for panel in DESK),
    *(("portal", panel) for panel in PORTAL),
]


@pytest.mark.parametrize(
    ("role", "panel"), CASES, ids=[f"{role}-{panel.name}" for role, panel in CASES]
)
def test_a_panel_keeps_its_budget_of_statements(house: House, role: str, panel: Panel[Any]) -> None:
    one_more(house, MONDAY_9AM)
    cost(house, role, panel)  # what a process reads once is read

    little = cost(house, role, panel)
    for number in range(1, 4):
        one_more(house, MONDAY_9AM + number * HOUR)
    much = cost(house, role, panel)

    assert little == much <= panel.statements


def names(role: str, user: User) -> list[str]:
    panels: Any = DESK if role == "desk" else PORTAL
    return [each.panel.name for each in load_panels(panels, user, subject_of(role, user), AT)]


def test_the_desk_home_shows_tickets_to_those_who_see_them(house: House) -> None:
    assert names("desk", reader(house, "desk")) == ["figures", "urgent", "mine"]
    assert names("desk", house.staff["commercial"]) == ["no_tickets"]


def test_the_portal_home_shows_waiting_matters_only_when_there_are_any(house: House) -> None:
    assert names("portal", reader(house, "portal")) == ["hero", "open", "catalog"]

    one_more(house, MONDAY_9AM)

    assert names("portal", reader(house, "portal")) == ["hero", "waiting", "open", "catalog"]
