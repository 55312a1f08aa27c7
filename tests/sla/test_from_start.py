"""A classification that was wrong from the start: the clocks are measured again from the arrival,
by a supervisor and with a reason (SPEC 4.8).
"""

from datetime import datetime
from typing import Any

import pytest

from foundation.core.classification import Impact, Kind, Urgency
from reports.queries import build_service_level
from sla.clocks.models import Clock, ClockSegment
from sla.clocks.services import preview_classification, rebuild_clocks, settle_ticket
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, SECOND, House, by, fresh, make_ticket
from tests.support.simulations import MARCH, before, measured, simulate
from tests.support.tickets import classify
from tickets import queries, services
from tickets.models import Ticket
from tickets.services import ActionNotAllowed, Classification, DetailsMissing
from tickets.wording import SENTENCES

THEN = MONDAY_9AM + 2 * HOUR


def apply(
    house: House,
    ticket: Ticket,
    *,
    at: datetime = THEN,
    who: str = "desk_supervisor",
    reason: str = "The branch was closed.",
    from_start: bool = True,
    **changes: Any,
) -> None:
    classify(house, ticket, at, user=who, reason=reason, from_start=from_start, **changes)


def clock(ticket: Ticket, metric: str = "reaction") -> Clock:
    return Clock.objects.get(ticket=ticket, metric=metric)


def test_the_clocks_are_measured_again_from_the_arrival(house: House) -> None:
    ticket = make_ticket(house)  # high: reaction 1 h, attention 10 h
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + HOUR + SECOND)
    assert clock(ticket).breached_at is not None

    apply(house, ticket, urgency=Urgency.LOW, impact=Impact.MINOR)  # low: 2 h, 20 h

    for metric, due in (("reaction", THEN), ("attention", MONDAY_9AM + DAY + 10 * HOUR)):
        found = clock(ticket, metric)
        assert (found.started_at, found.due_at, found.breached_at) == (MONDAY_9AM, due, None)
        (segment,) = ClockSegment.objects.filter(clock=found)
        assert (segment.starts_at, segment.cause) == (MONDAY_9AM, "classification")
    assert rebuild_clocks(ticket=fresh(ticket), write=False) == []


def test_without_it_the_time_used_is_kept_and_the_breach_stays(house: House) -> None:
    ticket = make_ticket(house)
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + HOUR + SECOND)

    apply(house, ticket, from_start=False, urgency=Urgency.LOW, impact=Impact.MINOR)

    segments = ClockSegment.objects.filter(clock=clock(ticket)).order_by("number")
    assert [segment.breached_at for segment in segments] == [MONDAY_9AM + HOUR, None]


def test_kind_and_service_too_change_the_calendar_from_the_start(house: House) -> None:
    saturday = MONDAY_9AM + 5 * DAY
    ticket = make_ticket(house, at=saturday)  # functional: business hours

    apply(house, ticket, at=saturday + HOUR, service=house.services["network"])

    attention = clock(ticket, "attention")  # technological: around the clock, 4 h
    assert (attention.started_at, attention.due_at) == (saturday, saturday + 4 * HOUR)
    assert rebuild_clocks(ticket=fresh(ticket), write=False) == []


def test_an_earlier_classification_is_applied_from_the_start_by_saving_it_again(
    house: House,
) -> None:
    ticket = make_ticket(house)
    apply(house, ticket, from_start=False, urgency=Urgency.LOW, impact=Impact.MINOR)
    ticket = fresh(ticket)

    apply(house, ticket, at=THEN + MINUTE)

    assert ClockSegment.objects.filter(clock=clock(ticket)).count() == 1
    assert clock(ticket).due_at == THEN
    said = queries.timeline(ticket)
    facts = [entry for entry in said if entry.verb == "ticket.classified"]
    assert facts[-1].payload["from_start"] is True
    assert SENTENCES[facts[-1].verb](facts[-1].payload, "UTC") != SENTENCES[facts[0].verb](
        facts[0].payload, "UTC"
    )


@pytest.mark.parametrize(
    ("who", "reason", "error"),
    [
        ("agent", "Seen.", ActionNotAllowed),
        ("consultant", "Seen.", ActionNotAllowed),
        ("desk_supervisor", " ", DetailsMissing),
    ],
)
def test_it_needs_a_supervisor_and_a_reason(
    house: House, who: str, reason: str, error: type[Exception]
) -> None:
    ticket = make_ticket(house)

    with pytest.raises(error):
        apply(house, ticket, who=who, reason=reason, urgency=Urgency.LOW)

    assert fresh(ticket).urgency == ticket.urgency
    assert clock(ticket).due_at == MONDAY_9AM + HOUR


def test_the_preview_shows_the_clocks_as_measured_from_the_arrival(house: House) -> None:
    ticket = make_ticket(house)
    wanted = Classification(
        impact=Impact.MINOR, urgency=Urgency.LOW, kind=Kind.INCIDENT, service=ticket.service
    )

    found = preview_classification(
        ticket=ticket,
        classification=wanted,
        from_start=True,
        by=by(house.staff["desk_supervisor"]),
        at=THEN,
    )

    assert {row.metric: row.due_at for row in found}["reaction"] == THEN
    assert clock(ticket).due_at == MONDAY_9AM + HOUR


def test_a_simulation_knows_the_start(house: House) -> None:
    ticket = make_ticket(house)
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + HOUR + SECOND)
    apply(house, ticket, urgency=Urgency.LOW, impact=Impact.MINOR)
    services.reply_to_customer(ticket=fresh(ticket), body="Hello.", by=by(house.agent), at=THEN)

    result = simulate(house)

    assert before(result) == measured(house)
    table = build_service_level(house.north, MARCH, MONDAY_9AM + 40 * DAY)["compliance"]
    row = next(each for each in table if each["metric"] == "reaction" and not each["priority"])
    assert (row["met"], row["missed"], row["earlier"]) == (1, 0, 0)
