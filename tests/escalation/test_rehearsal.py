from typing import Any

import pytest

from escalation.models import RuleLog
from escalation.rehearsal import rehearse
from escalation.rules import ANY
from foundation.core.classification import Impact, Urgency
from foundation.notifications.models import OutboxMessage
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
from tests.support.rules import give_account_manager, rule, sweep_rules_at
from tests.support.tickets import closed, started, step
from tickets import services
from tickets.models import Ticket


@pytest.fixture(autouse=True)
def _manager(house: House) -> None:
    give_account_manager(house)


def test_a_rehearsal_finds_the_matching_tickets_and_writes_nothing(
    house: House,
) -> None:
    for minutes in (20, 46):
        ticket = make_ticket(house)
        services.reply_to_customer(
            ticket=ticket, body="Hi", by=by(house.agent), at=MONDAY_9AM + minutes * MINUTE
        )
    late = make_ticket(house, at=MONDAY_9AM + HOUR)
    settle_ticket(ticket_id=late.pk, at=MONDAY_9AM + 2 * HOUR + MINUTE)
    critical = make_ticket(house, impact=Impact.EXTENSIVE, urgency=Urgency.CRITICAL)
    settle_ticket(ticket_id=critical.pk, at=MONDAY_9AM + 3 * HOUR)
    old = make_ticket(house, at=MONDAY_9AM - 60 * DAY)
    settle_ticket(ticket_id=old.pk, at=MONDAY_9AM - 59 * DAY)
    before = (OutboxMessage.objects.count(), RuleLog.objects.count())

    found = rehearse(rule(is_active=False, priorities=["high"]), ANY, at=MONDAY_9AM + DAY)

    assert [(each.ticket.pk, each.occurrence.percent) for each in found.touched] == [
        (late.pk, 100),
        (ticket.pk, 75),
    ]
    assert (found.count, found.is_cut, OutboxMessage.objects.count(), RuleLog.objects.count()) == (
        2,
        False,
        *before,
    )


def test_a_rehearsal_agrees_with_the_later_run_of_the_rule(house: House) -> None:
    """The same days lived with the rule on, and looked back upon with it off."""
    rules = [
        rule(name="Clock", percent=75),
        rule(name="State", trigger="state", percent=None, states=["pending_user"]),
        rule(
            name="Silence",
            trigger="silence",
            percent=None,
            silence_minutes=90,
            action="tell",
            person=house.agent,
        ),
    ]
    for number in range(6):
        at = MONDAY_9AM + number * 40 * MINUTE
        ticket = make_ticket(house, at=at)
        if number % 2:
            settle_ticket(ticket_id=ticket.pk, at=at + 30 * MINUTE)
            services.reply_to_customer(
                ticket=fresh(ticket), body="Hi", by=by(house.agent), at=at + 31 * MINUTE
            )
        if number % 3 == 0:
            step(house, ticket, "start", at + 50 * MINUTE)
            step(house, ticket, "pend_user", at + 51 * MINUTE, message="Which?")
    end = MONDAY_9AM + 8 * HOUR
    for ticket in Ticket.objects.order_by("pk"):
        settle_ticket(ticket_id=ticket.pk, at=end)
    sweep_rules_at(end)

    for each in rules:
        ran = {
            log.ticket_id
            for log in RuleLog.objects.all()
            for row in log.results
            if (row["rule"], row["outcome"]) == (each.pk, "ran")
        }
        touched = {one.ticket.pk for one in rehearse(each, ANY, at=end).touched}
        assert touched == ran != set()


def test_a_marked_stay_is_no_change_of_state(house: House) -> None:
    ticket = started(house)
    services.mark_stay(
        ticket=fresh(ticket),
        mark="spare_parts",
        reason="A disk.",
        by=by(house.agent),
        at=MONDAY_9AM + HOUR,
    )
    state = rule(trigger="state", percent=None, states=["in_progress"])
    silence = rule(
        name="Silence",
        trigger="silence",
        percent=None,
        silence_minutes=90,
        action="tell",
        person=house.agent,
    )

    entered = rehearse(state, ANY, at=MONDAY_9AM + 3 * HOUR)
    silent = rehearse(silence, ANY, at=MONDAY_9AM + 3 * HOUR)

    assert [each.at for each in entered.touched] == [MONDAY_9AM]
    assert [each.at for each in silent.touched] == [MONDAY_9AM + 90 * MINUTE]


def test_a_rehearsal_of_states_ends_at_its_own_instant(house: House) -> None:
    ticket = started(house)
    other = make_ticket(house)
    step(house, other, "start", MONDAY_9AM + HOUR)
    tried = rule(
        trigger="state",
        percent=None,
        states=["in_progress"],
        action="tell",
        person=house.agent,
        is_active=False,
    )

    def touched(at: Any) -> list[int]:
        return [each.ticket.pk for each in rehearse(tried, ANY, at=at).touched]

    assert touched(MONDAY_9AM) == [ticket.pk]
    assert touched(MONDAY_9AM + HOUR) == [other.pk, ticket.pk]


def test_neither_a_note_of_the_desk_nor_the_customer_ends_a_silence(house: House) -> None:
    noted = started(house)
    asked = started(house)
    answered = started(house)
    at = MONDAY_9AM + 50 * MINUTE
    services.add_note(ticket=noted, body="Seen.", by=by(house.agent), at=at)
    services.reply_as_customer(ticket=fresh(asked), body="Any news?", by=by(house.requester), at=at)
    services.reply_to_customer(ticket=answered, body="We look.", by=by(house.agent), at=at)
    tried = rule(
        trigger="silence",
        percent=None,
        silence_minutes=60,
        action="tell",
        person=house.agent,
        is_active=False,
    )

    found = rehearse(tried, ANY, at=MONDAY_9AM + 90 * MINUTE)

    assert {each.ticket.pk for each in found.touched} == {noted.pk, asked.pk}


def test_a_ticket_that_has_ended_hears_nothing_and_is_not_waited_for(house: House) -> None:
    ended = closed(house)
    tried = rule(
        trigger="silence",
        percent=None,
        silence_minutes=60,
        states=["closed", "in_progress"],
        action="tell",
        person=house.agent,
        is_active=False,
    )

    found = rehearse(tried, ANY, at=MONDAY_9AM + 3 * DAY)

    assert fresh(ended).state == "closed"
    assert [each.at for each in found.touched if each.at > MONDAY_9AM + HOUR] == []
