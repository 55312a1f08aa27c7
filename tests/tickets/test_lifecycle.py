"""The transition table: required details, refusals, validation and closing."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from catalog.models import Contract
from foundation.accounts.models import User
from foundation.activity.models import Record, RecordIsAppendOnly
from foundation.core.classification import (
    Channel,
    Impact,
    Priority,
    Urgency,
)
from foundation.notifications.models import OutboxMessage
from sla.clocks.models import Clock
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
from tests.support.tickets import CAUSES, with_cause
from tickets import services
from tickets.models import Message, StateInterval, Ticket
from tickets.queries import timeline
from tickets.services import (
    ActionNotAllowed,
    Classification,
    DetailsMissing,
    StaleTicket,
    TransitionDetails,
    TransitionNotAllowed,
)
from tickets.states import TRANSITIONS, State
from tickets.tasks import sweep_validations

DETAILS = TransitionDetails(
    reason="Because.",
    tried="A restart.",
    message="A message.",
    solution_type="definitive",
    supplier="Link Co",
    supplier_case="7",
    promised_on=MONDAY_9AM.date(),
)

# SPEC 3.8, by hand: state -> what the desk, a holder or the requester may reach from it.
REACHABLE = {
    "new": {"open", "in_progress", "assigned", "rejected", "cancelled"},
    "open": {
        "assigned",
        "in_progress",
        "pending_user",
        "pending_supplier",
        "solved",
        "rejected",
        "cancelled",
        "closed",
    },
    "assigned": {
        "open",
        "in_progress",
        "pending_user",
        "pending_supplier",
        "solved",
        "rejected",
        "cancelled",
        "closed",
    },
    "in_progress": {"assigned", "pending_user", "pending_supplier", "solved", "closed"},
    "pending_user": {"in_progress", "assigned", "pending_supplier", "solved", "closed"},
    "pending_supplier": {"in_progress", "assigned", "pending_user", "solved", "closed"},
    "solved": {"closed", "in_progress"},
    "closed": {"in_progress"},
    "rejected": set(),
    "cancelled": set(),
}


def take(
    house: House,
    ticket: Ticket,
    name: str,
    at: datetime = MONDAY_9AM,
    user: User | None = None,
    **details: Any,
) -> Ticket:
    cause = with_cause(ticket, name) if name in CAUSES else {}
    merged = TransitionDetails(**{**vars(DETAILS), "team": house.level_two, **cause, **details})
    return services.transition_ticket(
        ticket=fresh(ticket), name=name, details=merged, by=by(user or house.agent), at=at
    )


def test_the_table_is_the_one_of_the_service_guide() -> None:
    found = {
        state.value: {t.target.value for t in TRANSITIONS.values() if state in t.sources}
        for state in State
    }

    assert found == REACHABLE


def test_an_impossible_step_says_which_are_possible(house: House) -> None:
    ticket = make_ticket(house)

    with pytest.raises(TransitionNotAllowed) as caught:
        take(house, ticket, "solve")

    assert caught.value.possible == ["register", "start", "assign", "reject", "cancel"]
    assert "Open, Start work" in str(caught.value) or "Abrir" in str(caught.value)


@pytest.mark.parametrize("name", [t.name for t in TRANSITIONS.values() if t.needs])
def test_each_transition_refuses_without_its_required_fields(house: House, name: str) -> None:
    transition = TRANSITIONS[name]
    ticket = make_ticket(house)
    source = next(state for state in State if state in transition.sources)
    extra = (
        {"solved_at": MONDAY_9AM, "solution_type": "definitive"} if source == State.SOLVED else {}
    )
    extra |= (
        {"closure_code": "approved", "reopen_ends_at": MONDAY_9AM + DAY}
        if source == State.CLOSED
        else {}
    )
    Ticket.objects.filter(pk=ticket.pk).update(state=source, **extra)

    with pytest.raises(DetailsMissing) as caught:
        services.transition_ticket(
            ticket=fresh(ticket), name=name, by=by(house.agent), at=MONDAY_9AM
        )

    assert set(caught.value.fields) == set(transition.staff_needs)
    assert fresh(ticket).state == source


def test_a_consultant_works_only_on_what_was_sent_up(house: House) -> None:
    ticket = make_ticket(house)
    consultant = house.staff["consultant"]
    with pytest.raises(TransitionNotAllowed):
        take(house, ticket, "start", user=consultant)

    take(house, ticket, "assign")
    take(house, ticket, "start", user=consultant, at=MONDAY_9AM + MINUTE)

    assert (fresh(ticket).state, fresh(ticket).assignee, fresh(ticket).owner) == (
        "in_progress",
        consultant,
        house.agent,
    )


def test_intervals_touch_without_gap_and_carry_the_reason(house: House) -> None:
    ticket = make_ticket(house)
    take(house, ticket, "start", at=MONDAY_9AM + MINUTE, reason="")
    take(house, ticket, "pend_supplier", at=MONDAY_9AM + HOUR)

    rows = list(
        StateInterval.objects.filter(ticket=ticket)
        .order_by("pk")
        .values_list("state", "bucket", "started_at", "ended_at", "supplier")
    )
    assert rows == [
        ("new", "registered", MONDAY_9AM, MONDAY_9AM + MINUTE, ""),
        ("in_progress", "in_progress", MONDAY_9AM + MINUTE, MONDAY_9AM + HOUR, "Link Co"),
        ("pending_supplier", "third_party", MONDAY_9AM + HOUR, None, "Link Co"),
    ]


def test_an_unanswered_solution_closes_by_itself_with_its_code(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = make_ticket(house)
    take(house, ticket, "start")
    take(house, ticket, "solve", at=MONDAY_9AM + HOUR)
    due = fresh(ticket).validation_due_at
    assert due is not None

    monkeypatch.setattr("tickets.tasks.timezone.now", lambda: due - timedelta(hours=12))
    sweep_validations()
    sweep_validations()
    assert (
        OutboxMessage.objects.filter(
            template="validation_reminder", recipient=house.requester
        ).count()
        == 1
    )
    assert fresh(ticket).state == "solved"

    monkeypatch.setattr("tickets.tasks.timezone.now", lambda: due)
    sweep_validations()
    assert (fresh(ticket).state, fresh(ticket).closure_code, fresh(ticket).validation_due_at) == (
        "closed",
        "no_validation",
        None,
    )
    assert (
        Record.objects.filter(verb="ticket.state_changed", payload__transition="close_unanswered")
        .get()
        .system
        == "validation"
    )


def test_validation_in_business_days_counts_business_days(house: House) -> None:
    Contract.objects.filter(organization=house.north).update(validation_in_business_days=True)
    ticket = make_ticket(house)
    take(house, ticket, "start")
    thursday = MONDAY_9AM + 3 * DAY

    take(house, ticket, "solve", at=thursday)

    assert fresh(ticket).validation_due_at == MONDAY_9AM + 8 * DAY + 10 * HOUR  # Tuesday at closing


def test_declining_reopens_and_escalates_for_review(house: House) -> None:
    ticket = make_ticket(house)
    take(house, ticket, "start")
    take(house, ticket, "solve", at=MONDAY_9AM + HOUR)

    take(
        house,
        ticket,
        "decline",
        user=house.requester,
        at=MONDAY_9AM + 2 * HOUR,
        reason="Still broken.",
    )

    assert (fresh(ticket).state, fresh(ticket).solved_at, fresh(ticket).solution_type) == (
        "in_progress",
        None,
        "",
    )
    assert Message.objects.filter(ticket=ticket).order_by("pk").last().body == "Still broken."
    assert OutboxMessage.objects.filter(template="escalation", to_email=house.agent.email).exists()


def test_a_closed_ticket_reopens_only_inside_its_window(house: House) -> None:
    Contract.objects.filter(organization=house.north).update(reopen_days=2)
    ticket = make_ticket(house)
    take(house, ticket, "start")
    take(house, ticket, "solve", at=MONDAY_9AM + HOUR)
    take(house, ticket, "approve", user=house.requester, at=MONDAY_9AM + 2 * HOUR)

    with pytest.raises(TransitionNotAllowed):
        take(house, ticket, "reopen", user=house.requester, at=MONDAY_9AM + 5 * DAY)
    take(house, ticket, "reopen", user=house.requester, at=MONDAY_9AM + DAY)

    assert (fresh(ticket).state, fresh(ticket).closure_code) == ("in_progress", "")


def test_a_reply_after_the_end_becomes_a_follow_up_ticket(
    house: House,
) -> None:
    ticket = make_ticket(house, subject="Invoices fail")
    with pytest.raises(ActionNotAllowed):  # it still takes replies
        services.follow_up_ticket(
            ticket=fresh(ticket), body="Again.", by=by(house.requester), at=MONDAY_9AM
        )
    take(house, ticket, "start")
    take(house, ticket, "solve", at=MONDAY_9AM + HOUR)
    take(house, ticket, "approve", user=house.requester, at=MONDAY_9AM + 2 * HOUR)

    with pytest.raises(ActionNotAllowed):
        services.follow_up_ticket(
            ticket=fresh(ticket),
            body="Mine now.",
            by=by(house.people["company_manager"]),
            at=MONDAY_9AM + DAY,
        )
    follower = services.follow_up_ticket(
        ticket=fresh(ticket),
        body="It happens again.",
        by=by(house.requester, Channel.PORTAL),
        at=MONDAY_9AM + DAY,
    )

    assert (follower.continues_id, follower.subject, follower.description) == (
        ticket.pk,
        "Invoices fail",
        "It happens again.",
    )
    assert (follower.state, follower.priority, follower.service_id) == (
        "new",
        fresh(ticket).priority,
        ticket.service_id,
    )
    assert fresh(ticket).state == "closed"
    assert [
        entry.payload["follower"]
        for entry in timeline(ticket)
        if entry.verb == "ticket.followed_up"
    ] == [follower.pk]
    assert Clock.objects.filter(ticket=follower, state="running").count() == 2


def test_inside_the_reopening_window_a_ticket_is_reopened_and_not_followed_up(house: House) -> None:
    Contract.objects.filter(organization=house.north).update(reopen_days=2)
    ticket = make_ticket(house)
    take(house, ticket, "start")
    take(house, ticket, "solve", at=MONDAY_9AM + HOUR)
    take(house, ticket, "approve", user=house.requester, at=MONDAY_9AM + 2 * HOUR)

    with pytest.raises(ActionNotAllowed):
        services.follow_up_ticket(
            ticket=fresh(ticket), body="Again.", by=by(house.requester), at=MONDAY_9AM + DAY
        )
    follower = services.follow_up_ticket(
        ticket=fresh(ticket), body="Again.", by=by(house.requester), at=MONDAY_9AM + 5 * DAY
    )

    assert follower.continues_id == ticket.pk


def test_a_stale_change_is_refused_with_the_changes_and_writes_nothing(house: House) -> None:
    ticket = make_ticket(house)
    seen = fresh(ticket)
    services.assign_ticket(
        ticket=fresh(ticket),
        assignee=house.staff["agent2"],
        by=by(house.staff["agent2"]),
        at=MONDAY_9AM,
    )

    with pytest.raises(StaleTicket) as caught:
        services.classify_ticket(
            ticket=seen,
            classification=Classification(
                impact=Impact.EXTENSIVE,
                urgency=Urgency.CRITICAL,
                kind=seen.kind,
                service=seen.service,
            ),
            by=by(house.agent),
            at=MONDAY_9AM,
            expected_version=seen.version,
        )

    assert [(entry.verb, entry.person) for entry in caught.value.changes] == [
        ("ticket.assigned", house.staff["agent2"])
    ]
    assert fresh(ticket).priority == Priority.HIGH


def test_the_record_only_grows(house: House) -> None:
    make_ticket(house)
    record = Record.objects.order_by("pk").last()
    assert record is not None

    with pytest.raises(RecordIsAppendOnly):
        Record.objects.update(verb="x")
    with pytest.raises(RecordIsAppendOnly):
        record.delete()
    with pytest.raises(RecordIsAppendOnly):
        record.save()


def test_a_solution_without_its_type_says_that_it_is_needed(house: House) -> None:
    ticket = make_ticket(house)
    take(house, ticket, "start")
    for given, words in (("", "Hace falta"), ("magic", "definitive, workaround")):
        with pytest.raises(DetailsMissing) as refused:
            take(house, ticket, "solve", solution_type=given, message="Done.")
        assert words in str(refused.value.fields["solution_type"]), given
