"""Tickets that who has them snoozes: what hides them, and what brings them back."""

from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine
from django.utils import translation

from escalation.services import request_escalation
from foundation.core.errors import Invalid
from foundation.notifications.models import OutboxMessage
from foundation.notifications.rendering import render_message
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import closed, started, step
from tickets import queries, services, verbs
from tickets.models import Snooze, Ticket
from tickets.services import ActionNotAllowed
from tickets.tasks import sweep_snoozes
from web.timeline import sentence

SOON = MONDAY_9AM + MINUTE
UNTIL = MONDAY_9AM + 30 * MINUTE


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def snooze(house: House, ticket: Ticket, until: datetime = UNTIL) -> Snooze:
    return services.snooze_ticket(ticket=fresh(ticket), until=until, by=by(house.agent), at=SOON)


def lists(house: House, at: datetime = SOON) -> dict[str, list[int]]:
    found = queries.desk_lists(house.agent, at)
    return {
        name: sorted(each.pk for each in found[name])
        for name in ("mine", "snoozed", "all", "breached")
        if found[name]
    }


def sweep(at: datetime) -> int:
    with time_machine.travel(at, tick=False):
        return sweep_snoozes()


def letters() -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(template="ticket_woken").order_by("pk"))


def test_it_leaves_the_list_of_who_has_it_and_the_next_ticket(house: House) -> None:
    one = started(house)
    two = started(house)
    version = fresh(one).version

    snooze(house, one, UNTIL + 20 * MINUTE / 60)

    assert lists(house) == {
        "mine": [two.pk],
        "snoozed": [one.pk],
        "all": [one.pk, two.pk],
    }
    assert fresh(one).version == version
    assert Snooze.objects.get().until == UNTIL  # to the minute
    found = services.next_ticket(by=by(house.agent), at=SOON)
    assert found.ticket == two
    with time_machine.travel(UNTIL, tick=False):
        assert lists(house, UNTIL)["mine"] == [one.pk, two.pk]
    said = [sentence(each, "UTC") for each in queries.timeline(fresh(one))]
    assert "Snoozed until Mar 2, 2026, 15:30" in said
    assert verbs.SNOOZED in [each.verb for each in queries.timeline(fresh(one))]


def test_at_its_time_it_is_back_and_who_snoozed_it_is_told_once(house: House) -> None:
    ticket = started(house)
    snooze(house, ticket)

    assert sweep(UNTIL - MINUTE) == 0
    assert sweep(UNTIL) == 1
    assert sweep(UNTIL) == 0

    assert not Snooze.objects.exists()
    (letter,) = letters()
    assert letter.recipient == house.agent
    assert f"You snoozed {ticket.number}, The invoice fails (Company north)." in (
        render_message(letter).text
    )
    assert [each.verb for each in queries.timeline(fresh(ticket))].count(verbs.WOKEN) == 1
    again = services.snooze_ticket(
        ticket=fresh(ticket), until=UNTIL + HOUR, by=by(house.agent), at=UNTIL
    )
    assert sweep(again.until) == 1
    assert len(letters()) == 2


def test_who_no_longer_serves_the_customer_is_not_told(house: House) -> None:
    ticket = started(house)
    snooze(house, ticket)
    house.agent.is_active = False
    house.agent.save()

    assert sweep(UNTIL) == 1
    assert letters() == []
    assert not Snooze.objects.exists()


def test_an_answer_of_the_customer_brings_it_back(house: House) -> None:
    ticket = started(house)
    snooze(house, ticket)

    services.reply_as_customer(
        ticket=fresh(ticket), body="It works.", by=by(house.requester), at=SOON
    )

    assert lists(house)["mine"] == [ticket.pk]
    assert sweep(UNTIL) == 0
    assert letters() == []


def test_a_step_and_another_assignee_bring_it_back(house: House) -> None:
    one = started(house)
    two = started(house)
    snooze(house, one)
    snooze(house, two)

    step(house, one, "pend_user", SOON, message="Which one?")
    services.assign_ticket(
        ticket=fresh(two),
        assignee=house.staff["agent2"],
        by=by(house.staff["desk_supervisor"]),
        at=SOON,
    )

    assert not Snooze.objects.exists()


def test_a_note_and_a_reply_of_the_desk_leave_it_snoozed(house: House) -> None:
    ticket = started(house)
    snooze(house, ticket)

    services.add_note(ticket=fresh(ticket), body="Later.", by=by(house.agent), at=SOON)
    services.reply_to_customer(ticket=fresh(ticket), body="Wait.", by=by(house.agent), at=SOON)

    assert lists(house)["snoozed"] == [ticket.pk]


def test_an_escalation_by_the_customer_brings_it_back(house: House) -> None:
    ticket = started(house)
    snooze(house, ticket)

    request_escalation(
        ticket=fresh(ticket), reason="Still waiting.", by=by(house.requester), at=SOON
    )

    assert not Snooze.objects.exists()


def test_a_missed_clock_brings_it_back_for_good(house: House) -> None:
    ticket = started(house)
    snooze(house, ticket, MONDAY_9AM + 20 * DAY)
    due = fresh(ticket).next_due_at
    assert due is not None

    assert "mine" not in lists(house, due - MINUTE)
    assert lists(house, due)["mine"] == [ticket.pk]
    assert "snoozed" not in lists(house, due)
    assert services.next_ticket(by=by(house.agent), at=due).ticket == ticket
    assert sweep(due) == 1
    assert not Snooze.objects.exists()
    assert len(letters()) == 1
    with pytest.raises(Invalid, match="A clock of it is missed"):
        services.snooze_ticket(ticket=fresh(ticket), until=due + HOUR, by=by(house.agent), at=due)


@pytest.mark.parametrize("until", [SOON, SOON - DAY, SOON + 91 * DAY, SOON + MINUTE / 2])
def test_a_time_that_is_past_or_far_is_refused(house: House, until: datetime) -> None:
    ticket = started(house)

    with pytest.raises(Invalid, match="within 90 days") as refused:
        snooze(house, ticket, until)

    assert set(refused.value.fields) == {"until"}
    assert not Snooze.objects.exists()


def test_only_who_has_it_snoozes_it_and_not_an_ended_one(house: House) -> None:
    nobodys = make_ticket(house)
    ended = closed(house)
    Ticket.objects.filter(pk=ended.pk).update(assignee=house.agent)

    with pytest.raises(ActionNotAllowed, match="take it first"):
        snooze(house, nobodys)
    with pytest.raises(Invalid, match="has ended"):
        snooze(house, ended)
    for person in (house.requester, house.staff["desk_supervisor"]):
        with pytest.raises(ActionNotAllowed):
            services.snooze_ticket(
                ticket=fresh(started(house)), until=UNTIL, by=by(person), at=SOON
            )


def test_who_has_it_or_a_supervisor_brings_it_back(house: House) -> None:
    ticket = started(house)
    snooze(house, ticket)

    with pytest.raises(ActionNotAllowed):
        services.wake_ticket(ticket=fresh(ticket), by=by(house.staff["agent2"]), at=SOON)
    services.wake_ticket(ticket=fresh(ticket), by=by(house.staff["desk_supervisor"]), at=SOON)
    services.wake_ticket(ticket=fresh(ticket), by=by(house.agent), at=SOON)

    assert not Snooze.objects.exists()
    assert [each.verb for each in queries.timeline(fresh(ticket))].count(verbs.WOKEN) == 1
