"""What a step writes: its details, the people it assigns, and when it is refused."""

from datetime import datetime

import pytest

from catalog.models import Contract
from foundation.accounts.models import Team
from foundation.core.errors import Invalid
from foundation.duty.models import Absence
from sla.clocks.models import Clock
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import classify, step
from tickets import services
from tickets.models import LAST, Message, StateInterval, Ticket
from tickets.permissions import can_be_reopened
from tickets.queries import timeline
from tickets.services import ActionNotAllowed, DetailsMissing, StaleTicket, TransitionNotAllowed
from tickets.tasks import sweep_validations

SOLVED = {"solution_type": "definitive", "message": "Done."}


def test_a_solution_needs_a_known_type(house: House) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)

    with pytest.raises(DetailsMissing) as caught:
        step(house, ticket, "solve", MONDAY_9AM, solution_type="magic", message="Done.")

    assert list(caught.value.fields) == ["solution_type"]
    assert "workaround" in str(caught.value.fields["solution_type"])
    assert step(house, ticket, "solve", MONDAY_9AM, **SOLVED).solution_type == "definitive"


def test_a_ticket_goes_up_to_a_group_above_the_desk_that_serves_the_customer(house: House) -> None:
    ticket = make_ticket(house)
    desk = Team.objects.create(name="Desk", level=1)
    southern = Team.objects.create(name="South", level=2)
    southern.organizations.add(house.south)

    for team in (desk, southern):
        with pytest.raises(DetailsMissing) as caught:
            step(house, ticket, "assign", MONDAY_9AM, team=team, reason="Higher.")
        assert list(caught.value.fields) == ["team"]

    assert fresh(ticket).state == "new"
    southern.organizations.add(house.north)
    assert step(house, ticket, "assign", MONDAY_9AM, team=southern, reason="Up.").team == southern


def test_blank_details_are_missing_details(house: House) -> None:
    ticket = make_ticket(house)

    with pytest.raises(DetailsMissing) as caught:
        step(house, ticket, "reject", MONDAY_9AM, reason=" \n")

    assert list(caught.value.fields) == ["reason"]


def test_an_unknown_step_is_refused_by_its_name(house: House) -> None:
    ticket = make_ticket(house)

    with pytest.raises(TransitionNotAllowed, match="vanish"):
        step(house, ticket, "vanish", MONDAY_9AM)


def test_who_starts_work_is_assigned_and_owns_unless_somebody_else_does(house: House) -> None:
    taken = make_ticket(house)
    step(house, taken, "start", MONDAY_9AM)
    given = make_ticket(house)
    Ticket.objects.filter(pk=given.pk).update(
        assignee=house.staff["agent2"], owner=house.staff["desk_supervisor"]
    )
    step(house, given, "start", MONDAY_9AM)
    called_off = make_ticket(house)
    step(house, called_off, "cancel", MONDAY_9AM, reason="By telephone.")
    opened = make_ticket(house)
    step(house, opened, "register", MONDAY_9AM)

    found = [
        (fresh(ticket).assignee, fresh(ticket).owner)
        for ticket in (taken, given, called_off, opened)
    ]
    assert found == [
        (house.agent, house.agent),
        (house.staff["agent2"], house.staff["desk_supervisor"]),
        (None, None),
        (None, house.agent),
    ]


@pytest.mark.parametrize("is_away", [False, True])
def test_a_returned_ticket_goes_to_its_owner_unless_they_are_away(
    house: House, is_away: bool
) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "assign", MONDAY_9AM, team=house.level_two, reason="Up.")
    assert (fresh(ticket).team, fresh(ticket).assignee) == (house.level_two, None)
    if is_away:
        Absence.objects.create(
            person=house.agent, starts_at=MONDAY_9AM, ends_at=MONDAY_9AM + 2 * DAY
        )

    step(house, ticket, "return_to_desk", MONDAY_9AM + HOUR, reason="Ours.")

    found = fresh(ticket)
    assert (found.state, found.team, found.owner) == ("open", None, house.agent)
    assert found.assignee == (None if is_away else house.agent)


def test_a_returned_ticket_without_an_owner_has_no_assignee(house: House) -> None:
    ticket = make_ticket(house)
    Ticket.objects.filter(pk=ticket.pk).update(state="assigned", team=house.level_two)

    step(house, ticket, "return_to_desk", MONDAY_9AM, user=house.agent, reason="Ours.")

    assert (fresh(ticket).assignee, fresh(ticket).owner) == (None, house.agent)


def test_the_end_and_the_reopening_set_and_clear_their_columns(house: House) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    step(house, ticket, "solve", MONDAY_9AM + HOUR, **SOLVED)
    columns = (
        "solved_at",
        "closed_at",
        "closure_code",
        "solution_type",
        "validation_due_at",
        "validation_reminder_at",
    )

    def found() -> tuple[object, ...]:
        return tuple(getattr(fresh(ticket), name) for name in columns)

    assert found()[:4] == (MONDAY_9AM + HOUR, None, "", "definitive")
    assert None not in found()[4:]
    step(house, ticket, "approve", MONDAY_9AM + 2 * HOUR, user=house.requester)
    end = MONDAY_9AM + 2 * HOUR
    assert found() == (MONDAY_9AM + HOUR, end, "approved", "definitive", None, None)
    Ticket.objects.filter(pk=ticket.pk).update(reopen_ends_at=end + DAY)
    step(house, ticket, "reopen", end + DAY, user=house.requester, reason="Again.")
    assert found() == (None, None, "", "", None, None)
    assert fresh(ticket).reopen_ends_at is None


