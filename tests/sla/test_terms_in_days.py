"""Targets in days: counted by date, judged by the calendar, extended by pauses only if the policy
says so; targets by category.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from catalog.models import Category
from foundation.accounts.services import issue_user_token
from foundation.calendars.arithmetic import BeyondHorizon, WorkCalendar
from foundation.core.classification import Priority
from sla.clocks.arithmetic import (
    Stretch,
    due_of,
    read,
    term_days,
)
from sla.clocks.explanation import Explanation, explain_clock
from sla.clocks.models import Clock
from sla.clocks.queries import get_clock
from sla.clocks.services import rebuild_clocks, settle_ticket
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
from tickets import queries, services
from tickets.models import Ticket
from tickets.services import TransitionDetails

MEXICO = WorkCalendar(
    timezone="America/Mexico_City", hours={day: [("09:00", "19:00")] for day in range(5)}
)


def test_a_term_without_any_business_day_says_what_to_mend() -> None:
    mondays = [MONDAY_9AM.date() + week * timedelta(days=7) for week in range(3300)]
    closed = WorkCalendar(timezone="UTC", hours={0: [("09:00", "10:00")]}, holidays=mondays)

    term = Term(1, business=True)

    with pytest.raises(BeyondHorizon, match="check the holidays"):
        list(term_days([Stretch(closed, term, MONDAY_9AM, None, [])], term))


def promise(
    house: House, *, category: Category | None = None, extends: bool | None = None, **values: Any
) -> None:
    targets = [
        PolicyTarget(metric="resolution", priority=priority, category=category, **values)
        for priority in Priority
    ]
    publish_policy(
        organization=house.north,
        contract=house.contract,
        targets=targets,
        effective_from=MONDAY_9AM - DAY,
        pauses_extend_terms=extends,
        by=SETUP,
        at=MONDAY_9AM - DAY,
    )


def resolution(ticket: Ticket) -> Clock:
    return Clock.objects.get(ticket=ticket, metric="resolution")


def account(ticket: Ticket, at: datetime) -> Explanation:
    found = fresh(ticket)
    return explain_clock(
        get_clock(found, queries.intervals(found.pk), "resolution", None), ticket=found, at=at
    )


def check(ticket: Ticket) -> None:
    assert rebuild_clocks(ticket=fresh(ticket), write=False) == []
    lines = [line for part in account(ticket, MONDAY_9AM).parts for line in part.lines]
    clock = resolution(ticket)
    assert lines[0].start == clock.started_at
    assert all(a.end == b.start for a, b in zip(lines, lines[1:], strict=False))
    assert lines[-1].end == clock.due_at
    if clock.due_at is not None:
        assert sum((line.counted for line in lines), timedelta()) == clock.target


def test_business_days_end_at_closing_time_and_step_over_weekends_and_holidays(
    house: House,
) -> None:
    promise(house, days=10)

    ticket = make_ticket(house)  # Monday 2 March; the 16th is a holiday

    clock = resolution(ticket)
    assert (clock.target_unit, clock.target) == ("business_days", 10 * DAY)
    # Tuesday 17 March at 19:00 in Mexico
    assert clock.due_at == datetime(2026, 3, 18, 1, tzinfo=UTC)
    kinds = [line.kind.value for part in account(ticket, MONDAY_9AM).parts for line in part.lines]
    assert kinds == [
        "start_day",
        *["open"] * 4,
        *["outside_hours"] * 2,
        *["open"] * 5,
        *["outside_hours"] * 2,
        "holiday",
        "open",
    ]
    assert account(ticket, MONDAY_9AM + 3 * DAY).used == 2 * DAY
    assert account(ticket, MONDAY_9AM + 3 * DAY).left == 8 * DAY
    check(ticket)


def test_a_technological_incident_has_its_business_days_too(house: House) -> None:
    promise(house, days=5)

    # its reaction and attention run around the clock
    ticket = make_ticket(house, service="network")

    assert resolution(ticket).due_at == datetime(2026, 3, 10, 1, tzinfo=UTC)
    check(ticket)


def test_calendar_days_end_at_midnight(house: House) -> None:
    promise(house, days=3, in_business_days=False)

    assert resolution(make_ticket(house)).due_at == datetime(2026, 3, 6, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("extends", "due"),
    [(None, datetime(2026, 3, 5, 1, tzinfo=UTC)), (True, datetime(2026, 3, 7, 1, tzinfo=UTC))],
)
def test_a_pause_extends_a_term_only_where_the_policy_says_so(
    house: House, extends: bool | None, due: datetime
) -> None:
    promise(house, days=2, extends=extends)
    ticket = make_ticket(house)

    def move(name: str, at: datetime, **details: Any) -> None:
        services.transition_ticket(
            ticket=fresh(ticket),
            name=name,
            details=TransitionDetails(**details),
            by=by(house.agent),
            at=at,
        )

    move("start", MONDAY_9AM + MINUTE)
    move("pend_user", MONDAY_9AM + DAY, message="Which one?")
    paused = resolution(ticket)
    assert paused.due_at == (None if extends else due)
    assert paused.state == ("paused" if extends else "running")
    move("start", MONDAY_9AM + 3 * DAY)

    assert resolution(ticket).due_at == due  # Tuesday and Wednesday ended in the pause
    check(ticket)


def test_warnings_fall_by_the_open_time_until_it_is_due_and_a_breach_at_its_end(
    house: House,
) -> None:
    promise(house, days=1)
    ticket = make_ticket(house)  # 20 open hours until Tuesday 19:00
    clock = resolution(ticket)
    assert clock.next_event_at == MONDAY_9AM + 10 * HOUR  # half of them

    assert clock.due_at is not None
    settle_ticket(ticket_id=ticket.pk, at=clock.due_at)
    assert resolution(ticket).breached_at is None
    settle_ticket(ticket_id=ticket.pk, at=clock.due_at + MINUTE)
    assert resolution(ticket).breached_at == clock.due_at
    check(ticket)


def test_a_date_is_judged_by_the_calendar_that_holds_when_it_ends() -> None:
    half = WorkCalendar(
        timezone="America/Mexico_City", hours={day: [("09:00", "13:00")] for day in range(6)}
    )
    friday = MONDAY_9AM + 4 * DAY
    stretches = [
        Stretch(MEXICO, Term(2, True), friday, friday + HOUR),
        Stretch(half, Term(2, True), friday + HOUR, None),
    ]

    # Saturday counts by then; Monday closes at 13:00
    assert due_of(stretches) == datetime(2026, 3, 9, 19, tzinfo=UTC)
    assert [day.stretch for day in term_days(stretches, Term(2, True))] == [0, 1, 1, 1]


def test_a_version_after_closing_time_does_not_move_deadlines_of_that_date() -> None:
    late = WorkCalendar(
        timezone="America/Mexico_City", hours={day: [("09:00", "23:00")] for day in range(5)}
    )
    tuesday_8pm = datetime(2026, 3, 4, 2, tzinfo=UTC)
    term = Term(1, True)

    assert due_of(
        [Stretch(MEXICO, term, MONDAY_9AM, tuesday_8pm), Stretch(late, term, tuesday_8pm, None)]
    ) == datetime(2026, 3, 4, 1, tzinfo=UTC)
    at_six = tuesday_8pm - 2 * HOUR
    assert due_of(
        [Stretch(MEXICO, term, MONDAY_9AM, at_six), Stretch(late, term, at_six, None)]
    ) == datetime(2026, 3, 4, 5, tzinfo=UTC)


def test_a_term_over_the_night_the_clocks_change_ends_at_local_midnight() -> None:
    madrid = WorkCalendar(
        timezone="Europe/Madrid", hours={day: [("00:00", "24:00")] for day in range(7)}
    )
    start = datetime(2026, 3, 27, 12, tzinfo=UTC)

    reading = read([Stretch(madrid, Term(2, False), start, None)], [50], 75)

    assert reading.due_at == datetime(2026, 3, 29, 22, tzinfo=UTC)  # the 29th has 23 hours
    assert reading.warnings[50] == start + (reading.due_at - start) / 2


def test_a_category_has_targets_of_its_own(house: House) -> None:
    other = Category.objects.create(name_es="Otros", name_en="Other")
    category = house.services["erp"].category
    promise(house, category=category, days=5)

    assert resolution(make_ticket(house)).target == 5 * DAY
    house.services["erp"].category = other
    house.services["erp"].save()
    assert not Clock.objects.filter(ticket=make_ticket(house), metric="resolution").exists()


def test_page_and_api_show_the_term_in_days(house: House, sign_in: Any, client: Any) -> None:
    promise(house, days=5)
    ticket = make_ticket(house)
    token = issue_user_token(user=house.requester, by=SETUP, at=MONDAY_9AM)

    page = (
        sign_in(house.requester)
        .get(f"/tickets/{ticket.number}/clocks/resolution/")
        .content.decode()
    )
    told = client.get(
        f"/api/v1/tickets/{ticket.number}/clocks/resolution/explanation/",
        headers={"Authorization": f"Bearer {token}"},
    ).json()

    assert "5 business days" in page
    assert "First day: it does not count" in page
    assert (told["target_seconds"], told["target_days"], told["target_unit"]) == (
        None,
        5,
        "business_days",
    )
    assert (
        sum(line["counted_seconds"] for part in told["parts"] for line in part["lines"])
        == 5 * 86_400
    )
