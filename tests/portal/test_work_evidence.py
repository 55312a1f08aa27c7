"""What the customer reads of marked stays, causes and remote sessions."""

from typing import Any

import pytest

from tests.support.house import HOUR, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.html import text_of
from tests.support.tickets import started
from tickets import services
from tickets.models import Ticket
from tickets.services import NewSession, TransitionDetails

pytestmark = pytest.mark.usefixtures("monday")


def page(client: Any, ticket: Ticket) -> str:
    return str(client.get(f"/tickets/{ticket.number}/").content.decode())


def test_the_customer_reads_what_the_work_waits_for(house: House, sign_in: Any) -> None:
    ticket = started(house)
    services.mark_stay(
        ticket=fresh(ticket),
        mark="accessories",
        reason="A cable.",
        expected_on=MONDAY_9AM.date(),
        by=by(house.agent),
        at=MONDAY_9AM,
    )

    words = text_of(page(sign_in(house.requester), ticket))

    assert "Accessories · Mar 2, 2026" in words
    assert "A cable." in words


def test_the_customer_reads_the_sessions(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    services.note_session(
        ticket=ticket,
        session=NewSession(
            tool="Screen",
            started_at=MONDAY_9AM - HOUR,
            ended_at=MONDAY_9AM,
            consent_by="Ana Ruiz",
            consent="in_person",
            summary="The printer was paused.",
            recording="javascript:alert(1)",
        ),
        by=by(house.agent),
        at=MONDAY_9AM,
    )

    html = page(sign_in(house.requester), ticket)

    assert "The printer was paused." in html
    assert "Ana Ruiz, In person" in text_of(html)
    assert 'href="javascript' not in html


@pytest.mark.parametrize("sees_it", [True, False])
def test_a_duplicate_is_named_and_linked_for_who_sees_the_other(
    house: House, sign_in: Any, sees_it: bool
) -> None:
    other_requester = house.requester if sees_it else house.people["coordinator"]
    first = make_ticket(house, requester=other_requester)
    ticket = make_ticket(house)
    services.transition_ticket(
        ticket=ticket,
        name="cancel",
        details=TransitionDetails(reason="Twice.", cause="duplicate", duplicate_of=first),
        by=by(house.agent),
        at=MONDAY_9AM,
    )

    html = page(sign_in(house.requester), ticket)

    assert "Duplicate of another ticket" in html
    assert "Twice." in html
    assert (first.number in html) is sees_it