def test_the_reopening_window_includes_its_last_instant(house: House) -> None:
    ticket = Ticket(state="closed", reopen_ends_at=MONDAY_9AM)

    assert can_be_reopened(ticket, MONDAY_9AM)
    assert not can_be_reopened(ticket, MONDAY_9AM + MINUTE)
    assert not can_be_reopened(Ticket(state="closed"), MONDAY_9AM)
    assert not can_be_reopened(Ticket(state="solved", reopen_ends_at=MONDAY_9AM), MONDAY_9AM)


def test_the_words_of_a_step_become_a_message_of_their_author(house: House) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM, message="We look.")
    step(house, ticket, "solve", MONDAY_9AM + MINUTE, **SOLVED)
    step(house, ticket, "decline", MONDAY_9AM + HOUR, reason="They called: it fails.")
    step(house, ticket, "solve", MONDAY_9AM + HOUR, **SOLVED)
    step(house, ticket, "decline", MONDAY_9AM + 2 * HOUR, user=house.requester, reason="No.")

    rows = Message.objects.filter(ticket=ticket).order_by("pk")
    assert list(rows.values_list("kind", "is_from_staff", "body")) == [
        ("reply", True, "We look."),
        ("solution", True, "Done."),
        ("reply", True, "They called: it fails."),
        ("solution", True, "Done."),
        ("reply", False, "No."),
    ]
    reaction = Clock.objects.get(ticket=ticket, metric="reaction")
    assert (reaction.state, reaction.stopped_at) == ("stopped", MONDAY_9AM)


def test_a_step_ends_the_interval_of_its_own_ticket_only(house: House) -> None:
    ticket = make_ticket(house)
    other = make_ticket(house)

    step(house, ticket, "start", MONDAY_9AM + HOUR)

    rows = StateInterval.objects.order_by("pk").values_list("ticket_id", "state", "ended_at")
    assert list(rows) == [
        (ticket.pk, "new", MONDAY_9AM + HOUR),
        (other.pk, "new", None),
        (ticket.pk, "in_progress", None),
    ]


@pytest.mark.parametrize(
    ("due_at", "is_closed"), [(MONDAY_9AM + DAY, True), (MONDAY_9AM + DAY + MINUTE, False)]
)
def test_a_ticket_closes_unanswered_only_from_the_end_of_its_validation(
    house: House, due_at: datetime, is_closed: bool
) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    with pytest.raises(TransitionNotAllowed):
        services.close_unanswered(ticket=fresh(ticket), at=MONDAY_9AM + DAY)
    step(house, ticket, "solve", MONDAY_9AM, **SOLVED)
    Ticket.objects.filter(pk=ticket.pk).update(validation_due_at=due_at)

    if is_closed:
        closed = services.close_unanswered(ticket=fresh(ticket), at=MONDAY_9AM + DAY)
        assert (closed.pk, closed.state) == (ticket.pk, "closed")
    else:
        with pytest.raises(TransitionNotAllowed):
            services.close_unanswered(ticket=fresh(ticket), at=MONDAY_9AM + DAY)
        assert fresh(ticket).state == "solved"


def test_a_ticket_is_solved_by_another_service_only_while_it_is_open(house: House) -> None:
    ticket = make_ticket(house)
    seen_before = fresh(ticket)

    solved = services.solve_automatically(
        ticket=fresh(ticket), message="The audit ended.", by=by(house.agent), at=MONDAY_9AM
    )

    assert (solved.state, solved.solution_type) == ("solved", "definitive")
    with pytest.raises(TransitionNotAllowed):
        services.solve_automatically(
            ticket=seen_before, message="Again.", by=by(house.agent), at=MONDAY_9AM
        )


def test_a_later_classification_needs_a_reason_and_the_first_does_not(house: House) -> None:
    ticket = make_ticket(house)

    def put(impact: str, reason: str, user: str = "agent") -> Ticket:
        values = services.Classification(
            impact=impact, urgency="low", kind="incident", service=house.services["erp"]
        )
        return services.classify_ticket(
            ticket=fresh(ticket),
            classification=values,
            reason=reason,
            by=by(house.staff[user]),
            at=MONDAY_9AM,
        )

    assert put("extensive", "").impact == "extensive"
    assert put("extensive", "").impact == "extensive"  # a confirmation
    with pytest.raises(DetailsMissing) as caught:
        put("minor", "  ")
    assert list(caught.value.fields) == ["reason"]
    assert fresh(ticket).impact == "extensive"
    assert put("minor", " Seen. ").impact == "minor"
    notes = [
        entry.payload["note"] for entry in timeline(ticket) if entry.verb == "ticket.classified"
    ]
    assert notes == [None, None, Message.objects.get().pk]
    assert Message.objects.get().body.endswith("Seen.")
    with pytest.raises(ActionNotAllowed):
        put("extensive", "Mine.", user="consultant")
    step(house, ticket, "reject", MONDAY_9AM, reason="Not ours.")
    with pytest.raises(ActionNotAllowed):
        put("extensive", "Late.")


