"""The main job through the HTTP surface of portal and desk: raise, answer, state, pend, solve,
approve, report.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

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


@dataclass
class Journey:
    """A ticket on its way: who acts on it, and the clock of the day."""

    house: House
    customer: Client
    agent: Client
    clock: Any

    @property
    def ticket(self) -> Ticket:
        return fresh(Ticket.objects.get())

    def measured(self, metric: str) -> Clock:
        return Clock.objects.get(ticket=self.ticket, metric=metric)

    def desk(self, path: str, **fields: Any) -> None:
        """Post a form of the desk's ticket page, with the version that its page shows."""
        ticket = self.ticket
        self.agent.post(
            f"/admin/tickets/{ticket.number}/{path}/", {"version": ticket.version, **fields}
        )


def test_a_ticket_travels_from_the_portal_through_the_desk_to_its_approval(house: House) -> None:
    with time_machine.travel(MONDAY_9AM, tick=False) as clock:
        journey = Journey(house, signed_in(house.requester), signed_in(house.agent), clock)
        raise_in_the_portal(journey)
        clock.shift(timedelta(minutes=20))
        confirm_and_reply(journey)
        clock.shift(timedelta(minutes=40))
        wait_for_the_customer(journey)
        clock.shift(timedelta(hours=2))
        answer_in_the_portal(journey)
        say_when_it_is_fixed(journey)
        clock.shift(timedelta(hours=1))
        solve(journey)
        clock.shift(timedelta(hours=1))
        approve(journey)
    read_the_report(house)


def raise_in_the_portal(journey: Journey) -> None:
    raised = journey.customer.post(
        "/catalog/erp-error/",
        {
            "organization": journey.house.north.pk,
            "subject": "Tax is doubled",
            "description": "Since the patch.",
            "impact": "moderate",
            "urgency": "high",
        },
    )

    ticket = journey.ticket
    assert raised["Location"] == f"/tickets/{ticket.number}/"
    assert (ticket.state, ticket.priority_code, ticket.is_out_of_contract) == ("new", "high", False)
    assert {c.metric: c.due_at for c in Clock.objects.filter(ticket=ticket)} == {
        "reaction": MONDAY_9AM + timedelta(hours=1),
        "attention": MONDAY_9AM + timedelta(hours=10),
    }
    letter = OutboxMessage.objects.get(template="ticket_received")
    assert letter.to_email == "requester@north.example"
    assert ticket.number in journey.agent.get("/admin/queue/").content.decode()


def confirm_and_reply(journey: Journey) -> None:
    """Confirm what follows from the proposal: no clock moves, so it is saved at once."""
    journey.desk(
        "classify",
        kind="incident",
        service=journey.house.services["erp"].pk,
        impact="moderate",
        urgency="high",
        environment="production",
    )
    journey.desk("say", kind="reply", body="We are looking at it.", last_message=0)

    reaction = journey.measured("reaction")
    assert (reaction.state, reaction.is_met, reaction.stopped_at) == (
        "stopped",
        True,
        MONDAY_9AM + timedelta(minutes=20),
    )


def wait_for_the_customer(journey: Journey) -> None:
    journey.desk("step/start")
    journey.desk("step/pend_user", message="Which document?")

    attention = journey.measured("attention")
    assert journey.ticket.state == "pending_user"
    assert (attention.state, attention.due_at) == ("paused", None)


def answer_in_the_portal(journey: Journey) -> None:
    """One hour was used before the pause, and two hours were paused: nine hours of the ten remain,
    and seven of them fit into Monday.
    """
    journey.customer.post(f"/tickets/{journey.ticket.number}/reply/", {"body": "Document 118."})

    assert journey.ticket.state == "in_progress"
    assert journey.measured("attention").due_at == MONDAY_9AM + timedelta(days=1, hours=2)


def say_when_it_is_fixed(journey: Journey) -> None:
    journey.desk(
        "say",
        kind="statement",
        body="Fixed tomorrow.",
        estimated_at="2026-03-03T10:00",
        last_message=0,
    )

    attention = journey.measured("attention")
    assert (attention.state, attention.is_met, attention.used) == (
        "stopped",
        True,
        timedelta(hours=1),
    )


def solve(journey: Journey) -> None:
    """Three calendar days to validate end at midnight of the third day, in Mexico City."""
    journey.desk("step/solve", message="The rule was corrected.", solution_type="definitive")

    solved = journey.ticket
    assert (solved.state, solved.validation_due_at.isoformat()) == (
        "solved",
        "2026-03-06T06:00:00+00:00",
    )


def approve(journey: Journey) -> None:
    journey.customer.post(f"/tickets/{journey.ticket.number}/step/approve/")

    closed = journey.ticket
    assert (closed.state, closed.closure_code) == ("closed", "approved")
    intervals = StateInterval.objects.filter(ticket=closed).order_by("pk")
    assert list(intervals.values_list("state", flat=True)) == [
        "new",
        "in_progress",
        "pending_user",
        "in_progress",
        "solved",
        "closed",
    ]
    letters = OutboxMessage.objects.filter(recipient=journey.house.requester).order_by("pk")
    assert list(letters.values_list("template", flat=True)) == [
        "ticket_received",
        "ticket_reply",
        "ticket_state",
        "ticket_state",
        "ticket_state",
        "ticket_statement",
        "ticket_solved",
        "ticket_closed",
    ]


def read_the_report(house: House) -> None:
    manager = signed_in(house.staff["desk_manager"])

    page = manager.get("/admin/reports/?organization=north&month=2026-03").content.decode()

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
