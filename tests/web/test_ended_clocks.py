"""How a clock that ended, or that measures the customer, is shown."""

from datetime import datetime

import pytest
from django.utils import translation

from sla.clocks.models import Clock, ClockState
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, SECOND, House, by, fresh, make_ticket
from tests.support.tickets import solved, step
from tickets import services
from tickets.models import Ticket
from web.faces import clock_face


def face(ticket: Ticket, metric: str, at: datetime) -> tuple[str, str, str]:
    with translation.override("en"):
        clock = Clock.objects.get(ticket=ticket, metric=metric)
        found = clock_face(clock, fresh(ticket), at, for_desk=True)
        return str(found.text), found.tone, found.icon


def answered(house: House, minutes: int) -> Ticket:
    ticket = make_ticket(house)
    services.reply_to_customer(
        ticket=fresh(ticket), body="Hello.", by=by(house.agent), at=MONDAY_9AM + minutes * MINUTE
    )
    return ticket


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [
        (20, ("Met in 20 min", "met", "check")),
        (60, ("Met in 1 h", "met", "check")),
        (90, ("Missed by 30 min", "missed", "x")),
    ],
)
def test_a_stopped_clock_shows_by_how_much_it_was_met_or_missed(
    house: House, minutes: int, shown: tuple[str, str, str]
) -> None:
    assert face(answered(house, minutes), "reaction", MONDAY_9AM + DAY) == shown


def test_a_withdrawn_clock_shows_no_time(house: House) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "reject", MONDAY_9AM + MINUTE, reason="A duplicate.")

    assert Clock.objects.get(ticket=ticket, metric="attention").state == ClockState.WITHDRAWN
    assert face(ticket, "attention", MONDAY_9AM + HOUR) == ("Withdrawn", "withdrawn", "minus")


def test_a_validation_is_open_then_about_to_close_and_never_overdue(house: House) -> None:
    ticket = solved(house, MONDAY_9AM)
    due = Clock.objects.get(ticket=ticket, metric="validation").due_at
    assert due is not None

    before = face(ticket, "validation", due - 3 * HOUR)
    just_before = face(ticket, "validation", due - MINUTE)

    assert before == ("Closes in 3 h", "calm", "clock")
    assert just_before == ("Closes in 1 min", "calm", "clock")
    for at in (due, due + SECOND, due + DAY):
        assert face(ticket, "validation", at) == ("About to close", "asleep", "clock")


def test_an_ended_validation_shows_whether_the_customer_answered(house: House) -> None:
    approved, left = (solved(house, MONDAY_9AM) for _ in range(2))
    step(house, approved, "approve", MONDAY_9AM + 2 * HOUR, user=house.requester)
    services.close_unanswered(ticket=fresh(left), at=MONDAY_9AM + 30 * DAY)

    assert face(approved, "validation", MONDAY_9AM + DAY) == ("Answered in 2 h", "met", "check")
    assert face(left, "validation", MONDAY_9AM + 31 * DAY) == (
        "Ended without an answer",
        "withdrawn",
        "minus",
    )