def test_the_contract_is_changed_by_a_supervisor_with_a_reason_and_to_another_one(
    house: House,
) -> None:
    gold = Contract.objects.create(
        organization=house.north, reference="GOLD", starts_on=MONDAY_9AM.date()
    )
    ticket = make_ticket(house)
    south = make_ticket(house, organization=house.south, requester=house.outsider)

    def change(
        contract: Contract, reason: str = "Signed.", user: str = "desk_supervisor"
    ) -> Ticket:
        return services.change_contract(
            ticket=fresh(ticket),
            contract=contract,
            reason=reason,
            from_start=False,
            by=by(house.staff[user]),
            at=MONDAY_9AM,
        )

    for contract, reason, user, error in (
        (gold, "Signed.", "agent", ActionNotAllowed),
        (house.contract, "Signed.", "desk_supervisor", Invalid),
        (south.contract, "Signed.", "desk_supervisor", Invalid),
        (gold, "  ", "desk_supervisor", DetailsMissing),
    ):
        with pytest.raises(error):
            change(contract, reason, user)
    assert change(gold).contract == gold
    step(house, ticket, "reject", MONDAY_9AM, reason="Not ours.")
    with pytest.raises(ActionNotAllowed):
        change(house.contract)


def test_projections_are_written_to_their_ticket_and_state_only(house: House) -> None:
    ticket = make_ticket(house)
    other = make_ticket(house)
    kept = fresh(other)
    at = MONDAY_9AM + HOUR

    services.set_clock_projection(ticket=ticket, next_due_at=None, at_risk_at=at)
    services.set_validation_term(ticket_id=ticket.pk, due_at=at, reminder_at=at)
    services.move_validation_term(ticket_id=ticket.pk, due_at=at, reminder_at=at)
    services.set_reopen_window(ticket_id=ticket.pk, until=at)

    found = fresh(ticket)
    assert (found.next_due_at, found.at_risk_at, found.queue_at) == (None, at, LAST)
    assert (found.validation_due_at, found.reopen_ends_at) == (None, None)
    assert (ticket.next_due_at, ticket.at_risk_at, ticket.queue_at) == (None, at, LAST)
    assert (fresh(other).next_due_at, fresh(other).at_risk_at) == (
        kept.next_due_at,
        kept.at_risk_at,
    )


def test_a_moved_validation_does_not_schedule_a_sent_reminder_again(house: House) -> None:
    at = MONDAY_9AM + 9 * DAY
    tickets = [make_ticket(house) for _ in range(3)]
    for ticket in tickets:
        step(house, ticket, "start", MONDAY_9AM)
        step(house, ticket, "solve", MONDAY_9AM, **SOLVED)
    reminded, waiting, other = tickets
    before = fresh(other)
    Ticket.objects.filter(pk=reminded.pk).update(validation_reminder_at=None)

    for ticket in (reminded, waiting):
        services.move_validation_term(ticket_id=ticket.pk, due_at=at, reminder_at=at - DAY)

    found = [(fresh(t).validation_due_at, fresh(t).validation_reminder_at) for t in tickets]
    assert found == [
        (at, None),
        (at, at - DAY),
        (before.validation_due_at, before.validation_reminder_at),
    ]


def test_the_sweep_goes_on_after_a_ticket_that_fails(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tickets = [make_ticket(house) for _ in range(2)]
    for ticket in tickets:
        step(house, ticket, "start", MONDAY_9AM)
        step(house, ticket, "solve", MONDAY_9AM, **SOLVED)
        Ticket.objects.filter(pk=ticket.pk).update(
            validation_due_at=MONDAY_9AM + DAY, validation_reminder_at=None
        )
    StateInterval.objects.filter(ticket=tickets[0], ended_at=None).update(
        started_at=MONDAY_9AM + 2 * DAY
    )
    monkeypatch.setattr("tickets.tasks.timezone.now", lambda: MONDAY_9AM + DAY)

    taken = sweep_validations()

    assert taken == 2
    assert [fresh(ticket).state for ticket in tickets] == ["solved", "closed"]
    assert [record.levelname for record in caplog.records if "could not" in record.message] == [
        "ERROR"
    ]


def test_a_write_with_an_old_row_is_stale_and_changes_nothing(house: House) -> None:
    ticket = make_ticket(house)
    old = fresh(ticket)
    classify(house, ticket, MONDAY_9AM, urgency="low")

    with pytest.raises(StaleTicket) as caught:
        services.transition_ticket(ticket=old, name="start", by=by(house.agent), at=MONDAY_9AM)

    assert [entry.verb for entry in caught.value.changes][-1] == "ticket.classified"
    assert fresh(ticket).state == "new"
