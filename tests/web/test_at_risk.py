"""One definition of "at risk": the share of the target that the policy names. Badge, view, count
and letter follow it; a customer never reads the words.
"""

from datetime import datetime
from typing import Any

import pytest
import time_machine

from foundation.notifications.models import OutboxMessage
from foundation.notifications.rendering import render_message
from sla.clocks.models import Clock
from sla.clocks.queries import is_at_risk
from sla.clocks.services import rebuild_clocks, settle_ticket
from tests.support.house import (
    HOUR,
    MINUTE,
    MONDAY_9AM,
    SECOND,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.html import text_of
from tests.support.policies import publish_for
from tests.support.tickets import step
from tickets import queries, services
from tickets.models import Ticket
from tickets.services import TransitionDetails


def attention_at_risk_from(house: House, percent: int, **says: Any) -> Ticket:
    """Raise a ticket whose attention clock (10 h) alone runs, under a policy of this share."""
    publish_for(house, [], contract=house.contract, at_risk_percent=percent, **says)
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    services.reply_to_customer(
        ticket=fresh(ticket), body="We look.", by=by(house.agent), at=MONDAY_9AM
    )
    return fresh(ticket)


def lists(house: House, ticket: Ticket, at: datetime) -> tuple[bool, int, bool]:
    """Return whether the view lists the ticket, what its count says, and what its badge says."""
    found = queries.at_risk(Ticket.objects.all(), at).filter(pk=ticket.pk).exists()
    clock = Clock.objects.get(ticket=ticket, metric="attention")
    counted = queries.desk_counts(house.agent, at)["at_risk"]
    return found, counted, is_at_risk(clock, at)


def test_badge_view_and_count_change_at_the_same_second(house: House) -> None:
    ticket = attention_at_risk_from(house, 40)
    from_then = MONDAY_9AM + 4 * HOUR

    assert ticket.at_risk_at == from_then
    assert lists(house, ticket, from_then - SECOND) == (False, 0, False)
    assert lists(house, ticket, from_then) == (True, 1, True)
    assert lists(house, ticket, MONDAY_9AM + 10 * HOUR - SECOND) == (True, 1, True)
    assert lists(house, ticket, MONDAY_9AM + 10 * HOUR) == (False, 0, False)  # overdue


def test_the_last_hour_of_a_short_target_is_no_risk_by_itself(house: House) -> None:
    ticket = attention_at_risk_from(house, 99)

    assert lists(house, ticket, MONDAY_9AM + 9 * HOUR + 50 * MINUTE) == (False, 0, False)


def test_a_paused_clock_is_not_at_risk_whatever_it_has_used(house: House) -> None:
    ticket = attention_at_risk_from(house, 40)
    question = TransitionDetails(message="Which?")
    services.transition_ticket(
        ticket=ticket,
        name="pend_user",
        details=question,
        by=by(house.agent),
        at=MONDAY_9AM + 5 * HOUR,
    )

    assert lists(house, ticket, MONDAY_9AM + 6 * HOUR) == (False, 0, False)
    assert fresh(ticket).at_risk_at is None
    assert rebuild_clocks(ticket=fresh(ticket), write=False) == []


@pytest.mark.parametrize(("percent", "is_named"), [(50, True), (60, False)])
def test_the_letter_of_a_warning_says_at_risk_from_the_same_share_on(
    house: House, percent: int, is_named: bool
) -> None:
    ticket = attention_at_risk_from(house, percent, warning_percents=[50])

    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 5 * HOUR + SECOND)

    subject = render_message(OutboxMessage.objects.get(template="clock")).subject
    assert ("at risk" in subject) is is_named
    assert "50 %" in subject


def test_the_desk_reads_at_risk_and_the_customer_does_not(house: House, sign_in: Any) -> None:
    ticket = attention_at_risk_from(house, 75)
    for user in (house.agent, house.requester):
        user.language = "en"
        user.save()

    with time_machine.travel(MONDAY_9AM + 8 * HOUR, tick=False):
        desk = sign_in(house.agent)
        own = (f"/admin/tickets/{ticket.number}/", "/admin/queue/?view=at_risk")
        pages = [text_of(desk.get(path).content.decode()) for path in own]
        portal = sign_in(house.requester)
        of_customer = (f"/tickets/{ticket.number}/", "/tickets/")
        shown = [text_of(portal.get(path).content.decode()) for path in of_customer]

    assert ["At risk · due in 2 h" in page for page in pages] == [True, True]
    assert ["Due in 2 h" in page for page in shown] == [True, True]
    assert ["risk" in page.lower() for page in shown] == [False, False]
