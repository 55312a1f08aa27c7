"""Which month owns a figure: the months add up to the whole, and a verdict that falls after the end
of its ticket's month is reported in the month in which it falls, named as carried over.
"""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from reports.queries import build_service_level
from sla.clocks.models import Clock, ClockSegment
from sla.clocks.verdicts import Verdict, decided_at, verdict_before, verdict_of
from sla.metrics import AT_ARRIVAL
from tests.support.house import DAY, HOUR, MINUTE, SECOND, House, by, fresh, make_ticket
from tests.support.lives import Life, second_contract
from tests.support.tickets import step
from tickets import services
from tickets.models import StateInterval, Ticket
from tickets.queries import time_held

MARCH = date(2026, 3, 1)
APRIL = date(2026, 4, 1)
APRIL_1 = datetime(2026, 4, 1, 6, tzinfo=UTC)  # 1 April 00:00 in Mexico City
EVENING = APRIL_1 - 5 * HOUR - 30 * MINUTE  # 31 March 18:30, half an hour before closing
LATER = datetime(2026, 6, 20, 12, tzinfo=UTC)


def row(data: dict[str, Any], metric: str) -> dict[str, Any]:
    return next(
        each for each in data["compliance"] if each["metric"] == metric and not each["priority"]
    )


def test_a_reaction_missed_in_april_is_running_in_march_and_carried_over_to_april(
    house: House,
) -> None:
    ticket = make_ticket(house, at=EVENING)
    services.reply_to_customer(
        ticket=fresh(ticket), body="Hello.", by=by(house.agent), at=APRIL_1 + 10 * HOUR
    )  # due at 09:30 of 1 April, answered at 10:00

    march = build_service_level(house.north, MARCH, LATER)
    april = build_service_level(house.north, APRIL, LATER)

    assert (row(march, "reaction")["running"], row(march, "reaction")["missed"]) == (1, 0)
    assert march["carried_over"] == []
    assert row(april, "reaction")["missed"] == 0
    (carried,) = [each for each in april["carried_over"] if each["metric"] == "reaction"]
    assert (carried["number"], carried["verdict"], carried["raised_at"]) == (
        ticket.number,
        "missed",
        EVENING.isoformat(),
    )
    assert carried["due_at"] == (APRIL_1 + 9 * HOUR + 30 * MINUTE).isoformat()


def test_the_figures_of_a_month_do_not_depend_on_when_they_are_computed(house: House) -> None:
    ticket = make_ticket(house, at=EVENING)
    at_once = build_service_level(house.north, MARCH, APRIL_1)
    step(house, ticket, "start", APRIL_1 + HOUR)
    step(house, ticket, "solve", APRIL_1 + 12 * HOUR, solution_type="definitive", message="Done.")

    assert build_service_level(house.north, MARCH, LATER) == at_once
    assert [each["code"] for each in at_once["by_state"] if each["count"]] == ["new"]
    assert at_once["tickets"][0]["state"] == "new"


@pytest.mark.parametrize(("offset", "owner"), [(-SECOND, MARCH), (timedelta(), APRIL)])
def test_a_month_ends_where_the_next_begins(house: House, offset: timedelta, owner: date) -> None:
    ticket = make_ticket(house, at=APRIL_1 - 40 * MINUTE)
    Clock.objects.filter(ticket=ticket, metric="reaction").update(
        state="stopped", stopped_at=APRIL_1 + offset, due_at=APRIL_1 + HOUR, is_met=True
    )

    march = build_service_level(house.north, MARCH, LATER)
    april = build_service_level(house.north, APRIL, LATER)

    assert row(march, "reaction")["met"] == (1 if owner == MARCH else 0)
    assert len([each for each in april["carried_over"] if each["metric"] == "reaction"]) == (
        0 if owner == MARCH else 1
    )


def test_a_mail_registered_in_april_belongs_to_april_whenever_it_arrived(house: House) -> None:
    ticket = make_ticket(house, at=APRIL_1 + DAY)
    Ticket.objects.filter(pk=ticket.pk).update(received_at=EVENING)

    assert build_service_level(house.north, MARCH, LATER)["raised"] == 0
    assert build_service_level(house.north, APRIL, LATER)["raised"] == 1


