"""Promises that begin later than their ticket: validation, audit delivery, root cause analysis,
restoration.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from foundation.calendars.models import Calendar
from foundation.calendars.services import publish_calendar_version
from foundation.core.classification import (
    Impact,
    Kind,
    Priority,
    Urgency,
)
from foundation.notifications.models import OutboxMessage
from reports.queries import build_service_level
from sla.clocks.explanation import explain_clock
from sla.clocks.models import Clock, ClockSegment
from sla.clocks.queries import get_clock
from sla.clocks.services import (
    rebuild_clocks,
    redate_clocks,
    settle_ticket,
    start_promise,
    stop_promise,
)
from sla.metrics import Metric
from sla.policies.models import PolicyTarget
from sla.policies.services import publish_policy
from sla.targets import Term
from tests.support.house import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY_9AM,
    SETUP,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.tickets import step
from tickets import queries, services
from tickets.models import Ticket
from tickets.services import Classification
from web.faces import clock_face

TUESDAY = MONDAY_9AM + DAY


def solve(house: House, ticket: Ticket, at: datetime) -> None:
    step(house, ticket, "start", at - MINUTE)
    step(house, ticket, "solve", at, solution_type="definitive", message="Done.")


def start(ticket: Ticket, metric: Metric, at: datetime, **more: Any) -> Clock:
    return start_promise(ticket=fresh(ticket), metric=metric, by=SETUP, at=at, **more)


def clock_of(ticket: Ticket, metric: Metric) -> Clock:
    return Clock.objects.get(ticket=ticket, metric=metric)


def is_rebuilt(ticket: Ticket) -> bool:
    """Tell whether the record gives the same clocks, twice, and all of them back when they are
    lost.
    """
    before = list(Clock.objects.filter(ticket=ticket).order_by("pk").values())
    if rebuild_clocks(ticket=fresh(ticket), write=True) != []:
        return False
    Clock.objects.filter(ticket=ticket).delete()
    rebuild_clocks(ticket=fresh(ticket), write=True)
    return list(Clock.objects.filter(ticket=ticket).order_by("pk").values()) == before


@pytest.mark.parametrize(
    ("metric", "due_at", "role"),
    [
        # Tuesday 3 March 09:00 in Mexico City (UTC-6): seven business days later is Thursday the
        # 12th, at closing time.
        (Metric.DELIVERY, datetime(2026, 3, 13, 1, tzinfo=UTC), "business"),
        (Metric.RCA, TUESDAY + 72 * HOUR, "continuous"),
        (Metric.RESTORATION, TUESDAY + 3 * HOUR, "continuous"),
        # three calendar days end at midnight
        (
            Metric.VALIDATION,
            datetime(2026, 3, 7, 6, tzinfo=UTC),
            "business",
        ),
    ],
)
def test_a_new_target_starts_at_the_start_of_its_metric(
    house: House, metric: Metric, due_at: datetime, role: str
) -> None:
    ticket = make_ticket(house)

    start(ticket, metric, TUESDAY)

    clock = clock_of(ticket, metric)
    assert (clock.started_at, clock.due_at, clock.state, clock.calendar.role) == (
        TUESDAY,
        due_at,
        "running",
        role,
    )
    assert ClockSegment.objects.get(clock=clock).starts_at == TUESDAY
    found = fresh(ticket)
    account = explain_clock(
        get_clock(found, queries.intervals(found.pk), metric, None), ticket=found, at=TUESDAY
    )
    lines = [line for part in account.parts for line in part.lines]
    assert (lines[0].start, lines[-1].end) == (TUESDAY, due_at)
    assert sum((line.counted for line in lines), timedelta()) == clock.target
    assert sum(rule.matched for rule in account.rules) == 1
    assert is_rebuilt(ticket)


def test_a_promise_that_runs_is_not_started_twice_and_one_that_ended_is_measured_anew(
    house: House,
) -> None:
    ticket = make_ticket(house)
    first = start(ticket, Metric.RCA, TUESDAY)
    again = start(ticket, Metric.RCA, TUESDAY + HOUR)
    stop_promise(ticket=fresh(ticket), metric=Metric.RCA, by=SETUP, at=TUESDAY + 73 * HOUR)
    assert (again.pk, clock_of(ticket, Metric.RCA).is_met, clock_of(ticket, Metric.RCA).used) == (
        first.pk,
        False,
        73 * HOUR,
    )

    start(ticket, Metric.RCA, TUESDAY + 80 * HOUR)

    clock = clock_of(ticket, Metric.RCA)
    assert (clock.pk, clock.started_at, clock.state, clock.is_met) == (
        first.pk,
        TUESDAY + 80 * HOUR,
        "running",
        None,
    )
    assert (clock.breached_at, clock.announced_percent) == (None, 0)
    assert is_rebuilt(ticket)


def test_a_later_promise_of_ours_warns_is_breached_once_and_dates_the_ticket(house: House) -> None:
    ticket = make_ticket(house)
    services.reply_to_customer(
        ticket=fresh(ticket), body="We look.", by=by(house.agent), at=MONDAY_9AM + MINUTE
    )
    solve(house, ticket, MONDAY_9AM + 2 * MINUTE)
    assert fresh(ticket).next_due_at is None

    start(ticket, Metric.RESTORATION, TUESDAY)
    assert fresh(ticket).next_due_at == TUESDAY + 3 * HOUR
    for _ in range(2):
        settle_ticket(ticket_id=ticket.pk, at=TUESDAY + 4 * HOUR)

    clock = clock_of(ticket, Metric.RESTORATION)
    assert clock.breached_at == TUESDAY + 3 * HOUR
    told = OutboxMessage.objects.filter(template="clock", context__metric="restoration")
    assert {message.context["percent"] for message in told} == {100}
    assert told.count() == 1


def test_a_contract_overrides_the_default_target(house: House) -> None:
    targets = [PolicyTarget(metric="delivery", priority=priority, days=4) for priority in Priority]
    publish_policy(
        organization=house.north,
        contract=house.contract,
        targets=targets,
        effective_from=MONDAY_9AM,
        by=SETUP,
        at=MONDAY_9AM,
    )
    ticket = make_ticket(house)

    start(ticket, Metric.DELIVERY, TUESDAY)

    assert clock_of(ticket, Metric.DELIVERY).full_target == Term(4, business=True)
    # Monday the 9th at 19:00
    assert clock_of(ticket, Metric.DELIVERY).due_at == datetime(2026, 3, 10, 1, tzinfo=UTC)


def test_a_later_target_survives_a_new_priority_and_ends_with_cancellation(
    house: House,
) -> None:
    ticket = make_ticket(house)
    start(ticket, Metric.DELIVERY, TUESDAY)
    before = clock_of(ticket, Metric.DELIVERY)

    classification = Classification(
        impact=Impact.EXTENSIVE,
        urgency=Urgency.CRITICAL,
        kind=Kind.INCIDENT,
        service=house.services["network"],
    )
    supervisor = by(house.staff["desk_supervisor"])
    services.classify_ticket(
        ticket=fresh(ticket),
        classification=classification,
        reason="Seen.",
        by=supervisor,
        at=TUESDAY + MINUTE,
    )
    solve(house, ticket, TUESDAY + HOUR)
    found = clock_of(ticket, Metric.DELIVERY)
    assert (found.state, found.due_at, found.priority) == (
        "running",
        before.due_at,
        before.priority,
    )
    assert is_rebuilt(ticket)

    step(house, ticket, "decline", TUESDAY + 2 * HOUR, user=house.requester, reason="It fails.")
    step(house, ticket, "close_cancelled", TUESDAY + 3 * HOUR, reason="Called off.")
    assert clock_of(ticket, Metric.DELIVERY).state == "withdrawn"
    assert is_rebuilt(ticket)


def test_the_validation_clock_of_the_customer_sends_no_notice(
    house: House,
) -> None:
    ticket = make_ticket(house)
    solve(house, ticket, MONDAY_9AM + HOUR)
    clock = clock_of(ticket, Metric.VALIDATION)
    assert (clock.started_at, clock.due_at) == (MONDAY_9AM + HOUR, fresh(ticket).validation_due_at)
    assert (clock.next_event_at, fresh(ticket).next_due_at) == (None, None)
    assert clock.due_at is not None
    assert clock_face(clock, fresh(ticket), clock.due_at - HOUR, for_desk=True).tone == "calm"

    told = OutboxMessage.objects.count()
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 10 * DAY)
    assert (OutboxMessage.objects.count(), clock_of(ticket, Metric.VALIDATION).breached_at) == (
        told,
        None,
    )

    services.close_unanswered(ticket=fresh(ticket), at=MONDAY_9AM + 10 * DAY)

    clock = clock_of(ticket, Metric.VALIDATION)
    assert (clock.state, clock.is_met) == ("stopped", False)
    assert (
        clock_face(clock, fresh(ticket), MONDAY_9AM + 10 * DAY, for_desk=True).tone == "withdrawn"
    )
    assert is_rebuilt(ticket)
    data = build_service_level(
        house.north, MONDAY_9AM.date().replace(day=1), at=MONDAY_9AM + 20 * DAY
    )
    assert {row["metric"] for row in data["compliance"]} == {"reaction", "attention"}
    assert data["tickets"][0]["verdicts"].keys() == {"reaction", "attention"}


def test_each_solution_begins_a_validation_of_its_own(house: House) -> None:
    ticket = make_ticket(house)
    solve(house, ticket, MONDAY_9AM + HOUR)
    step(house, ticket, "decline", MONDAY_9AM + 2 * HOUR, user=house.requester, reason="It fails.")
    assert clock_of(ticket, Metric.VALIDATION).is_met is True

    step(house, ticket, "solve", TUESDAY, solution_type="definitive", message="Now.")

    clock = clock_of(ticket, Metric.VALIDATION)
    assert (clock.started_at, clock.state, clock.due_at) == (
        TUESDAY,
        "running",
        fresh(ticket).validation_due_at,
    )
    assert is_rebuilt(ticket)


def test_a_new_calendar_moves_the_end_of_the_validation_and_the_reminder_with_it(
    house: House,
) -> None:
    house.contract.validation_days = 3
    house.contract.validation_in_business_days = True
    house.contract.save()
    tickets = [make_ticket(house), make_ticket(house)]
    for ticket in tickets:
        solve(house, ticket, MONDAY_9AM + HOUR)
    reminded = tickets[1]
    assert services.remind_of_validation(ticket=fresh(reminded), at=TUESDAY)
    assert not services.remind_of_validation(ticket=fresh(reminded), at=TUESDAY)
    # Thursday the 5th at 19:00
    assert fresh(reminded).validation_due_at == datetime(2026, 3, 6, 1, tzinfo=UTC)

    version = publish_calendar_version(
        calendar=Calendar.objects.get(organization=house.north, role="business"),
        time_zone="America/Mexico_City",
        hours={str(day): [["09:00", "18:00"]] for day in range(5)},
        holidays={"2026-03-05": "Fiesta"},
        effective_from=TUESDAY + HOUR,
        by=SETUP,
        at=TUESDAY + HOUR,
    )
    redate_clocks(version=version, at=TUESDAY + HOUR)

    moved = datetime(2026, 3, 7, 0, tzinfo=UTC)  # Friday the 6th at 18:00
    assert [fresh(ticket).validation_due_at for ticket in tickets] == [moved, moved]
    assert [fresh(ticket).validation_reminder_at for ticket in tickets] == [moved - DAY, None]
    assert is_rebuilt(reminded)
