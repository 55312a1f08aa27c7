"""Labels and sentences of tickets. Without a database."""

from typing import Any

import pytest
from django.utils import translation

from foundation.core.classification import Priority
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM
from tickets.models import Attachment, Message, StateInterval, Ticket
from tickets.models.tickets import format_number
from tickets.queries import Held
from tickets.queries.intervals import time_held
from tickets.states import (
    ACTIVE,
    FINAL,
    TRANSITIONS,
    Holder,
    State,
    transitions_from,
    turn_of,
)
from tickets.templatetags.tickets import closure_label, state_label, transition_label
from tickets.wording import SENTENCES


def say(verb: str, **payload: Any) -> str:
    with translation.override("en"):
        return SENTENCES[verb](payload, "UTC")


def test_a_change_of_state_names_both_states() -> None:
    assert say("ticket.state_changed", **{"from": "new", "to": "solved"}) == "State: New → Solved"


def test_a_classification_names_what_changed() -> None:
    with translation.override("en"):
        low = Priority.LOW.label
        high = Priority.HIGH.label
        expected = f"Classification: {high} → {low}; Incident → Service request"
    changed = {"priority": [2, 4], "kind": ["incident", "request"]}

    assert (int(Priority.HIGH), int(Priority.LOW)) == (2, 4)
    assert say("ticket.classified", changed=changed) == expected
    assert say("ticket.classified", changed={}) == "Classification confirmed"
    assert say("ticket.classified") == "Classification confirmed"
    names = {"service": ["ERP", "Network"]}
    changed = {"service": [1, 2], "support_type": ["a", "b"], "environment": ["test", "production"]}
    assert say("ticket.classified", changed=changed, names=names) == (
        "Classification: Test → Production; ERP → Network"
    )


def test_an_assignment_and_a_contract_name_what_was_and_what_is() -> None:
    names = {"assignee": ["", "Ana"]}
    assert say("ticket.assigned", names=names) == "Assignee: — → Ana"
    names = {"contract": ["C-1", "C-2"]}
    assert say("ticket.contract_changed", names=names) == "Contract: C-1 → C-2"


def test_a_follow_up_names_its_number() -> None:
    assert say("ticket.followed_up", follower=12) == f"Goes on in {format_number(12)}"


def test_other_facts_have_a_fixed_sentence() -> None:
    assert say("ticket.raised") == "Ticket raised"


def test_labels_of_codes_and_of_other_text() -> None:
    with translation.override("en"):
        assert state_label("pending_user") == "Pending user"
        assert closure_label("approved") == "Approved by the customer"
        assert transition_label("solve") == "Solve"
    assert [label("other") for label in (state_label, closure_label, transition_label)] == [
        "other"
    ] * 3


def test_the_text_of_a_ticket_has_number_subject_state_and_priority() -> None:
    ticket = Ticket(pk=12, subject="It fails", state="pending_user", priority=2)

    assert format_number(12).endswith("-000012")
    assert (ticket.number, str(ticket)) == (format_number(12), f"{format_number(12)} It fails")
    assert (ticket.priority_code, ticket.turn, ticket.is_active) == ("high", "customer", True)
    assert ticket.continues_number == ""
    with translation.override("en"):
        assert ticket.state_label == "Pending user"
    assert Ticket(continues_id=7).continues_number == format_number(7)


def test_rows_of_the_conversation_have_a_short_text() -> None:
    with translation.override("en"):
        assert str(Message(pk=3, kind="note")) == "Internal note 3"
    assert str(Attachment(name="a.png")) == "a.png"
    assert str(StateInterval(state="new", started_at=MONDAY_9AM)) == f"new {MONDAY_9AM}"


def test_active_and_final_states_are_complementary() -> None:
    assert {state for state in State if Ticket(state=state).is_active} == ACTIVE
    assert set(State) - ACTIVE == FINAL


@pytest.mark.parametrize(
    ("state", "holder"),
    [
        ("new", "desk"),
        ("in_progress", "desk"),
        ("pending_user", "customer"),
        ("solved", "customer"),
        ("pending_supplier", "supplier"),
        ("closed", ""),
        ("rejected", ""),
    ],
)
def test_the_turn_of_a_state(state: str, holder: str) -> None:
    assert turn_of(state) == holder


def test_steps_that_end_without_a_solution_and_those_that_solve() -> None:
    assert {name for name, step in TRANSITIONS.items() if step.ends_unsolved} == {
        "reject",
        "cancel",
        "close_cancelled",
        "close_invalid",
        "close_without_answer_cancelled",
        "close_without_answer_invalid",
        "merge",
        "merge_started",
    }
    assert [name for name, step in TRANSITIONS.items() if step.is_solution] == ["solve"]


def test_the_steps_from_a_state_are_in_the_order_of_the_table() -> None:
    assert [step.name for step in transitions_from("solved")] == [
        "approve",
        "decline",
        "close_unanswered",
    ]
    assert transitions_from("rejected") == []


def interval(state: str, start: int, end: int | None) -> StateInterval:
    return StateInterval(
        state=state,
        started_at=MONDAY_9AM + start * MINUTE,
        ended_at=MONDAY_9AM + end * MINUTE if end is not None else None,
    )


def test_the_time_of_each_holder_is_summed_in_order() -> None:
    rows = [
        interval("pending_supplier", 0, 10),
        interval("pending_user", 10, 12),
        interval("in_progress", 12, 15),
        interval("solved", 15, 20),
        interval("open", 20, None),
    ]

    assert time_held(rows, MONDAY_9AM + HOUR) == [
        Held(Holder.DESK, 43 * MINUTE),
        Held(Holder.CUSTOMER, 7 * MINUTE),
        Held(Holder.SUPPLIER, 10 * MINUTE),
    ]


def test_a_final_state_has_no_holder_and_no_time_is_negative() -> None:
    rows = [interval("new", 0, 5), interval("closed", 5, None)]

    assert time_held(rows, MONDAY_9AM + DAY) == [Held(Holder.DESK, 5 * MINUTE)]
    assert time_held([interval("new", 5, None)], MONDAY_9AM) == [Held(Holder.DESK, 0 * MINUTE)]
    assert time_held([], MONDAY_9AM) == []