def test_tickets_out_of_contract_stand_apart_from_every_other_figure(house: House) -> None:
    type(house.contract).objects.filter(pk=house.contract.pk).update(ends_on=date(2026, 1, 1))
    ticket = make_ticket(house, at=EVENING)
    late = make_ticket(house, at=EVENING - 3 * DAY)

    march = build_service_level(house.north, MARCH, LATER)
    april = build_service_level(house.north, APRIL, LATER)

    assert (march["raised"], march["out_of_contract"], march["turns"]) == (0, 2, {})
    assert (march["tickets"], march["breaches"], march["carried_over"]) == ([], [], [])
    assert {each["compliance"] for each in march["compliance"]} == {None}
    assert [(each["number"], each["verdicts"]["reaction"]) for each in march["uncontracted"]] == [
        (ticket.number, "running"),
        (late.number, "missed"),
    ]
    assert april["carried_over"] == []
    assert [
        (each["number"], each["verdicts"], each["is_carried_over"])
        for each in april["uncontracted"]
    ] == [(ticket.number, {"reaction": "missed", "attention": "missed"}, True)]


def months_of(house: House) -> list[dict[str, Any]]:
    """Return the figures of six months, which hold every life."""
    return [build_service_level(house.north, date(2026, month, 1), LATER) for month in range(1, 7)]


@pytest.mark.parametrize("seed", range(4))
def test_the_months_add_up_to_the_whole(house: House, seed: int) -> None:
    lives = Life(house, seed, [second_contract(house), house.contract])
    for _ in range(20):
        lives.live()
    move_across_the_end_of_march(house)

    months = months_of(house)

    reported: Counter[tuple[str, str]] = Counter()
    for month in months:
        for each in month["compliance"]:
            if each["priority"] is None:
                for verdict in ("met", "missed", "withdrawn"):
                    reported[each["metric"], verdict] += each[verdict]
        reported.update((each["metric"], each["verdict"]) for each in month["carried_over"])
    clocks = Clock.objects.filter(metric__in=AT_ARRIVAL)
    whole = Counter((clock.metric, str(verdict_of(clock, LATER))) for clock in clocks)
    assert +reported == Counter({key: n for key, n in whole.items() if key[1] != "running"})
    assert any(month["carried_over"] for month in months)
    assert sum(month["raised"] for month in months) == Ticket.objects.count()
    earlier = sum(
        each["earlier"]
        for month in months
        for each in month["compliance"]
        if each["priority"] is None
    ) + sum(month["carried_earlier"] for month in months)
    replaced = [
        segment
        for segment in ClockSegment.objects.exclude(breached_at=None).select_related("clock")
        if segment.clock.segments.filter(number__gt=segment.number).exists()
        and segment.clock.metric in AT_ARRIVAL
    ]
    assert earlier == len(replaced)


def test_the_time_of_each_side_adds_up(house: House) -> None:
    lives = Life(house, 11, [house.contract])
    for _ in range(8):
        lives.live()
    move_across_the_end_of_march(house)

    reported: Counter[str] = Counter()
    for month in months_of(house):
        reported.update(month["turns"])

    june = datetime(2026, 6, 1, 6, tzinfo=UTC)  # has not ended: open turns are left out
    whole: Counter[str] = Counter()
    for interval in StateInterval.objects.all():
        for held in time_held([interval], june):
            whole[str(held.holder)] += int(held.time.total_seconds())
    # each month counts whole seconds of each ticket
    lost = {holder: whole[holder] - reported[holder] for holder in whole}
    assert all(0 <= seconds <= 8 * 6 for seconds in lost.values()), lost
    assert sum(reported.values()) > 24 * 3600


def move_across_the_end_of_march(house: House) -> None:
    """Move every instant of the lives, which begin within four weeks from 2 March, by two weeks."""
    by_days = timedelta(days=14)
    for model, names in (
        (Ticket, ("received_at", "created_at", "solved_at", "closed_at")),
        (Clock, ("started_at", "due_at", "stopped_at", "breached_at")),
        (ClockSegment, ("starts_at", "breached_at")),
        (StateInterval, ("started_at", "ended_at")),
    ):
        for each in model.objects.all():
            for name in names:
                value = getattr(each, name)
                if value is not None:
                    setattr(each, name, value + by_days)
            each.save()


@pytest.mark.parametrize(
    ("due", "stop", "decided"),
    [(1, 2, 1), (2, 1, 1), (None, 2, 2), (3, None, 3), (None, None, None)],
)
def test_a_verdict_falls_at_the_stop_or_at_the_due_instant_before_it(
    due: int | None, stop: int | None, decided: int | None
) -> None:
    def at(hours: int | None) -> datetime | None:
        return None if hours is None else APRIL_1 + hours * HOUR

    assert decided_at(at(due), at(stop)) == at(decided)


def test_a_verdict_that_falls_at_the_end_falls_after_it() -> None:
    clock = Clock(state="stopped", is_met=True, due_at=APRIL_1, stopped_at=APRIL_1)

    assert verdict_before(clock, APRIL_1) == Verdict.RUNNING
    assert verdict_before(clock, APRIL_1 + SECOND) == Verdict.MET
