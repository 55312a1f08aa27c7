"""The replay of clocks from facts, verb by verb."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from sla.clocks.replay import Replay, ReplayedClock, ReplayedFact, replay
from tests.support.house import HOUR, MINUTE, MONDAY_9AM

LATER = MONDAY_9AM + HOUR


def fact(verb: str, at: datetime = MONDAY_9AM, **payload: Any) -> ReplayedFact:
    return ReplayedFact(at, verb, payload)


def promised(verb: str, at: datetime = MONDAY_9AM, clock: int = 1, **values: Any) -> ReplayedFact:
    payload = {
        "clock": clock,
        "metric": "attention",
        "policy_ids": [7],
        "priority": 2,
        "target_seconds": 3600,
        "calendar": 5,
        "cause": "start",
    }
    return ReplayedFact(at, verb, payload | values)


RAISED = fact("ticket.raised", state="new")
STARTED = promised("clock.started")


def clock_after(*facts: ReplayedFact) -> ReplayedClock:
    return replay([RAISED, STARTED, *facts]).clocks[1]


def breached(at: datetime = LATER) -> ReplayedFact:
    return fact("clock.breached", at, clock=1, breached_at=(at - MINUTE).isoformat())


def stopped(at: datetime = LATER, **values: Any) -> ReplayedFact:
    payload = {"clock": 1, "is_met": True, "due_at": LATER.isoformat(), "used_seconds": 60.5}
    return ReplayedFact(at, "clock.stopped", payload | {"announced_percent": 50} | values)


def test_no_facts_give_no_clocks() -> None:
    assert replay([]) == Replay()
    assert replay([fact("unknown.verb", anything=1)]) == Replay()


def test_states_give_touching_intervals() -> None:
    found = replay(
        [
            RAISED,
            fact("ticket.state_changed", MONDAY_9AM + MINUTE, to="in_progress"),
            fact("ticket.state_changed", LATER, to="solved"),
        ]
    )

    assert found.arrived_at == MONDAY_9AM
    assert [(each.state, each.started_at, each.ended_at) for each in found.intervals] == [
        ("new", MONDAY_9AM, MONDAY_9AM + MINUTE),
        ("in_progress", MONDAY_9AM + MINUTE, LATER),
        ("solved", LATER, None),
    ]


def test_a_clock_starts_at_the_arrival() -> None:
    found = replay([RAISED, promised("clock.started", LATER)]).clocks[1]

    assert (found.clock_id, found.metric, found.priority) == (1, "attention", 2)
    assert (found.started_at, found.policy_ids) == (MONDAY_9AM, [7])
    assert (found.state, found.is_live, found.announced_percent) == ("live", True, 0)
    segment = found.segments[0]
    assert (segment.number, segment.cause, segment.calendar_id) == (1, "start", 5)
    assert (segment.target, segment.target_unit, segment.priority) == (HOUR, "time", 2)
    assert (segment.starts_at, segment.policy_ids) == (MONDAY_9AM, [7])


def test_a_later_promise_starts_at_its_own_instant() -> None:
    values = {"started_at": LATER.isoformat(), "announced_percent": 100, "target_unit": "days"}

    found = replay([RAISED, promised("clock.started", LATER, **values)]).clocks[1]

    assert (found.started_at, found.announced_percent) == (LATER, 100)
    assert (found.segments[0].starts_at, found.segments[0].target_unit) == (LATER, "days")


def test_a_clock_without_an_arrival_starts_at_its_fact() -> None:
    found = replay([promised("clock.started", LATER)]).clocks[1]

    assert found.started_at == LATER


def test_a_promise_made_again_replaces_the_clock() -> None:
    found = replay([RAISED, STARTED, stopped(), promised("clock.started", target_seconds=60)])

    assert len(found.clocks) == 1
    assert (found.clocks[1].state, found.clocks[1].segments[0].target) == ("live", MINUTE)


@pytest.mark.parametrize(("policy", "expected"), [(9, [9]), (None, [])])
def test_the_oldest_facts_name_one_policy(policy: int | None, expected: list[int]) -> None:
    old = promised("clock.started", policy=policy)
    payload = {name: value for name, value in old.payload.items() if name != "policy_ids"}

    found = replay([RAISED, ReplayedFact(MONDAY_9AM, "clock.started", payload)]).clocks[1]

    assert found.policy_ids == expected
    assert found.segments[0].policy_ids == expected


@pytest.mark.parametrize("verb", ["ticket.classified", "ticket.contract_changed"])
def test_a_new_priority_reaches_the_live_clocks_of_the_arrival(verb: str) -> None:
    facts = [
        RAISED,
        STARTED,
        promised("clock.started", clock=2, metric="reaction"),
        promised("clock.started", clock=3, metric="delivery"),
        stopped(clock=2),
        fact(verb, changed={"priority": [2, 1]}),
    ]

    found = replay(facts).clocks

    assert [found[number].priority for number in (1, 2, 3)] == [1, 2, 2]


def test_a_change_without_a_priority_leaves_the_clocks() -> None:
    assert clock_after(fact("ticket.classified", changed={"kind": ["a", "b"]})).priority == 2
    assert clock_after(fact("ticket.classified")).priority == 2


def test_a_new_target_adds_a_segment_and_forgets_the_breach() -> None:
    found = clock_after(
        breached(),
        promised(
            "clock.retargeted",
            LATER,
            target_seconds=60,
            policy_ids=[8],
            priority=1,
            cause="classification",
            calendar=6,
        ),
    )

    assert [(each.number, each.cause, each.starts_at) for each in found.segments] == [
        (1, "start", MONDAY_9AM),
        (2, "classification", LATER),
    ]
    assert (found.policy_ids, found.priority) == ([8], 1)
    assert (found.breached_at, found.announced_percent) == (None, 0)
    assert found.segments[0].breached_at == LATER - MINUTE
    assert found.announcements == [(1, 100, LATER)]


def test_a_restart_leaves_one_segment_without_announcements() -> None:
    found = clock_after(
        breached(),
        promised("clock.restarted", LATER, target_seconds=60, policy_ids=[8], priority=1),
    )

    assert [(each.number, each.starts_at, each.target) for each in found.segments] == [
        (1, MONDAY_9AM, MINUTE)
    ]
    assert (found.policy_ids, found.priority, found.announcements) == ([8], 1, [])
    assert (found.breached_at, found.announced_percent) == (None, 0)


def test_warnings_and_a_breach_are_announced_on_the_last_segment() -> None:
    found = clock_after(
        fact("clock.warned", clock=1, percent=50),
        promised("clock.retargeted", MONDAY_9AM + MINUTE),
        fact("clock.warned", MONDAY_9AM + MINUTE, clock=1, percent=75),
        breached(),
    )

    assert found.announcements == [
        (1, 50, MONDAY_9AM),
        (2, 75, MONDAY_9AM + MINUTE),
        (2, 100, LATER),
    ]
    assert found.announced_percent == 100
    assert found.breached_at == LATER - MINUTE
    assert [each.breached_at for each in found.segments] == [None, LATER - MINUTE]


def test_a_breach_taken_back_keeps_the_warnings() -> None:
    found = clock_after(
        breached(),
        promised("clock.retargeted", LATER),
        fact("clock.warned", LATER, clock=1, percent=50),
        breached(LATER + HOUR),
        fact("clock.breach_taken_back", LATER + HOUR, clock=1, announced_percent=50),
    )

    assert found.announcements == [(1, 100, LATER), (2, 50, LATER)]
    assert (found.breached_at, found.announced_percent) == (None, 50)
    assert [each.breached_at for each in found.segments] == [LATER - MINUTE, None]


def test_a_rebound_clock_has_the_policy_on_its_last_segment() -> None:
    found = clock_after(
        promised("clock.retargeted", LATER), fact("clock.rebound", LATER, clock=1, policy_ids=[4])
    )

    assert found.policy_ids == [4]
    assert [each.policy_ids for each in found.segments] == [[7], [4]]


def test_a_stop_takes_its_result_from_the_fact() -> None:
    found = clock_after(stopped())

    assert (found.state, found.is_live, found.stopped_at) == ("stopped", False, LATER)
    assert (found.is_met, found.due_at) == (True, LATER)
    assert found.used == timedelta(seconds=60.5)


def test_a_stop_without_a_due_instant_has_none() -> None:
    assert clock_after(stopped(due_at="")).due_at is None


def test_a_stop_in_time_drops_a_breach_recorded_meanwhile() -> None:
    found = clock_after(fact("clock.warned", clock=1, percent=50), breached(), stopped())

    assert (found.breached_at, found.segments[0].breached_at) == (None, None)
    assert (found.announced_percent, found.announcements) == (50, [(1, 50, MONDAY_9AM)])


def test_a_late_stop_keeps_the_breach() -> None:
    found = clock_after(breached(), stopped(is_met=False))

    assert (found.is_met, found.breached_at) == (False, LATER - MINUTE)
    assert (found.announced_percent, found.announcements) == (100, [(1, 100, LATER)])


def test_a_stop_in_time_without_a_breach_keeps_what_was_announced() -> None:
    found = clock_after(fact("clock.warned", clock=1, percent=90), stopped())

    assert (found.announced_percent, found.announcements) == (90, [(1, 90, MONDAY_9AM)])


def test_a_withdrawn_clock_is_neither_met_nor_missed() -> None:
    found = clock_after(fact("clock.withdrawn", LATER, clock=1, due_at=(LATER + HOUR).isoformat()))

    assert (found.state, found.is_live, found.stopped_at) == ("withdrawn", False, LATER)
    assert (found.is_met, found.used, found.due_at) == (None, None, LATER + HOUR)


def test_a_resumed_clock_is_live_again() -> None:
    found = clock_after(stopped(), fact("clock.resumed", LATER, clock=1))

    assert (found.state, found.is_live) == ("live", True)
    assert (found.stopped_at, found.used, found.is_met, found.due_at) == (None,) * 4


def test_a_clock_that_began_announced_nothing() -> None:
    clock = clock_after()

    assert (clock.state, clock.announced_percent, clock.announcements) == ("live", 0, [])
