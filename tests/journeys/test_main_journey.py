"""The main job through the HTTP surface of portal and desk: raise, answer, state, pend, solve,
approve, report.
"""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from foundation.accounts.models import User
from foundation.notifications.models import OutboxMessage
from sla.clocks.models import Clock
from tests.support.house import MONDAY_9AM, House, fresh
from tests.support.html import text_of
from tickets.models import StateInterval, Ticket

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def test_a_ticket_travels_from_the_portal_through_the_desk_to_its_approval(house: House) -> None:
    customer = signed_in(house.requester)
    agent = signed_in(house.agent)
    with time_machine.travel(MONDAY_9AM, tick=False) as clock:
        raised = customer.post(
            "/catalog/erp-error/",
            {
                "organization": house.north.pk,
                "subject": "Tax is doubled",
                "description": "Since the patch.",
                "impact": "moderate",
                "urgency": "high",
            },
        )
        ticket = Ticket.objects.get()
        assert raised.url == f"/tickets/{ticket.number}/"  # type: ignore[attr-defined]
        assert (ticket.state, ticket.priority_code, ticket.is_out_of_contract) == (
            "new",
            "high",
            False,
        )
        due = {c.metric: c.due_at for c in Clock.objects.filter(ticket=ticket)}
        assert due == {
            "reaction": MONDAY_9AM + timedelta(hours=1),
            "attention": MONDAY_9AM + timedelta(hours=10),
        }
        assert (
            OutboxMessage.objects.get(template="ticket_received").to_email
            == "requester@north.example"
        )

        assert ticket.number in agent.get("/admin/queue/").content.decode()

        clock.shift(timedelta(minutes=20))
        base = f"/admin/tickets/{ticket.number}"
        # confirms what follows from the proposal: no clock moves, so it is saved at once
        agent.post(
            f"{base}/classify/",
            {
                "kind": "incident",
                "service": house.services["erp"].pk,
                "impact": "moderate",
                "urgency": "high",
                "environment": "production",
                "version": fresh(ticket).version,
            },
        )
        agent.post(
            f"{base}/say/", {"kind": "reply", "body": "We are looking at it.", "last_message": 0}
        )
        reaction = Clock.objects.get(ticket=ticket, metric="reaction")
        assert (reaction.state, reaction.is_met, reaction.stopped_at) == (
            "stopped",
            True,
            MONDAY_9AM + timedelta(minutes=20),
        )

        clock.shift(timedelta(minutes=40))
        agent.post(f"{base}/step/start/", {"version": fresh(ticket).version})
        agent.post(
            f"{base}/step/pend_user/",
            {"message": "Which document?", "version": fresh(ticket).version},
        )
        attention = Clock.objects.get(ticket=ticket, metric="attention")
        assert (fresh(ticket).state, attention.state, attention.due_at) == (
            "pending_user",
            "paused",
            None,
        )

        clock.shift(timedelta(hours=2))
        customer.post(f"/tickets/{ticket.number}/reply/", {"body": "Document 118."})
        attention.refresh_from_db()
        # One hour used before the pause, two hours paused: nine hours of the ten remain, seven of
        # them fit into Monday.
        assert (fresh(ticket).state, attention.due_at) == (
            "in_progress",
            MONDAY_9AM + timedelta(days=1, hours=2),
        )

        agent.post(
            f"{base}/say/",
            {
                "kind": "statement",
                "body": "Fixed tomorrow.",
                "estimated_at": "2026-03-03T10:00",
                "last_message": 0,
            },
        )
        attention.refresh_from_db()
        assert (attention.state, attention.is_met, attention.used) == (
            "stopped",
            True,
            timedelta(hours=1),
        )

        clock.shift(timedelta(hours=1))
        agent.post(
            f"{base}/step/solve/",
            {
                "message": "The rule was corrected.",
                "solution_type": "definitive",
                "version": fresh(ticket).version,
            },
        )
        solved = fresh(ticket)
        # Three calendar days end at midnight of the third day, in Mexico City.
        assert (solved.state, solved.validation_due_at.isoformat()) == (
            "solved",
            "2026-03-06T06:00:00+00:00",
        )

        clock.shift(timedelta(hours=1))
        customer.post(f"/tickets/{ticket.number}/step/approve/")
    closed = fresh(ticket)
    assert (closed.state, closed.closure_code) == ("closed", "approved")
    states = list(
        StateInterval.objects.filter(ticket=ticket).order_by("pk").values_list("state", flat=True)
    )
    assert states == ["new", "in_progress", "pending_user", "in_progress", "solved", "closed"]
    assert list(
        OutboxMessage.objects.filter(recipient=house.requester)
        .order_by("pk")
        .values_list("template", flat=True)
    ) == [
        "ticket_received",
        "ticket_reply",
        "ticket_state",
        "ticket_state",
        "ticket_statement",
        "ticket_solved",
    ]

    page = (
        signed_in(house.staff["desk_manager"])
        .get("/admin/reports/?organization=north&month=2026-03")
        .content.decode()
    )
    shown = text_of(page)
    assert "1 Tickets levantados" in shown
    # Both clocks: the row of the priority, the row of the sum, and the figure on top.
    assert shown.count("100.0 %") == 6


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_page_of_the_main_job_renders_in_both_languages(house: House, language: str) -> None:
    client = signed_in(house.people["coordinator"])
    User.objects.filter(pk=house.people["coordinator"].pk).update(language=language)

    for path in (
        "/home/",
        "/catalog/",
        "/catalog/erp-error/",
        "/tickets/",
        "/contacts/",
        "/reports/?month=2026-03",
    ):
        response = client.get(path)

        assert response.status_code == 200, path
        assert f'<html lang="{language}">' in response.content.decode()
