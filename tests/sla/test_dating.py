"""Dates of clocks, choices among clocks, and sentences about clocks."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from foundation.accounts.models import Organization
from sla.clocks.arithmetic import Reading
from sla.clocks.models import Announcement, Clock, ClockSegment
from sla.clocks.queries import (
    NoSuchClock,
    clocks_of,
    closed_until,
    due_ticket_ids,
    get_clock,
    most_urgent,
    pauses_of,
    shown_to,
)
from sla.clocks.replay import ReplayedInterval
from sla.clocks.services import settle_ticket
from sla.clocks.services.dating import dates_of, projection_of_readings
from sla.clocks.services.validation import reminder_of
from sla.metrics import Metric
from sla.permissions import can_relieve_breaches
from sla.wording import SENTENCES
from tests.support.clocks import clock_of
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, SECOND, House, fresh, make_ticket
from tests.support.tickets import step
from tickets import queries
from tickets.models import Ticket

READING = Reading(
    MONDAY_9AM + HOUR,
    MONDAY_9AM + 45 * MINUTE,
    {50: MONDAY_9AM + 30 * MINUTE, 75: MONDAY_9AM + 45 * MINUTE},
)


@pytest.mark.parametrize(
    ("announced", "expected"), [(0, 30), (49, 30), (50, 45), (75, 60), (90, 60), (100, None)]
)
def test_the_next_event_is_the_first_that_was_not_announced(
    announced: int, expected: int | None
) -> None:
    found = dates_of(READING, announced)

    assert found[:3] == (MONDAY_9AM + HOUR, MONDAY_9AM + 45 * MINUTE, "running")
    assert found.next_event_at == (MONDAY_9AM + expected * MINUTE if expected is not None else None)


def test_a_clock_without_a_due_instant_is_paused() -> None:
    reading = Reading(None, None, {50: MONDAY_9AM, 75: None})

    assert dates_of(reading, 0) == (None, None, "paused", MONDAY_9AM)
    assert dates_of(reading, 50) == (None, None, "paused", None)


def test_a_ticket_has_the_earliest_instants_of_its_clocks() -> None:
    later = Reading(MONDAY_9AM + 2 * HOUR, MONDAY_9AM, {})
    paused = Reading(None, None, {})
    silent = Reading(MONDAY_9AM + 3 * HOUR, None, {})

    assert projection_of_readings([READING, later]) == (MONDAY_9AM + HOUR, MONDAY_9AM)
    assert projection_of_readings([paused]) == (None, None)
    assert projection_of_readings([paused, silent]) == (MONDAY_9AM + 3 * HOUR, None)
    assert projection_of_readings([silent]) == (MONDAY_9AM + 3 * HOUR, None)
    assert projection_of_readings([]) == (None, None)


@pytest.mark.parametrize(
    ("period", "expected"),
    [(5 * DAY, 4 * DAY), (2 * DAY, DAY), (DAY, 12 * HOUR), (3 * DAY, 2 * DAY)],
)
def test_the_reminder_is_a_day_before_the_end_or_halfway(
    period: timedelta, expected: timedelta
) -> None:
    assert reminder_of(MONDAY_9AM, MONDAY_9AM + period) == MONDAY_9AM + expected


def test_only_supervisors_relieve_breaches(house: House) -> None:
    found = {name for name, user in house.staff.items() if can_relieve_breaches(user.pk)}

    assert found == {"desk_supervisor", "desk_manager"}
    assert can_relieve_breaches(None) is False
    assert can_relieve_breaches(0) is False
    assert can_relieve_breaches(house.requester.pk) is False


def test_pauses_are_the_intervals_in_the_pausing_states() -> None:
    rows = [
        ReplayedInterval("pending_user", MONDAY_9AM, MONDAY_9AM + HOUR),
        ReplayedInterval("in_progress", MONDAY_9AM + HOUR, MONDAY_9AM + 2 * HOUR),
        ReplayedInterval("solved", MONDAY_9AM + 2 * HOUR),
    ]

    assert pauses_of(rows, frozenset({"pending_user", "solved"})) == [
        (MONDAY_9AM, MONDAY_9AM + HOUR),
        (MONDAY_9AM + 2 * HOUR, None),
    ]


def clock(pk: int, state: str, due: timedelta | None, metric: str = "reaction") -> Clock:
    due_at = MONDAY_9AM + due if due is not None else None
    return Clock(pk=pk, state=state, metric=metric, due_at=due_at)


def test_the_most_urgent_clock_is_the_live_one_that_is_due_first() -> None:
    later = clock(1, "running", 2 * HOUR)
    sooner = clock(2, "running", HOUR)
    same = clock(3, "running", HOUR)
    stopped = clock(4, "stopped", MINUTE)
    of_customer = clock(5, "running", MINUTE, "validation")
    paused = clock(6, "paused", None)
    second = clock(7, "paused", None)

    assert most_urgent([later, same, sooner, stopped, of_customer, paused]) == sooner
    assert most_urgent([stopped, of_customer, paused, second]) == paused
    assert most_urgent([stopped, of_customer]) is None
    assert most_urgent([]) is None


def test_customers_do_not_see_a_withdrawn_delivery(house: House) -> None:
    withdrawn = clock(1, "withdrawn", HOUR, "delivery")
    running = clock(2, "running", HOUR, "delivery")
    other = clock(3, "withdrawn", HOUR, "attention")
    clocks = [withdrawn, running, other]

    assert shown_to(house.requester, clocks) == [running, other]
    assert shown_to(house.agent, clocks) == clocks


def test_a_ticket_names_the_clock_that_it_lacks(house: House) -> None:
    ticket = fresh(make_ticket(house))
    rows = queries.intervals(ticket.pk)

    assert get_clock(ticket, rows, "attention", house.requester).metric is Metric.ATTENTION
    assert get_clock(ticket, rows, "reaction", None).metric is Metric.REACTION
    with pytest.raises(NoSuchClock):
        get_clock(ticket, rows, "resolution", None)
    Clock.objects.filter(ticket=ticket, metric="attention").update(
        metric="delivery", state="withdrawn"
    )
    assert get_clock(ticket, rows, "delivery", house.agent).metric is Metric.DELIVERY
    with pytest.raises(NoSuchClock):
        get_clock(ticket, rows, "delivery", house.requester)


def test_the_clocks_of_several_tickets_are_listed_by_ticket(house: House) -> None:
    first = make_ticket(house)
    second = make_ticket(house)
    make_ticket(house)

    found = clocks_of([second.pk, first.pk, 0])

    assert {pk: [each.metric for each in rows] for pk, rows in found.items()} == {
        second.pk: ["reaction", "attention"],
        first.pk: ["reaction", "attention"],
        0: [],
    }
    assert {each.ticket_id for each in found[first.pk]} == {first.pk}


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (MONDAY_9AM, None),
        (MONDAY_9AM + 10 * HOUR - SECOND, None),
        (MONDAY_9AM + 10 * HOUR, MONDAY_9AM + DAY),
        (MONDAY_9AM + 5 * DAY, MONDAY_9AM + 7 * DAY),
    ],
)
def test_a_closed_calendar_says_when_it_opens(
    house: House, at: datetime, expected: datetime | None
) -> None:
    ticket = make_ticket(house)
    running = clock_of(ticket, Metric.ATTENTION)
    organization = Organization.objects.get(pk=house.north.pk)

    assert closed_until(running, organization, at) == expected
    running.state = "stopped"
    assert closed_until(running, organization, at) is None


def test_tickets_with_an_event_before_now_are_due_once_and_in_order(house: House) -> None:
    second = make_ticket(house, at=MONDAY_9AM + MINUTE)
    first = make_ticket(house)
    Clock.objects.filter(ticket=second).update(next_event_at=MONDAY_9AM + HOUR)
    Clock.objects.filter(ticket=first).update(next_event_at=MONDAY_9AM)

    assert due_ticket_ids(at=MONDAY_9AM, limit=9) == []
    assert due_ticket_ids(at=MONDAY_9AM + SECOND, limit=9) == [(house.north.pk, first.pk)]
    assert due_ticket_ids(at=MONDAY_9AM + DAY, limit=9) == [
        (house.north.pk, first.pk),
        (house.north.pk, second.pk),
    ]
    assert due_ticket_ids(at=MONDAY_9AM + DAY, limit=2) == [(house.north.pk, first.pk)]


def test_a_threshold_is_announced_after_its_instant_and_once(house: House) -> None:
    ticket = make_ticket(house)
    half = MONDAY_9AM + 30 * MINUTE

    counts = [
        settle_ticket(ticket_id=ticket.pk, at=at) for at in (half, half + SECOND, half + SECOND)
    ]

    assert counts == [0, 1, 0]
    assert list(Announcement.objects.values_list("percent", "at")) == [(50, half + SECOND)]
    assert clock_of(ticket).next_event_at == MONDAY_9AM + 45 * MINUTE
    assert clock_of(ticket).announced_percent == 50


def test_a_late_sweep_announces_the_highest_threshold_and_the_breach(house: House) -> None:
    ticket = make_ticket(house)
    at = MONDAY_9AM + 90 * MINUTE

    assert settle_ticket(ticket_id=ticket.pk, at=at) == 1

    found = clock_of(ticket)
    assert (found.announced_percent, found.next_event_at) == (100, None)
    assert found.breached_at == MONDAY_9AM + HOUR
    assert ClockSegment.objects.get(clock=found).breached_at == MONDAY_9AM + HOUR
    assert list(Announcement.objects.filter(clock=found).values_list("percent", flat=True)) == [100]
    assert settle_ticket(ticket_id=ticket.pk, at=at + HOUR) == 0


def test_a_settled_ticket_has_the_columns_of_its_clocks(house: House) -> None:
    ticket = make_ticket(house)
    Ticket.objects.filter(pk=ticket.pk).update(next_due_at=None, at_risk_at=None)

    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM)

    saved = fresh(ticket)
    assert (saved.next_due_at, saved.at_risk_at) == (
        MONDAY_9AM + HOUR,
        MONDAY_9AM + 45 * MINUTE,
    )
    assert saved.queue_at == MONDAY_9AM + HOUR


def test_the_validation_is_not_in_the_columns_of_the_queue(house: House) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    step(house, ticket, "solve", MONDAY_9AM, solution_type="definitive", message="Done.")

    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + HOUR)

    assert clock_of(ticket, Metric.VALIDATION).state == "running"
    assert (fresh(ticket).next_due_at, fresh(ticket).at_risk_at) == (None, None)
    assert clock_of(ticket, Metric.VALIDATION).announced_percent == 100
    assert clock_of(ticket, Metric.VALIDATION).next_event_at is None


@pytest.mark.parametrize(
    ("verb", "payload", "expected"),
    [
        ("clock.started", {"due_at": ""}, "Reaction: the clock started, due —"),
        ("clock.started", {}, "Reaction: the clock started, due —"),
        ("clock.warned", {"percent": 75}, "Reaction: 75 % of the time used"),
        ("clock.stopped", {}, "Reaction: the clock stopped"),
        ("clock.breached", {}, "Reaction: the target was missed"),
    ],
)
def test_a_fact_of_a_clock_has_a_sentence(
    verb: str, payload: dict[str, Any], expected: str
) -> None:
    with translation.override("en"):
        assert SENTENCES[verb]({"metric": "reaction", **payload}, "UTC") == expected
        assert SENTENCES["policy.version_published"]({}, "UTC").startswith("Service level policy")


def test_the_sentence_of_a_start_names_the_local_due_instant() -> None:
    payload = {"metric": "reaction", "due_at": MONDAY_9AM.isoformat()}

    with translation.override("en"):
        said = SENTENCES["clock.started"](payload, "America/Mexico_City")

    assert "—" not in said
    assert "9:00" in said or "09:00" in said
