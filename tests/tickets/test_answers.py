"""Reminders to a customer who does not answer, and the closing after them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import translation

from catalog.models import Contract, ContractService
from foundation.accounts.models import Membership
from foundation.notifications.models import OutboxMessage
from foundation.notifications.rendering import render_message
from sla.clocks.queries import clocks_of
from tests.support.audits import ask
from tests.support.house import DAY, HOUR, MONDAY_9AM, House, by, fresh
from tests.support.tickets import classify, started, step
from tickets import queries, services, verbs
from tickets.models import HeldMessage, Ticket
from tickets.tasks import sweep_answers
from web.timeline import sentence

NOON = MONDAY_9AM + 3 * HOUR
MEXICO = ZoneInfo("America/Mexico_City")
QUESTION = "Which printer is it?"


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def pursuing(house: House) -> None:
    """The contract reminds after two business days, twice, and then closes as cancelled."""
    Contract.objects.filter(pk=house.contract.pk).update(
        answer_days=2, answer_reminders=2, no_answer_end="cancelled"
    )


def asked(house: House) -> Ticket:
    """Return a ticket whose customer was asked something on Monday noon."""
    ticket = started(house)
    step(house, ticket, "pend_user", NOON, message=QUESTION)
    return fresh(ticket)


def sweep(at: datetime) -> int:
    with time_machine.travel(at, tick=False):
        return sweep_answers()


def reminders(ticket: Ticket) -> list[str]:
    found = OutboxMessage.objects.filter(template="answer_reminder").order_by("pk")
    return [render_message(each).text for each in found if each.context["number"] == ticket.number]


@pytest.mark.usefixtures("pursuing")
def test_the_customer_is_reminded_twice_and_then_it_is_closed(house: House) -> None:
    ticket = asked(house)
    first_due = ticket.answer_due_at
    assert first_due is not None
    # the closing time of the second business day after Monday
    assert first_due.astimezone(MEXICO).isoformat() == "2026-03-04T19:00:00-06:00"

    assert sweep(first_due - HOUR) == 0
    assert sweep(first_due) == 1
    ticket = fresh(ticket)
    (first,) = reminders(ticket)
    assert QUESTION in first
    assert "closes by itself" not in first
    assert (ticket.state, ticket.reminders_sent) == ("pending_user", 1)
    assert sweep(first_due) == 0

    second_due = ticket.answer_due_at
    assert second_due is not None
    assert second_due.astimezone(MEXICO).isoformat() == "2026-03-06T19:00:00-06:00"
    sweep(second_due)
    ticket = fresh(ticket)
    assert "Without an answer it closes by itself on Mar 10, 2026" in reminders(ticket)[1]
    assert "Cancelled by the user" in reminders(ticket)[1]

    closing = ticket.answer_due_at
    assert closing is not None
    assert ticket.closes_without_answer_at == closing
    sweep(closing)
    ticket = fresh(ticket)
    assert (ticket.state, ticket.closure_code, ticket.end_cause) == (
        "closed",
        "cancelled",
        "no_answer",
    )
    assert (ticket.answer_due_at, ticket.reminders_sent) == (None, 0)
    letter = OutboxMessage.objects.filter(template="ticket_closed").latest("pk")
    assert "The customer did not answer" in render_message(letter).text
    assert {clock.state for clock in clocks_of([ticket.pk])[ticket.pk]} <= {"stopped", "withdrawn"}
    said = [
        sentence(each, "UTC")
        for each in queries.timeline(ticket)
        if each.verb == verbs.CUSTOMER_REMINDED
    ]
    assert sorted(said) == [f"Reminder {n} sent to the customer" for n in (1, 2)]


@pytest.mark.usefixtures("pursuing")
def test_an_answer_ends_it_and_the_next_question_begins_anew(house: House) -> None:
    ticket = asked(house)
    assert ticket.answer_due_at is not None
    sweep(ticket.answer_due_at)

    later = MONDAY_9AM + 3 * DAY
    services.reply_as_customer(
        ticket=fresh(ticket), body="The blue one.", by=by(house.requester), at=later
    )
    ticket = fresh(ticket)
    assert (ticket.state, ticket.answer_due_at, ticket.reminders_sent) == ("in_progress", None, 0)
    assert sweep(later + 30 * DAY) == 0

    step(house, ticket, "pend_user", later + HOUR, message="And since when?")
    ticket = fresh(ticket)
    assert ticket.reminders_sent == 0
    assert ticket.answer_due_at is not None
    assert ticket.answer_due_at > later + DAY


@pytest.mark.usefixtures("pursuing")
def test_another_message_of_the_desk_begins_anew(house: House) -> None:
    ticket = asked(house)
    due = ticket.answer_due_at
    assert due is not None
    sweep(due)

    services.reply_to_customer(
        ticket=fresh(ticket), body="We can call you.", by=by(house.agent), at=due + HOUR
    )
    ticket = fresh(ticket)
    assert ticket.reminders_sent == 0
    sweep(ticket.answer_due_at or due)
    assert "We can call you." in reminders(ticket)[-1]


def test_without_the_term_nobody_is_reminded(house: House) -> None:
    ticket = asked(house)

    assert ticket.answer_due_at is None
    assert sweep(NOON + 60 * DAY) == 0


def test_a_contract_may_remind_and_leave_it_open(house: House) -> None:
    Contract.objects.filter(pk=house.contract.pk).update(answer_days=1, answer_reminders=1)
    ticket = asked(house)
    for _turn in range(3):
        ticket = fresh(ticket)
        if ticket.answer_due_at is not None:
            sweep(ticket.answer_due_at)

    ticket = fresh(ticket)
    assert (ticket.state, ticket.answer_due_at, ticket.reminders_sent) == ("pending_user", None, 1)
    assert len(reminders(ticket)) == 1


@pytest.mark.usefixtures("pursuing")
def test_the_contract_chooses_the_code(house: House) -> None:
    Contract.objects.filter(pk=house.contract.pk).update(no_answer_end="invalid")
    ticket = asked(house)
    for _turn in range(3):
        sweep(fresh(ticket).answer_due_at or NOON)

    assert (fresh(ticket).state, fresh(ticket).closure_code) == ("closed", "invalid")


@pytest.mark.usefixtures("pursuing")
def test_who_may_no_longer_read_it_is_not_reminded_and_it_stays(house: House) -> None:
    ticket = asked(house)
    Membership.objects.filter(user=house.requester).update(is_suspended=True)

    sweep(ticket.answer_due_at or NOON)

    ticket = fresh(ticket)
    assert ticket.state == "pending_user"
    assert reminders(ticket) == []
    # their time begins anew, and they are reminded once they have access again
    assert ticket.answer_due_at is not None
    assert ticket.answer_due_at.astimezone(MEXICO).isoformat() == "2026-03-06T19:00:00-06:00"
    Membership.objects.filter(user=house.requester).update(is_suspended=False)
    sweep(ticket.answer_due_at)
    assert len(reminders(ticket)) == 1


@pytest.mark.usefixtures("pursuing")
def test_nothing_is_closed_that_no_reminder_announced(house: House) -> None:
    ticket = asked(house)
    sweep(ticket.answer_due_at or NOON)
    # the contract asks for fewer reminders now: the one that was sent announced nothing
    Contract.objects.filter(pk=house.contract.pk).update(answer_reminders=1)

    ticket = fresh(ticket)
    assert ticket.closes_without_answer_at is None
    sweep(ticket.answer_due_at or NOON)
    ticket = fresh(ticket)
    assert ticket.state == "pending_user"
    assert ["closes by itself" in each for each in reminders(ticket)] == [False, True]
    assert ticket.closes_without_answer_at == ticket.answer_due_at
    sweep(ticket.answer_due_at or NOON)
    assert fresh(ticket).state == "closed"


@pytest.mark.usefixtures("pursuing")
def test_a_closing_is_no_longer_named_when_the_contract_takes_it_back(house: House) -> None:
    ticket = asked(house)
    for _turn in range(2):
        sweep(fresh(ticket).answer_due_at or NOON)
    assert fresh(ticket).closes_without_answer_at is not None

    Contract.objects.filter(pk=house.contract.pk).update(answer_days=0)
    assert fresh(ticket).closes_without_answer_at is None
    Contract.objects.filter(pk=house.contract.pk).update(answer_days=2, no_answer_end="")
    assert fresh(ticket).closes_without_answer_at is None


@pytest.mark.usefixtures("pursuing")
def test_a_ticket_that_comes_back_into_its_contract_has_a_term_again(house: House) -> None:
    ticket = asked(house)
    ContractService.objects.filter(service=house.services["network"]).delete()
    classify(house, ticket, NOON + HOUR, service=house.services["network"])
    assert fresh(ticket).binding_contract is None
    assert fresh(ticket).answer_due_at is None

    classify(house, ticket, NOON + 3 * HOUR, service=house.services["erp"])
    assert fresh(ticket).binding_contract is not None
    assert fresh(ticket).answer_due_at is not None


@pytest.mark.usefixtures("pursuing")
def test_a_term_that_is_taken_out_of_the_contract_ends(house: House) -> None:
    ticket = asked(house)
    Contract.objects.filter(pk=house.contract.pk).update(answer_days=0)

    sweep(ticket.answer_due_at or NOON)

    assert (fresh(ticket).state, fresh(ticket).answer_due_at) == ("pending_user", None)


@pytest.mark.usefixtures("pursuing")
def test_two_workers_remind_once(house: House) -> None:
    ticket = asked(house)
    due = ticket.answer_due_at
    assert due is not None
    same = fresh(ticket)

    assert services.pursue_answer(ticket=ticket, at=due)
    assert not services.pursue_answer(ticket=same, at=due)
    assert len(reminders(ticket)) == 1


@pytest.mark.usefixtures("pursuing")
def test_nobody_takes_the_closing_by_hand(house: House) -> None:
    ticket = asked(house)

    for person in (house.agent, house.requester, house.staff["desk_supervisor"]):
        with pytest.raises(services.TransitionNotAllowed):
            step(house, ticket, "close_without_answer_cancelled", NOON, user=person)


@pytest.mark.usefixtures("pursuing")
def test_an_audit_ends_by_its_protocol_alone(house: House) -> None:
    audit = ask(house)
    ticket = fresh(audit.ticket)
    step(house, ticket, "start", MONDAY_9AM, user=house.agent)
    step(house, ticket, "pend_user", NOON, message=QUESTION)

    assert fresh(ticket).answer_due_at is None
    services.reply_to_customer(ticket=fresh(ticket), body="Well?", by=by(house.agent), at=NOON)
    assert fresh(ticket).answer_due_at is None


@pytest.mark.usefixtures("pursuing")
def test_a_ticket_out_of_contract_reminds_nobody(house: House) -> None:
    ticket = asked(house)
    Ticket.objects.filter(pk=ticket.pk).update(is_out_of_contract=True)

    sweep(ticket.answer_due_at or NOON)

    assert fresh(ticket).answer_due_at is None
    assert reminders(ticket) == []


@pytest.mark.usefixtures("pursuing")
def test_a_failing_ticket_does_not_stop_the_others(house: House, monkeypatch: Any) -> None:
    first = asked(house)
    second = asked(house)
    due = second.answer_due_at
    assert due is not None
    Ticket.objects.filter(pk=first.pk).update(answer_due_at=due - HOUR)
    real = services.pursue_answer

    def fails(*, ticket: Ticket, at: datetime) -> bool:
        if ticket.pk == first.pk:
            raise RuntimeError("broken")
        return real(ticket=ticket, at=at)

    monkeypatch.setattr(services, "pursue_answer", fails)

    assert sweep(due) == 2
    assert [fresh(each).reminders_sent for each in (first, second)] == [0, 1]


def test_the_desk_may_give_the_silence_as_cause(house: House) -> None:
    ticket = asked(house)

    step(house, ticket, "close_invalid", NOON, reason="Silence.", cause="no_answer")

    assert fresh(ticket).end_cause == "no_answer"


@pytest.mark.usefixtures("pursuing")
def test_nothing_is_closed_while_a_message_waits_to_be_sent(house: House) -> None:
    ticket = asked(house)
    due = ticket.answer_due_at
    assert due is not None
    held = HeldMessage.objects.create(
        organization=house.north,
        ticket=ticket,
        author=house.agent,
        kind="reply",
        body="We call you.",
        form="f",
        send_at=due + HOUR,
    )

    assert not services.pursue_answer(ticket=fresh(ticket), at=due)
    held.delete()
    assert services.pursue_answer(ticket=fresh(ticket), at=due)


@pytest.mark.usefixtures("pursuing")
def test_a_message_to_who_cannot_read_it_now_begins_anew_too(house: House) -> None:
    ticket = asked(house)
    due = ticket.answer_due_at
    assert due is not None
    Membership.objects.filter(user=house.requester).update(is_suspended=True)

    services.reply_to_customer(
        ticket=fresh(ticket), body="Well?", by=by(house.agent), at=due - HOUR
    )

    assert (fresh(ticket).answer_due_at or due) > due


@pytest.mark.usefixtures("pursuing")
def test_a_term_that_the_contract_lost_ends_with_the_next_message(house: House) -> None:
    ticket = asked(house)
    Contract.objects.filter(pk=house.contract.pk).update(answer_days=0)

    services.reply_to_customer(ticket=fresh(ticket), body="Well?", by=by(house.agent), at=NOON)

    assert fresh(ticket).answer_due_at is None
