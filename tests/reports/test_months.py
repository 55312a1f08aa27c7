"""Which month owns a figure: the months add up to the whole, and a verdict that falls after the end
of its ticket's month is reported in the month in which it falls, named as carried over.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from heapq import heappop, heappush
from typing import Any

import pytest
from django.db.models import Exists, OuterRef

from catalog.models import ContractService
from foundation.core.classification import Impact, Priority, Urgency
from reports.queries import bounds, build_service_level
from reports.queries.months import month_of
from sla.clocks.models import Clock, ClockSegment
from sla.clocks.verdicts import Verdict, verdict_before, verdict_of
from sla.metrics import AT_ARRIVAL
from tests.support.clocks import sweep
from tests.support.house import DAY, HOUR, MINUTE, SECOND, House, by, fresh, make_ticket
from tests.support.lives import Life, second_contract
from tests.support.policies import promise_resolution
from tests.support.tickets import SOLUTION, classify, step
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


@pytest.mark.parametrize(
    ("offset", "month"), [(-SECOND, MARCH), (timedelta(), APRIL), (29 * DAY, APRIL)]
)
def test_an_instant_lies_in_the_month_of_the_customers_zone(
    house: House, offset: timedelta, month: date
) -> None:
    assert month_of(house.north, APRIL_1 + offset) == month


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


ALL = [date(2026, month, 1) for month in range(3, 7)]


def months_of(house: House) -> list[dict[str, Any]]:
    """Return the figures of four months, which hold every life."""
    return [build_service_level(house.north, month, LATER) for month in ALL]


def lives_across_months(
    house: House, seed: int, tickets: int, *, is_uncovered: bool = False
) -> list[dict[str, Any]]:
    """Let tickets live side by side, most across the end of March or April, and return the figures
    of each month as they were computed at its end. ``is_uncovered``: no contract covers one of the
    services, so that tickets go in and out of contract.
    """
    lives = Life(house, seed, [second_contract(house), house.contract], has_mails=True)
    if is_uncovered:
        ContractService.objects.filter(service=house.services["network"]).delete()
    begins = [APRIL_1 - 5 * DAY, APRIL_1 + 26 * DAY]
    waiting: list[tuple[datetime, int, Iterator[datetime]]] = []
    for number in range(tickets):
        life = lives.moments(begins[number % 2], 4)
        heappush(waiting, (next(life), number, life))
    frozen = []
    for month in ALL:
        end = bounds(house.north, month)[1]
        while waiting and waiting[0][0] < end:
            _at, number, life = heappop(waiting)
            following = next(life, None)
            if following is not None:
                heappush(waiting, (following, number, life))
        sweep(end)
        frozen.append(build_service_level(house.north, month, end))
    assert not waiting
    return frozen


def counted(months: list[dict[str, Any]], word: str) -> Counter[tuple[str, str]]:
    return Counter((each["metric"], each["verdict"]) for month in months for each in month[word])


MARKS = {"is_carried_over", "is_taken_back"}


def verdicts_in(rows: Iterable[dict[str, Any]]) -> Counter[tuple[str, str]]:
    """Count the verdicts of rows of tickets, without those of clocks that ran."""
    return Counter(
        (metric, verdict)
        for row in rows
        for metric, verdict in row["verdicts"].items()
        if verdict != "running"
    )


def decided(numbers: set[str]) -> Counter[tuple[str, str]]:
    """Count the verdicts of the clocks of these tickets that have ended or were missed."""
    clocks = Clock.objects.filter(metric__in=AT_ARRIVAL).select_related("ticket")
    verdicts = (
        (clock.metric, str(verdict_of(clock, LATER)))
        for clock in clocks
        if clock.ticket.number in numbers
    )
    return Counter(each for each in verdicts if each[1] != "running")


def earlier_in(months: list[dict[str, Any]]) -> int:
    """Return the earlier breaches of all months."""
    own = (
        each["earlier"]
        for month in months
        for each in month["compliance"]
        if each["priority"] is None
    )
    carried = (month["carried_earlier"] - month["earlier_taken_back"] for month in months)
    return sum(own) + sum(carried)


def replaced_breaches(numbers: set[str]) -> int:
    """Count the missed targets of these tickets that another one followed."""
    following = ClockSegment.objects.filter(clock=OuterRef("clock"), number__gt=OuterRef("number"))
    return ClockSegment.objects.filter(
        Exists(following),
        breached_at__isnull=False,
        clock__metric__in=AT_ARRIVAL,
        clock__ticket__in=[each.pk for each in Ticket.objects.all() if each.number in numbers],
    ).count()


@pytest.mark.parametrize("is_uncovered", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_the_months_as_they_were_issued_add_up_to_the_whole(
    house: House, seed: int, is_uncovered: bool
) -> None:
    months = lives_across_months(house, seed, 24, is_uncovered=is_uncovered)

    reported: Counter[tuple[str, str]] = Counter()
    for month in months:
        for each in month["compliance"]:
            if each["priority"] is None:
                for verdict in ("met", "missed", "withdrawn"):
                    reported[each["metric"], verdict] += each[verdict]
    reported += counted(months, "carried_over")
    taken_back = counted(months, "taken_back")
    issued = {each["number"] for month in months for each in month["tickets"]}
    apart = {
        each["number"]
        for month in months
        for each in month["uncontracted"]
        if not MARKS & each.keys()
    }
    assert (len(issued) + len(apart), issued & apart, bool(apart)) == (24, set(), is_uncovered)
    assert reported - taken_back == decided(issued)
    assert earlier_in(months) == replaced_breaches(issued)
    rows = [each for month in months for each in month["uncontracted"]]
    net = verdicts_in(each for each in rows if "is_taken_back" not in each)
    assert net - verdicts_in(each for each in rows if "is_taken_back" in each) == decided(apart)
    assert all(reported[key] >= taken_back[key] for key in taken_back)
    assert any(month["carried_over"] for month in months)
    assert sum(month["raised"] for month in months) == len(issued)


@pytest.mark.parametrize("is_uncovered", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_a_month_says_the_same_whenever_it_is_computed(
    house: House, seed: int, is_uncovered: bool
) -> None:
    frozen = lives_across_months(house, seed, 24, is_uncovered=is_uncovered)

    for then, now in zip(frozen, months_of(house), strict=True):
        same = ("raised", "compliance", "carried_over", "taken_back")
        for word in (*same, "carried_earlier", "earlier_taken_back"):
            assert now[word] == then[word], (then["month"], word)
        assert verdicts_in(now["uncontracted"]) == verdicts_in(then["uncontracted"])


def test_a_breach_that_was_reported_and_replaced_is_taken_back_by_name(house: House) -> None:
    ticket = make_ticket(house, at=EVENING - 3 * DAY)  # reaction due an hour later
    sweep(APRIL_1)
    march = build_service_level(house.north, MARCH, APRIL_1)
    classify(house, ticket, APRIL_1 + DAY, impact=Impact.EXTENSIVE)
    services.reply_to_customer(
        ticket=fresh(ticket), body="Hello.", by=by(house.agent), at=APRIL_1 + 2 * DAY
    )

    april = build_service_level(house.north, APRIL, LATER)

    missed = {each["metric"]: each for each in march["breaches"]}
    (taken,) = [each for each in april["taken_back"] if each["metric"] == "reaction"]
    (carried,) = [each for each in april["carried_over"] if each["metric"] == "reaction"]
    assert (row(march, "reaction")["missed"], taken["verdict"]) == (1, "missed")
    assert {name: taken[name] for name in ("number", "priority", "due_at", "stopped_at")} == {
        name: missed["reaction"][name] for name in ("number", "priority", "due_at", "stopped_at")
    }
    assert (carried["verdict"], carried["priority"]) == ("missed", "critical")
    assert (row(march, "reaction")["earlier"], april["carried_earlier"]) == (0, 2)
    assert build_service_level(house.north, MARCH, LATER)["breaches"] == march["breaches"]


def test_a_priority_with_the_same_targets_changes_no_row_of_a_month_that_has_ended(
    house: House,
) -> None:
    """The service guide promises the same for low and medium: no clock gets another target."""
    low = {"impact": Impact.MINOR, "urgency": Urgency.LOW}
    ticket = make_ticket(house, at=EVENING - 3 * DAY, **low)
    sweep(APRIL_1)
    march = build_service_level(house.north, MARCH, APRIL_1)
    medium = {"impact": Impact.MODERATE, "urgency": Urgency.MEDIUM}
    classify(house, ticket, APRIL_1 + DAY, **medium)
    assert Clock.objects.filter(ticket=ticket, priority=Priority.MEDIUM).count() == 2

    again = build_service_level(house.north, MARCH, LATER)
    april = build_service_level(house.north, APRIL, LATER)

    assert row(march, "reaction")["missed"] == 1
    assert (again["compliance"], again["breaches"]) == (march["compliance"], march["breaches"])
    assert (april["taken_back"], april["carried_over"]) == ([], [])


def test_a_breach_that_was_reported_and_then_called_off_is_taken_back(house: House) -> None:
    ticket = make_ticket(house, at=EVENING - 3 * DAY)
    march = build_service_level(house.north, MARCH, APRIL_1)
    step(house, ticket, "reject", APRIL_1 + DAY, reason="Not ours.")

    april = build_service_level(house.north, APRIL, LATER)

    assert [(each["metric"], each["verdict"]) for each in april["taken_back"]] == [
        ("reaction", "missed"),
        ("attention", "missed"),
    ]
    assert {each["verdict"] for each in april["carried_over"]} == {"withdrawn"}
    assert row(build_service_level(house.north, MARCH, LATER), "reaction") == row(march, "reaction")


@pytest.mark.parametrize(("minutes", "verdict"), [(600, "met"), (30, "missed")])
def test_a_solution_of_march_that_is_declined_in_april_stays_in_march(
    house: House, minutes: int, verdict: str
) -> None:
    promise_resolution(house, minutes)
    ticket = make_ticket(house, at=APRIL_1 - 2 * DAY + 9 * HOUR)  # Monday 9:00 in Mexico City
    step(house, ticket, "start", APRIL_1 - 2 * DAY + 9 * HOUR)
    step(house, ticket, "solve", APRIL_1 - 2 * DAY + 11 * HOUR, **SOLUTION)
    march = build_service_level(house.north, MARCH, APRIL_1)
    step(house, ticket, "decline", APRIL_1 + 9 * HOUR, house.requester, reason="Again.")
    step(house, ticket, "solve", APRIL_1 + 2 * DAY + 9 * HOUR, **SOLUTION)

    april = build_service_level(house.north, APRIL, LATER)

    assert row(march, "resolution")[verdict] == 1
    assert build_service_level(house.north, MARCH, LATER)["compliance"] == march["compliance"]
    assert [(each["metric"], each["verdict"]) for each in april["taken_back"]] == [
        ("resolution", verdict)
    ]
    assert [(each["metric"], each["verdict"]) for each in april["carried_over"]] == [
        ("resolution", "missed")
    ]


@pytest.mark.parametrize("service", ["erp", "network"])
@pytest.mark.parametrize("after", [timedelta(0), DAY])
def test_a_ticket_stays_in_the_table_of_its_month_when_its_contract_changes_later(
    house: House, service: str, after: timedelta
) -> None:
    ContractService.objects.filter(service=house.services["network"]).delete()
    ticket = make_ticket(house, at=EVENING - 3 * DAY, service=service)
    sweep(APRIL_1)
    march = build_service_level(house.north, MARCH, APRIL_1)
    other = {"erp": "network", "network": "erp"}[service]
    classify(house, ticket, APRIL_1 + after, service=house.services[other])

    april = build_service_level(house.north, APRIL, LATER)

    assert fresh(ticket).is_out_of_contract is (service == "erp")
    assert (march["raised"], march["out_of_contract"]) == ((1, 0) if service == "erp" else (0, 1))
    assert [(each["number"], *(MARKS & each.keys())) for each in april["uncontracted"]] == (
        []
        if service == "erp"
        else [(ticket.number, "is_carried_over"), (ticket.number, "is_taken_back")]
    )
    later = build_service_level(house.north, MARCH, LATER)
    for word in ("raised", "out_of_contract", "compliance", "turns"):
        assert later[word] == march[word], word


def test_the_time_of_each_side_adds_up(house: House) -> None:
    months = lives_across_months(house, 11, 10)

    reported: Counter[str] = Counter()
    for month in months:
        reported.update(month["turns"])

    end = bounds(house.north, ALL[-1])[1]
    whole: Counter[str] = Counter()
    for interval in StateInterval.objects.all():
        for held in time_held([interval], end):
            whole[str(held.holder)] += int(held.time.total_seconds())
    # each month counts whole seconds of each ticket
    lost = {holder: whole[holder] - reported[holder] for holder in whole}
    assert all(0 <= seconds <= 10 * 4 for seconds in lost.values()), lost
    assert sum(reported.values()) > 24 * 3600


def test_a_verdict_that_falls_at_the_end_falls_after_it() -> None:
    met = Clock(state="stopped", is_met=True, due_at=APRIL_1, stopped_at=APRIL_1)
    withdrawn = Clock(state="withdrawn", due_at=APRIL_1 - HOUR, stopped_at=APRIL_1)

    assert verdict_before(met, APRIL_1) == Verdict.RUNNING
    assert verdict_before(met, APRIL_1 + SECOND) == Verdict.MET
    assert verdict_before(withdrawn, APRIL_1) == Verdict.MISSED
    assert verdict_before(withdrawn, APRIL_1 + SECOND) == Verdict.WITHDRAWN
