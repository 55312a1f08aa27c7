"""What a step writes: fields, interval, message, record."""

from typing import Any

import pytest

from catalog.models import Contract
from foundation.accounts.models import Team
from foundation.activity.models import Record
from foundation.core.actor import system_actor
from foundation.core.errors import DomainError
from tests.support.house import HOUR, MONDAY_9AM, SECOND, House, fresh, make_ticket
from tests.support.tickets import SOLUTION, closed, solved, started, step
from tickets import queries, services
from tickets.models import Message, StateInterval, Ticket
from tickets.services import (
    DetailsMissing,
    TransitionNotAllowed,
)


def last_fact(ticket: Ticket) -> dict[str, Any]:
    facts = Record.objects.filter(object_id=ticket.pk, verb="ticket.state_changed").order_by("pk")
    payload: dict[str, Any] = list(facts)[-1].payload
    return payload


def test_a_start_assigns_the_actor_only_where_nobody_is_assigned(house: House) -> None:
    free = make_ticket(house)
    taken = make_ticket(house)
    Ticket.objects.filter(pk=taken.pk).update(assignee=house.staff["agent2"])

    returned = step(house, free, "start", MONDAY_9AM)
    step(house, taken, "start", MONDAY_9AM)

    assert returned.pk == free.pk
    assert (fresh(free).assignee, fresh(free).owner) == (house.agent, house.agent)
    assert (fresh(taken).assignee, fresh(taken).owner) == (house.staff["agent2"], house.agent)


def test_the_owner_stays_and_steps_for_the_customer_set_none(house: House) -> None:
    ticket = started(house)
    cancelled = make_ticket(house)

    step(
        house,
        ticket,
        "assign",
        MONDAY_9AM,
        user=house.staff["agent2"],
        team=house.level_two,
        reason="Up.",
    )
    step(house, cancelled, "cancel", MONDAY_9AM, reason="By mistake.")

    assert (fresh(ticket).owner, fresh(ticket).assignee) == (house.agent, None)
    assert fresh(ticket).team == house.level_two
    assert last_fact(ticket)["team"] == house.level_two.pk
    assert fresh(cancelled).owner is None


def test_a_solution_and_an_approval_set_their_fields(house: House) -> None:
    ticket = closed(house)

    saved = fresh(ticket)
    assert (saved.solved_at, saved.solution_type) == (MONDAY_9AM + HOUR, "definitive")
    assert (saved.closed_at, saved.closure_code) == (MONDAY_9AM + 2 * HOUR, "approved")
    assert (saved.validation_due_at, saved.validation_reminder_at) == (None, None)
    assert last_fact(ticket)["closure_code"] == "approved"
    assert (last_fact(ticket)["from"], last_fact(ticket)["to"]) == ("solved", "closed")
    assert last_fact(ticket)["transition"] == "approve"
    assert last_fact(ticket)["team"] is None


def test_a_reopening_clears_the_end(house: House) -> None:
    Contract.objects.filter(organization=house.north).update(reopen_days=2)
    ticket = closed(house)
    assert fresh(ticket).reopen_ends_at is not None

    step(house, ticket, "reopen", MONDAY_9AM + 3 * HOUR, user=house.requester, reason="Again.")

    saved = fresh(ticket)
    assert (saved.solved_at, saved.closed_at, saved.reopen_ends_at) == (None, None, None)
    assert (saved.closure_code, saved.solution_type, saved.state) == ("", "", "in_progress")
    message = Message.objects.filter(ticket=ticket).order_by("pk").last()
    assert message is not None
    assert (message.kind, message.body, message.is_from_staff) == ("reply", "Again.", False)


def test_a_closing_of_an_unsolved_ticket_leaves_no_solution(house: House) -> None:
    ticket = started(house)

    step(house, ticket, "close_invalid", MONDAY_9AM + HOUR, reason="Nothing fails.")

    saved = fresh(ticket)
    assert (saved.solved_at, saved.closed_at) == (None, MONDAY_9AM + HOUR)
    assert saved.closure_code == "invalid"


def test_a_message_of_a_step_has_the_kind_of_its_target(house: House) -> None:
    ticket = started(house)
    step(house, ticket, "pend_user", MONDAY_9AM, message="Which one?")
    step(house, ticket, "solve", MONDAY_9AM, **SOLUTION)
    step(house, ticket, "decline", MONDAY_9AM, reason="They called.")

    found = Message.objects.filter(ticket=ticket).order_by("pk")
    assert [(each.kind, each.body, each.is_from_staff) for each in found] == [
        ("reply", "Which one?", True),
        ("solution", "Done.", True),
        ("reply", "They called.", True),
    ]


