"""How each state of a clock is shown: a paused or sleeping clock says why and until when."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from sla.clocks.models import Clock
from sla.clocks.services import settle_ticket
from tests.support.house import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY_9AM,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.tickets import solved
from tickets import services
from tickets.models import Ticket
from tickets.services import TransitionDetails
from web.faces import clock_face


def face(ticket: Ticket, metric: str, at: datetime, *, for_desk: bool = True) -> tuple[str, str]:
    with translation.override("en"):
        clock = Clock.objects.get(ticket=ticket, metric=metric)
        found = clock_face(clock, fresh(ticket), at, for_desk=for_desk)
        return str(found.text), found.tone


def test_a_running_clock_says_how_long_it_has(house: House) -> None:
    ticket = make_ticket(house)  # reaction 1 h, attention 10 h

    assert face(ticket, "attention", MONDAY_9AM) == ("Due in 10 h", "calm")
    assert face(ticket, "reaction", MONDAY_9AM + 40 * MINUTE) == ("Due in 20 min", "calm")
    assert face(ticket, "reaction", MONDAY_9AM + 45 * MINUTE) == (
        "At risk · due in 15 min",
        "urgent",
    )
    assert face(ticket, "attention", MONDAY_9AM + 8 * HOUR) == ("At risk · due in 2 h", "soon")
    assert face(ticket, "attention", MONDAY_9AM + 9.5 * HOUR) == (
        "At risk · due in 30 min",
        "urgent",
    )
    assert face(ticket, "reaction", MONDAY_9AM + 3 * HOUR) == ("Overdue by 2 h", "late")


@pytest.mark.parametrize(
    ("language", "text"), [("en", "Resumes Mon 09:00"), ("es", "Reanuda lun 09:00")]
)
def test_outside_hours_is_never_called_a_pause(house: House, language: str, text: str) -> None:
    saturday = MONDAY_9AM + timedelta(days=5)
    ticket = make_ticket(house, at=saturday)

    with translation.override(language):
        found = clock_face(
            Clock.objects.get(ticket=ticket, metric="attention"),
            fresh(ticket),
            saturday + HOUR,
            for_desk=True,
        )

    assert (found.text, found.tone, found.icon) == (text, "asleep", "moon")


def test_a_clock_around_the_clock_never_sleeps(house: House) -> None:
    saturday = MONDAY_9AM + timedelta(days=5)
    ticket = make_ticket(house, at=saturday, service="network")

    assert face(ticket, "attention", saturday) == ("Due in 4 h", "calm")


def test_a_pause_names_the_side_it_waits_for_and_an_overdue_clock_stays_overdue_at_night(
    house: House,
) -> None:
    ticket = make_ticket(house)
    services.transition_ticket(
        ticket=fresh(ticket), name="start", by=by(house.agent), at=MONDAY_9AM
    )
    question = TransitionDetails(message="Which?")
    services.transition_ticket(
        ticket=fresh(ticket),
        name="pend_user",
        details=question,
        by=by(house.agent),
        at=MONDAY_9AM + HOUR,
    )
    late = make_ticket(house)
    settle_ticket(ticket_id=late.pk, at=MONDAY_9AM + 15 * HOUR)

    assert face(ticket, "attention", MONDAY_9AM + 20 * HOUR) == (
        "Paused · waits for the user",
        "paused",
    )
    assert face(late, "reaction", MONDAY_9AM + 15 * HOUR) == ("Overdue by 14 h", "late")


def ended(ticket: Ticket, **values: Any) -> tuple[str, str]:
    """Return how the attention clock is shown once it has these values."""
    clock = Clock.objects.get(ticket=ticket, metric="attention")
    for name, value in values.items():
        setattr(clock, name, value)
    with translation.override("en"):
        found = clock_face(clock, fresh(ticket), MONDAY_9AM + 9 * DAY, for_desk=True)
    return str(found.text), found.tone


def test_a_clock_that_has_ended_says_the_time_in_the_unit_of_its_target(house: House) -> None:
    ticket = solved(house, MONDAY_9AM + HOUR)
    used = timedelta(minutes=30)

    assert ended(ticket, used=used, target_unit="time") == ("Met in 30 min", "met")
    assert ended(ticket, used=used, target_unit="business_days") == ("Met in 1 h", "met")
    assert ended(ticket, used=None, target_unit="time") == ("Met in 1 h", "met")
    late = solved(house, MONDAY_9AM + DAY)
    assert face(late, "attention", MONDAY_9AM + 9 * DAY) == ("Missed by 14 h", "missed")
