"""Clocks as rows: warnings and breaches exactly once, pauses, changes of priority, withdrawal,
contract terms.
"""

from datetime import UTC, datetime, timedelta

import pytest

from catalog.models import Contract
from escalation.models import Escalation
from foundation.activity.models import Record
from foundation.calendars.defaults import CalendarRole
from foundation.core.classification import (
    Impact,
    Kind,
    Priority,
    Urgency,
)
from foundation.notifications.models import OutboxMessage
from sla.clocks.models import Announcement, Clock, ClockSegment
from sla.clocks.queries import due_ticket_ids, load_clocks
from sla.metrics import Metric
from tests.support.clocks import clock_of, sweep
from tests.support.house import (
    HOUR,
    MINUTE,
    MONDAY_9AM,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.tickets import classify, step
from tickets import queries, services
from tickets.services import TransitionDetails


def test_default_targets_start_with_the_ticket_in_the_calendars_of_its_kind(house: House) -> None:
    functional = make_ticket(house, urgency=Urgency.CRITICAL)  # minor impact: high
    technological = make_ticket(house, service="network", impact=Impact.EXTENSIVE)
    request = make_ticket(house, service="network", impact=Impact.EXTENSIVE, kind=Kind.REQUEST)

    found = {
        (ticket.pk, metric): (segment.target, segment.calendar.role)
        for ticket in (functional, technological, request)
        for metric in (Metric.REACTION, Metric.ATTENTION)
        for segment in [
            ClockSegment.objects.select_related("calendar").get(clock=clock_of(ticket, metric))
        ]
    }
    assert found == {
        (functional.pk, Metric.REACTION): (HOUR, CalendarRole.BUSINESS),
        (functional.pk, Metric.ATTENTION): (10 * HOUR, CalendarRole.BUSINESS),
        (technological.pk, Metric.REACTION): (40 * MINUTE, CalendarRole.CONTINUOUS),
        (technological.pk, Metric.ATTENTION): (HOUR, CalendarRole.CONTINUOUS),
        (request.pk, Metric.REACTION): (40 * MINUTE, CalendarRole.BUSINESS),
        (request.pk, Metric.ATTENTION): (HOUR, CalendarRole.BUSINESS),
    }


def test_a_ticket_of_friday_night_is_due_on_monday_morning(house: House) -> None:
    friday_night = datetime(2026, 3, 7, 3, tzinfo=UTC)

    ticket = make_ticket(house, at=friday_night)

    assert clock_of(ticket).due_at == datetime(2026, 3, 9, 16, tzinfo=UTC)


@pytest.mark.parametrize("steps", [[31, 46, 55, 61], [31, 31, 46, 46, 55, 55, 61, 61, 200]])
def test_each_threshold_is_announced_once_however_often_the_sweep_runs(
    house: House, steps: list[int]
) -> None:
    ticket = make_ticket(house)

    for minutes in steps:
        sweep(MONDAY_9AM + minutes * MINUTE)

    clock = clock_of(ticket)
    told = list(
        Announcement.objects.filter(clock=clock).order_by("pk").values_list("percent", flat=True)
    )
    assert told == [50, 75, 90, 100]
    assert clock.breached_at == MONDAY_9AM + HOUR  # the due instant, not when the sweep noticed
    assert (
        OutboxMessage.objects.filter(
            template="clock", recipient=house.staff["desk_supervisor"]
        ).count()
        == 4
    )


def test_several_thresholds_crossed_at_once_announce_the_highest(house: House) -> None:
    ticket = make_ticket(house)

    sweep(MONDAY_9AM + 55 * MINUTE)
    sweep(MONDAY_9AM + 56 * MINUTE)

    assert list(
        Announcement.objects.filter(clock=clock_of(ticket)).values_list("percent", flat=True)
    ) == [90]


def test_a_breach_reaches_the_first_level_of_the_matrix_once(house: House) -> None:
    ticket = make_ticket(house)

    sweep(MONDAY_9AM + 61 * MINUTE)
    sweep(MONDAY_9AM + 62 * MINUTE)

    assert list(Escalation.objects.filter(ticket=ticket).values_list("position", "cause")) == [
        (1, "breach")
    ]
    assert (
        OutboxMessage.objects.filter(template="escalation", to_email=house.agent.email).count() == 1
    )


def test_two_clocks_that_breach_in_one_sweep_move_the_ladder_once(house: House) -> None:
    ticket = make_ticket(house, service="network", impact=Impact.EXTENSIVE)

    sweep(MONDAY_9AM + 3 * HOUR)

    assert Announcement.objects.filter(clock__ticket=ticket, percent=100).count() == 2
    assert Escalation.objects.filter(ticket=ticket).count() == 1


def test_an_answer_exactly_at_the_due_instant_is_in_time(house: House) -> None:
    ticket = make_ticket(house)

    services.reply_to_customer(
        ticket=fresh(ticket), body="Here we are.", by=by(house.agent), at=MONDAY_9AM + HOUR
    )

    assert (clock_of(ticket).is_met, clock_of(ticket).breached_at) == (True, None)


def test_a_late_answer_records_the_breach_that_no_sweep_saw(house: House) -> None:
    ticket = make_ticket(house)

    services.reply_to_customer(
        ticket=fresh(ticket),
        body="Sorry.",
        by=by(house.agent),
        at=MONDAY_9AM + HOUR + timedelta(seconds=1),
    )

    assert (clock_of(ticket).is_met, clock_of(ticket).breached_at) == (False, MONDAY_9AM + HOUR)
    assert Escalation.objects.filter(ticket=ticket, cause="breach").count() == 1


def test_taking_assigning_and_changing_state_do_not_stop_reaction(house: House) -> None:
    ticket = make_ticket(house)
    services.assign_ticket(
        ticket=fresh(ticket), assignee=house.agent, by=by(house.agent), at=MONDAY_9AM + MINUTE
    )
    services.transition_ticket(
        ticket=fresh(ticket), name="start", by=by(house.agent), at=MONDAY_9AM + 2 * MINUTE
    )
    services.add_note(
        ticket=fresh(ticket), body="Looks easy.", by=by(house.agent), at=MONDAY_9AM + 3 * MINUTE
    )

    assert clock_of(ticket).state == "running"


def test_a_pause_over_the_night_moves_attention_by_its_open_time_and_never_reaction(
    house: House,
) -> None:
    ticket = make_ticket(house)
    start = MONDAY_9AM + 10 * MINUTE
    services.transition_ticket(ticket=fresh(ticket), name="start", by=by(house.agent), at=start)
    asked = MONDAY_9AM + 9 * HOUR  # 18:00
    services.transition_ticket(
        ticket=fresh(ticket),
        name="pend_supplier",
        by=by(house.agent),
        at=asked,
        details=TransitionDetails(
            supplier="Link Co", supplier_case="7", promised_on=MONDAY_9AM.date()
        ),
    )
    assert (
        clock_of(ticket, Metric.ATTENTION).state,
        clock_of(ticket, Metric.ATTENTION).due_at,
    ) == ("paused", None)
    assert clock_of(ticket, Metric.REACTION).due_at == MONDAY_9AM + HOUR

    # Tuesday 10:00
    services.transition_ticket(
        ticket=fresh(ticket), name="start", by=by(house.agent), at=asked + 16 * HOUR
    )

    # Nine of ten hours were used; the last one runs from Tuesday 10:00.
    assert clock_of(ticket, Metric.ATTENTION).due_at == asked + 17 * HOUR


def test_a_higher_priority_keeps_the_time_used(house: House) -> None:
    ticket = make_ticket(house, urgency=Urgency.LOW)  # reaction 2 h, attention 20 h

    classify(
        house, ticket, MONDAY_9AM + 30 * MINUTE, impact=Impact.EXTENSIVE, urgency=Urgency.CRITICAL
    )

    assert clock_of(ticket).due_at == MONDAY_9AM + 40 * MINUTE
    assert clock_of(ticket, Metric.ATTENTION).due_at == MONDAY_9AM + 3 * HOUR
    change = Record.objects.get(
        object_id=ticket.pk, verb="clock.retargeted", payload__metric="reaction"
    ).payload
    assert (change["old_due_at"], change["due_at"]) == (
        "2026-03-02T17:00:00+00:00",
        "2026-03-02T15:40:00+00:00",
    )


def test_a_target_overdue_at_its_change_is_breached_at_the_change(house: House) -> None:
    ticket = make_ticket(house, urgency=Urgency.LOW)
    changed = MONDAY_9AM + 90 * MINUTE

    classify(house, ticket, changed, impact=Impact.EXTENSIVE, urgency=Urgency.CRITICAL)

    clock = clock_of(ticket)
    assert (clock.due_at, clock.breached_at) == (MONDAY_9AM + 40 * MINUTE, changed)


def test_a_breach_of_a_replaced_target_stays_on_its_segment_and_not_on_the_clock(
    house: House,
) -> None:
    ticket = make_ticket(house, impact=Impact.EXTENSIVE)  # critical: 40 min
    sweep(MONDAY_9AM + 41 * MINUTE)

    classify(house, ticket, MONDAY_9AM + 50 * MINUTE, impact=Impact.MINOR, urgency=Urgency.LOW)
    services.reply_to_customer(
        ticket=fresh(ticket), body="Hello.", by=by(house.agent), at=MONDAY_9AM + 60 * MINUTE
    )

    segments = list(
        ClockSegment.objects.filter(clock=clock_of(ticket))
        .order_by("number")
        .values_list("priority", "breached_at")
    )
    assert segments == [(Priority.CRITICAL, MONDAY_9AM + 40 * MINUTE), (Priority.LOW, None)]
    assert clock_of(ticket).is_met is True


def test_a_change_of_calendar_measures_each_stretch_by_its_own(house: House) -> None:
    # Monday 18:30: half an hour of business time is left
    evening = datetime(2026, 3, 3, 0, 30, tzinfo=UTC)
    ticket = make_ticket(house, at=evening)  # functional: business hours, reaction 1 h

    # technological: around the clock
    classify(
        house, ticket, evening + 2 * HOUR, service=house.services["network"], impact=Impact.MINOR
    )

    assert clock_of(ticket).due_at == evening + 2 * HOUR + 30 * MINUTE
    account = next(
        item
        for item in load_clocks(fresh(ticket), queries.intervals(ticket.pk))
        if item.metric is Metric.REACTION
    ).account
    assert [part.ledger.counted for part in account] == [30 * MINUTE, 30 * MINUTE]


@pytest.mark.parametrize(
    ("name", "details"),
    [("reject", {"reason": "Not ours."}), ("cancel", {"reason": "Called off."})],
)
def test_rejected_and_cancelled_withdraw_the_clocks(
    house: House, name: str, details: dict[str, str]
) -> None:
    ticket = make_ticket(house)

    step(house, ticket, name, MONDAY_9AM + MINUTE, **details)

    clocks = list(
        Clock.objects.filter(ticket=ticket).values_list("state", "is_met", "next_event_at")
    )
    assert clocks == [("withdrawn", None, None)] * 2
    assert fresh(ticket).next_due_at is None


def test_a_solution_stops_both_clocks(house: House) -> None:
    ticket = make_ticket(house)
    services.transition_ticket(
        ticket=fresh(ticket), name="start", by=by(house.agent), at=MONDAY_9AM + MINUTE
    )

    services.transition_ticket(
        ticket=fresh(ticket),
        name="solve",
        details=TransitionDetails(solution_type="workaround", message="Use the other form."),
        by=by(house.agent),
        at=MONDAY_9AM + 5 * MINUTE,
    )

    found = list(Clock.objects.filter(ticket=ticket).values_list("metric", "state", "is_met"))
    assert found == [
        ("reaction", "stopped", True),
        ("attention", "stopped", True),
        ("validation", "running", None),
    ]


def test_the_sweep_reads_one_range_of_an_index_however_many_clocks_are_open(
    house: House, django_assert_num_queries: object
) -> None:
    for _ in range(5):
        make_ticket(house)

    with django_assert_num_queries(1):  # type: ignore[operator]
        assert due_ticket_ids(at=MONDAY_9AM + 10 * MINUTE, limit=100) == []


def test_paused_clocks_never_fall_due(house: House) -> None:
    ticket = make_ticket(house)
    services.transition_ticket(
        ticket=fresh(ticket), name="start", by=by(house.agent), at=MONDAY_9AM
    )
    services.transition_ticket(
        ticket=fresh(ticket),
        name="pend_user",
        details=TransitionDetails(message="Which?"),
        by=by(house.agent),
        at=MONDAY_9AM + MINUTE,
    )

    sweep(MONDAY_9AM + timedelta(days=30))

    assert clock_of(ticket, Metric.ATTENTION).breached_at is None
    assert Contract.objects.filter(pk=house.contract.pk).exists()
