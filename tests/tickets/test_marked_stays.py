"""Marked stays: the work waits for something while the state stays as it is (SPEC 3.8)."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import translation

from foundation.core.errors import Invalid
from foundation.notifications.models import OutboxMessage
from tests.support.house import DAY, HOUR, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import SOLUTION, started, step
from tickets import queries, services, verbs
from tickets.models import StateInterval, Ticket
from tickets.services import ActionNotAllowed, StaleTicket
from tickets.states import Bucket, State
from web.timeline import sentence

LATER = MONDAY_9AM + HOUR


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def mark(house: House, ticket: Ticket, at: Any = LATER, user: Any = None, **values: Any) -> None:
    given = {"mark": "spare_parts", "reason": "A disk.", "expected_on": date(2026, 3, 6)} | values
    services.mark_stay(ticket=fresh(ticket), by=by(user or house.agent), at=at, **given)


def stays(ticket: Ticket) -> list[tuple[str, str, str]]:
    found = StateInterval.objects.filter(ticket=ticket).order_by("started_at", "pk")
    return [(each.state, each.bucket, each.mark) for each in found]


def test_a_mark_begins_a_stay_that_waits_and_keeps_the_state(house: House) -> None:
    ticket = started(house)

    mark(house, ticket)
    services.go_on(ticket=fresh(ticket), by=by(house.agent), at=LATER + HOUR)

    seen = fresh(ticket)
    assert (seen.state, seen.stay_mark) == (State.IN_PROGRESS, "")
    assert stays(ticket)[-3:] == [
        ("in_progress", Bucket.IN_PROGRESS, ""),
        ("in_progress", Bucket.WAITING, "spare_parts"),
        ("in_progress", Bucket.IN_PROGRESS, ""),
    ]
    marked = StateInterval.objects.get(mark="spare_parts")
    assert (marked.started_at, marked.ended_at) == (LATER, LATER + HOUR)
    assert (marked.reason, marked.expected_on) == ("A disk.", date(2026, 3, 6))
    assert queries.time_per_bucket(queries.intervals(ticket.pk), LATER + 3 * HOUR) == [
        (Bucket.REGISTERED, timedelta()),
        (Bucket.IN_PROGRESS, 3 * HOUR),
        (Bucket.WAITING, HOUR),
    ]
    said = [
        sentence(each, "UTC")
        for each in queries.timeline(ticket)
        if each.verb in {verbs.STAY_MARKED, verbs.STAY_UNMARKED}
    ]
    assert said == [
        "Waits for: Spare parts, expected on Mar 6, 2026",
        "Goes on: it no longer waits for spare parts",
    ]


def test_the_customer_is_told_what_is_awaited(house: House) -> None:
    ticket = started(house)

    mark(house, ticket)

    letter = OutboxMessage.objects.get(template="ticket_marked")
    assert letter.recipient == house.requester
    assert letter.context["mark"] == "spare_parts"
    assert letter.context["body"] == "A disk."
    assert letter.context["expected_on"] == "2026-03-06"


def test_a_step_takes_the_mark_off(house: House) -> None:
    ticket = started(house)
    mark(house, ticket)

    step(house, ticket, "solve", LATER + HOUR, **SOLUTION)

    assert fresh(ticket).stay_mark == ""
    assert StateInterval.objects.get(mark="spare_parts").ended_at == LATER + HOUR


def test_another_mark_replaces_the_first(house: House) -> None:
    ticket = started(house)
    mark(house, ticket)

    mark(house, ticket, LATER + HOUR, mark="own_schedule", reason="Tomorrow.", expected_on=None)

    assert fresh(ticket).stay_mark == "own_schedule"
    assert [each[2] for each in stays(ticket)][-2:] == ["spare_parts", "own_schedule"]
    (said,) = [
        sentence(each, "UTC")
        for each in queries.timeline(ticket)
        if each.verb == verbs.STAY_MARKED and each.payload["mark"] == "own_schedule"
    ]
    assert said == "Waits for: Our own schedule"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"mark": "lunch"}, "mark"),
        ({"reason": " \n"}, "reason"),
        ({"expected_on": date(2026, 3, 1)}, "expected_on"),
        ({"expected_on": date(2028, 3, 2)}, "expected_on"),
    ],
)
def test_a_wrong_mark_is_refused(house: House, wrong: dict[str, Any], field: str) -> None:
    ticket = started(house)

    with pytest.raises(Invalid) as caught:
        mark(house, ticket, **wrong)

    assert set(caught.value.fields) == {field}
    assert fresh(ticket).stay_mark == ""


def test_today_is_a_day_on_which_it_may_be_expected(house: House) -> None:
    ticket = started(house)

    mark(house, ticket, expected_on=date(2026, 3, 2))

    assert fresh(ticket).stay_mark == "spare_parts"


@pytest.mark.parametrize("steps", [[], ["start", "pend_user"], ["start", "solve"]])
def test_only_a_ticket_that_is_worked_on_waits_like_this(house: House, steps: list[str]) -> None:
    ticket = make_ticket(house)
    for name in steps:
        step(house, ticket, name, MONDAY_9AM, **(SOLUTION if name != "start" else {}))

    with pytest.raises(Invalid, match="nothing can be awaited"):
        mark(house, ticket)


def test_who_does_not_hold_the_ticket_marks_nothing(house: House) -> None:
    ticket = started(house)
    step(house, ticket, "assign", MONDAY_9AM, team=house.level_two, reason="Up.")

    for user in (house.agent, house.requester):
        with pytest.raises(ActionNotAllowed):
            mark(house, ticket, user=user)
    mark(house, ticket, user=house.staff["consultant"])
    with pytest.raises(ActionNotAllowed):
        services.go_on(ticket=fresh(ticket), by=by(house.agent), at=LATER)

    assert fresh(ticket).stay_mark == "spare_parts"


def test_the_hand_over_is_known_after_a_mark(house: House) -> None:
    ticket = started(house)
    step(house, ticket, "assign", MONDAY_9AM, team=house.level_two, reason="Up.", tried="All.")

    mark(house, ticket, user=house.staff["consultant"])

    sent = queries.handover_of(fresh(ticket))
    assert sent is not None
    assert (sent.reason, sent.tried) == ("Up.", "All.")


def test_stale_and_needless_acts_are_refused(house: House) -> None:
    ticket = started(house)
    version = fresh(ticket).version

    with pytest.raises(Invalid, match="waits for nothing"):
        services.go_on(ticket=fresh(ticket), by=by(house.agent), at=LATER)
    with pytest.raises(StaleTicket):
        mark(house, ticket, expected_version=version - 1)
    mark(house, ticket, expected_version=version)
    with pytest.raises(StaleTicket):
        services.go_on(ticket=fresh(ticket), by=by(house.agent), at=LATER, expected_version=version)


def test_undoing_a_merge_gives_the_mark_back(house: House) -> None:
    survivor = make_ticket(house)
    ticket = started(house)
    mark(house, ticket)
    agent = by(house.agent)
    services.merge_tickets(ticket=fresh(ticket), survivor=survivor, by=agent, at=LATER + HOUR)
    assert fresh(ticket).stay_mark == ""

    services.unmerge_ticket(ticket=fresh(ticket), by=agent, at=LATER + DAY)

    assert fresh(ticket).stay_mark == "spare_parts"
    assert StateInterval.objects.get(ticket=ticket, ended_at=None).mark == "spare_parts"