def test_a_step_without_a_text_writes_no_message(house: House) -> None:
    ticket = make_ticket(house)

    step(house, ticket, "start", MONDAY_9AM, message="  ", reason="Internal.")

    assert not Message.objects.filter(ticket=ticket).exists()


def test_an_interval_ends_where_the_next_begins_with_its_details(house: House) -> None:
    ticket = started(house)
    make_ticket(house)

    step(
        house,
        ticket,
        "pend_supplier",
        MONDAY_9AM + HOUR,
        supplier=" Link ",
        supplier_case=" 7 ",
        promised_on=MONDAY_9AM.date(),
        reason=" Waits. ",
    )

    last = queries.intervals(ticket.pk)[-1]
    assert (last.supplier, last.supplier_case, last.reason) == ("Link", "7", "Waits.")
    assert (last.promised_on, last.started_at) == (MONDAY_9AM.date(), MONDAY_9AM + HOUR)
    assert last_fact(ticket)["interval"] == last.pk
    assert StateInterval.objects.filter(ended_at=None).count() == 2


@pytest.mark.parametrize(
    ("name", "details", "field"),
    [
        ("solve", {"solution_type": "magic", "message": "Done."}, "solution_type"),
        ("solve", {"solution_type": "definitive", "message": "  "}, "message"),
        ("pend_user", {"message": ""}, "message"),
    ],
)
def test_a_wrong_detail_is_refused_by_field(
    house: House, name: str, details: dict[str, Any], field: str
) -> None:
    ticket = started(house)

    with pytest.raises(DetailsMissing) as caught:
        step(house, ticket, name, MONDAY_9AM, **details)

    assert list(caught.value.fields) == [field]


def test_a_group_must_be_above_the_desk_and_serve_the_customer(house: House) -> None:
    ticket = started(house)
    desk = Team.objects.create(name="Desk", level=1)
    foreign = Team.objects.create(name="South", level=2)
    foreign.organizations.add(house.south)
    own = Team.objects.create(name="North", level=3)
    own.organizations.add(house.north)

    messages = []
    for team in (desk, foreign):
        with pytest.raises(DetailsMissing) as caught:
            step(house, ticket, "assign", MONDAY_9AM, team=team, reason="Up.")
        messages.append(str(caught.value.fields["team"]))
    step(house, ticket, "assign", MONDAY_9AM, team=own, reason="Up.")

    assert len(set(messages)) == 2
    assert fresh(ticket).team == own


def test_a_solved_ticket_closes_alone_at_the_end_of_its_period(house: House) -> None:
    ticket = solved(house)
    due = fresh(ticket).validation_due_at
    assert due is not None

    with pytest.raises(TransitionNotAllowed):
        services.close_unanswered(ticket=fresh(ticket), at=due - SECOND)
    returned = services.close_unanswered(ticket=fresh(ticket), at=due)

    assert (returned.state, fresh(ticket).closure_code) == ("closed", "no_validation")
    with pytest.raises(TransitionNotAllowed):
        services.close_unanswered(ticket=fresh(ticket), at=due)


def test_another_service_solves_an_open_ticket_once(house: House) -> None:
    ticket = started(house)
    who = system_actor("audits")

    stale = fresh(ticket)
    returned = services.solve_automatically(ticket=stale, message="Sent.", by=who, at=MONDAY_9AM)

    assert (returned.state, fresh(ticket).solution_type) == ("solved", "definitive")
    with pytest.raises(TransitionNotAllowed):
        services.solve_automatically(
            ticket=fresh(ticket), message="Sent.", by=who, at=MONDAY_9AM + HOUR
        )


def test_an_impossible_step_names_the_ticket_and_the_step(house: House) -> None:
    ticket = make_ticket(house)

    with pytest.raises(TransitionNotAllowed, match=ticket.number) as caught:
        step(house, ticket, "fly", MONDAY_9AM)
    with pytest.raises(TransitionNotAllowed) as nobody:
        step(house, ticket, "start", MONDAY_9AM, user=house.staff["bpo"])

    assert "fly" in str(caught.value)
    assert nobody.value.possible == []
    assert isinstance(caught.value, DomainError)
