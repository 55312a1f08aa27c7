"""The panels of a ticket page by role and state: the exact list, in order."""

from collections.abc import Sequence
from typing import Any

import pytest

from desk.tickets.panels import PANELS as DESK
from desk.tickets.panels import Properties, Triage
from foundation.accounts.models import User
from portal.tickets.panels import PANELS as PORTAL
from tests.support.house import DAY, HOUR, MONDAY_9AM, House, fresh, make_ticket
from tests.support.tickets import step
from tickets.models import Ticket
from web.ticket_page import TicketPage

READS = (
    "head conversation clocks turn properties customer times sessions analyses followers files "
    "intervals rules history"
)
ENDED = (
    "head conversation composer clocks turn properties tags tasks assignment customer relations "
    "times sessions analyses followers files intervals rules history"
)
SOLVED = f"head steps {ENDED.removeprefix('head ')}"
OPEN = SOLVED.replace("properties", "properties triage")
DESK_SETS = {
    "new": OPEN,
    "in_progress": OPEN,
    "pending_user": OPEN,
    "solved": SOLVED,
    "closed": ENDED,
    "rejected": ENDED,
}
PORTAL_SETS = {
    "new": "head conversation reply clocks turn details escalation life",
    "in_progress": "head conversation reply clocks turn details escalation",
    "pending_user": "head decision conversation reply clocks turn details escalation",
    "solved": "head decision conversation reply clocks turn details escalation",
    "closed": "head conversation follow_up clocks turn details",
    "rejected": "head conversation follow_up clocks turn details",
}


def ticket_in(house: House, state: str) -> Ticket:
    """Raise a ticket and lead it to a state."""
    ticket = make_ticket(house)
    acts: dict[str, list[tuple[str, dict[str, Any]]]] = {
        "new": [],
        "rejected": [("reject", {"reason": "A duplicate."})],
        "in_progress": [("start", {})],
        "pending_user": [("start", {}), ("pend_user", {"message": "Which one?"})],
        "solved": [("solve", {"solution_type": "definitive", "message": "Done."})],
        "closed": [
            ("solve", {"solution_type": "definitive", "message": "Done."}),
            ("approve", {"user": house.requester}),
        ],
    }
    if state in {"solved", "closed"}:
        step(house, ticket, "start", MONDAY_9AM)
    for name, details in acts[state]:
        step(house, ticket, name, MONDAY_9AM, **details)
    return fresh(ticket)


def shown(panels: Sequence[Any], user: User, ticket: Ticket) -> str:
    at = MONDAY_9AM + HOUR
    page = TicketPage(ticket, user, at)
    return " ".join(panel.name for panel in panels if panel.load(user, page, at) is not None)


@pytest.mark.parametrize("state", DESK_SETS)
def test_the_desk_works_on_a_ticket_and_the_others_read_it(house: House, state: str) -> None:
    ticket = ticket_in(house, state)

    for role in ("agent", "desk_supervisor"):
        assert shown(DESK, house.staff[role], ticket) == DESK_SETS[state], role
    for role in ("consultant", "bpo", "service_delivery"):
        assert shown(DESK, house.staff[role], ticket) == READS, role


@pytest.mark.parametrize("state", PORTAL_SETS)
def test_requester_and_coordinator_answer_and_their_manager_reads(house: House, state: str) -> None:
    ticket = ticket_in(house, state)

    for role in ("requester", "coordinator"):
        assert shown(PORTAL, house.people[role], ticket) == PORTAL_SETS[state], role
    reads = "head conversation clocks turn details"
    assert shown(PORTAL, house.people["company_manager"], ticket) == reads


def test_a_closed_ticket_is_reopened_while_that_is_possible(house: House) -> None:
    ticket = ticket_in(house, "closed")
    Ticket.objects.filter(pk=ticket.pk).update(reopen_ends_at=MONDAY_9AM + DAY)

    found = shown(PORTAL, house.requester, fresh(ticket))

    assert found == "head conversation clocks turn details life"
    assert "steps" in shown(DESK, house.agent, fresh(ticket)).split()


def test_a_consultant_works_on_what_is_assigned_to_them(house: House) -> None:
    ticket = ticket_in(house, "in_progress")
    consultant = house.staff["consultant"]
    Ticket.objects.filter(pk=ticket.pk).update(assignee=consultant)

    found = shown(DESK, consultant, fresh(ticket)).split()

    assert {"composer", "steps"} <= set(found)


@pytest.mark.parametrize(
    ("role", "state", "may"),
    [
        ("agent", "in_progress", True),
        ("agent", "solved", False),
        ("agent", "closed", False),
        ("consultant", "in_progress", False),
    ],
)
def test_the_desk_classifies_open_tickets(house: House, role: str, state: str, may: bool) -> None:
    ticket = ticket_in(house, state)
    reader = house.staff[role]
    page = TicketPage(ticket, reader, MONDAY_9AM + HOUR)

    assert Properties().load(reader, page, page.at)["is_triaged_here"] is may
    assert (Triage().load(reader, page, page.at) is not None) is may
