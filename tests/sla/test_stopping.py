"""What stops, withdraws, resumes and re-dates clocks: the rows, the facts and the ticket."""

from typing import Any

import pytest

from foundation.activity.models import Record
from sla.clocks.models import Announcement, Clock
from sla.clocks.services import redate_clocks, settle_ticket
from sla.history.histories import read_histories
from sla.metrics import Metric
from tests.support.calendars import LONG_DAYS, publish, version_of
from tests.support.clocks import clock_of
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.policies import promise_resolution
from tests.support.tickets import classify, step
from tickets import services
from tickets.models import Ticket

SOLUTION: dict[str, Any] = {"solution_type": "definitive", "message": "Done."}


def facts(ticket: Ticket, verb: str) -> list[dict[str, Any]]:
    found = Record.objects.filter(object_id=ticket.pk, verb=verb).order_by("pk")
    return [fact.payload for fact in found]


def inform(house: House, ticket: Ticket, kind: str, at: Any) -> None:
    if kind == "reply":
        services.reply_to_customer(ticket=fresh(ticket), body="We look.", by=by(house.agent), at=at)
    elif kind == "statement":
        services.send_attention_statement(
            ticket=fresh(ticket),
            body="Plan.",
            estimated_at=at + DAY,
            by=by(house.agent),
            at=at,
        )
    else:
        services.add_note(ticket=fresh(ticket), body="Note.", by=by(house.agent), at=at)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("reply", ["stopped", "running"]),
        ("statement", ["stopped", "stopped"]),
        ("note", ["running", "running"]),
    ],
)
def test_a_message_stops_the_clocks_of_its_kind(
    house: House, kind: str, expected: list[str]
) -> None:
    ticket = make_ticket(house)

    inform(house, ticket, kind, MONDAY_9AM + 10 * MINUTE)

    clocks = [clock_of(ticket, metric) for metric in (Metric.REACTION, Metric.ATTENTION)]
    assert [clock.state for clock in clocks] == expected


def test_a_stop_writes_its_result_and_the_columns_of_the_ticket(house: House) -> None:
    ticket = make_ticket(house)

    inform(house, ticket, "reply", MONDAY_9AM + 40 * MINUTE)

    clock = clock_of(ticket)
    assert (clock.stopped_at, clock.used) == (MONDAY_9AM + 40 * MINUTE, 40 * MINUTE)
    assert (clock.is_met, clock.next_event_at) == (True, None)
    fact = facts(ticket, "clock.stopped")[0]
    assert (fact["metric"], fact["is_met"], fact["used_seconds"]) == ("reaction", True, 2400.0)
    assert (fact["announced_percent"], fact["due_at"]) == (
        50,
        (MONDAY_9AM + HOUR).isoformat(),
    )
    assert list(Announcement.objects.values_list("clock_id", "percent")) == [(clock.pk, 50)]
    assert fresh(ticket).next_due_at == MONDAY_9AM + 10 * HOUR


def test_a_stop_in_time_takes_a_breach_of_a_late_commit_back(house: House) -> None:
    ticket = make_ticket(house)
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 2 * HOUR)

    inform(house, ticket, "reply", MONDAY_9AM + HOUR)

    clock = clock_of(ticket)
    assert (clock.is_met, clock.breached_at, clock.state) == (True, None, "stopped")


def test_a_called_off_ticket_withdraws_its_live_clocks_and_settles_them(house: House) -> None:
    ticket = make_ticket(house)
    inform(house, ticket, "reply", MONDAY_9AM + 10 * MINUTE)

    step(house, ticket, "reject", MONDAY_9AM + 6 * HOUR, reason="Not ours.")

    attention = clock_of(ticket, Metric.ATTENTION)
    assert clock_of(ticket).state == "stopped"
    assert (attention.state, attention.stopped_at) == ("withdrawn", MONDAY_9AM + 6 * HOUR)
    assert (attention.is_met, attention.used, attention.next_event_at) == (None, None, None)
    assert attention.announced_percent == 50
    assert attention.due_at == MONDAY_9AM + 10 * HOUR
    assert len(facts(ticket, "clock.withdrawn")) == 1
    assert fresh(ticket).next_due_at is None


@pytest.mark.parametrize("name", ["close_invalid", "close_cancelled"])
def test_a_ticket_closed_without_a_solution_withdraws_its_clocks(house: House, name: str) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)

    step(house, ticket, name, MONDAY_9AM + HOUR, reason="Nothing fails.")

    states = Clock.objects.filter(ticket=ticket).values_list("state", flat=True)
    assert set(states) == {"withdrawn"}


def test_a_decline_resumes_resolution_alone_and_ends_the_validation(house: House) -> None:
    promise_resolution(house, 1200)
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    step(house, ticket, "solve", MONDAY_9AM + HOUR, **SOLUTION)
    assert clock_of(ticket, Metric.RESOLUTION).state == "stopped"

    step(house, ticket, "decline", MONDAY_9AM + 2 * HOUR, user=house.requester, reason="Fails.")

    resolution = clock_of(ticket, Metric.RESOLUTION)
    assert (resolution.state, resolution.stopped_at) == ("running", None)
    assert (resolution.used, resolution.is_met) == (None, None)
    assert clock_of(ticket, Metric.REACTION).state == "stopped"
    assert clock_of(ticket, Metric.VALIDATION).state == "stopped"
    assert [fact["metric"] for fact in facts(ticket, "clock.resumed")] == ["resolution"]
    assert facts(ticket, "clock.stopped")[-1]["metric"] == "validation"
    assert fresh(ticket).next_due_at == resolution.due_at
    assert resolution.due_at == MONDAY_9AM + 2 * DAY + HOUR


def test_a_closing_does_not_resume_resolution(house: House) -> None:
    promise_resolution(house, 1200)
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    step(house, ticket, "solve", MONDAY_9AM + HOUR, **SOLUTION)

    step(house, ticket, "approve", MONDAY_9AM + 2 * HOUR, user=house.requester)

    assert clock_of(ticket, Metric.RESOLUTION).state == "stopped"
    assert facts(ticket, "clock.resumed") == []


def test_a_new_version_re_dates_the_clock_and_its_ticket(house: House) -> None:
    ticket = make_ticket(house, at=MONDAY_9AM + 5 * HOUR)
    inform(house, ticket, "reply", MONDAY_9AM + 330 * MINUTE)
    assert fresh(ticket).next_due_at == MONDAY_9AM + DAY + 5 * HOUR
    version = publish(
        house, at=MONDAY_9AM + 6 * HOUR, effective_from=MONDAY_9AM + 8 * HOUR, hours=LONG_DAYS
    )

    redate_clocks(version=version_of(version), at=MONDAY_9AM + 6 * HOUR)

    attention = clock_of(ticket, Metric.ATTENTION)
    assert attention.due_at == MONDAY_9AM + DAY + 3 * HOUR
    assert fresh(ticket).next_due_at == attention.due_at
    assert fresh(ticket).queue_at == attention.due_at
    assert [fact["metric"] for fact in facts(ticket, "clock.redated")] == ["attention"]


def test_histories_hold_periods_stops_solution_and_calling_off(house: House) -> None:
    opened = make_ticket(house)
    classify(house, fresh(opened), MONDAY_9AM + HOUR, service=house.services["network"])
    inform(house, opened, "reply", MONDAY_9AM + 2 * HOUR)
    rejected = make_ticket(house)
    step(house, rejected, "reject", MONDAY_9AM + HOUR, reason="Not ours.")
    solved = make_ticket(house)
    step(house, solved, "start", MONDAY_9AM)
    step(house, solved, "solve", MONDAY_9AM + HOUR, **SOLUTION)
    invalid = make_ticket(house)
    step(house, invalid, "start", MONDAY_9AM)
    step(house, invalid, "close_invalid", MONDAY_9AM + HOUR, reason="Nothing fails.")
    numbers = [opened.pk, rejected.pk, solved.pk, invalid.pk]

    def read(as_of: Any) -> list[Any]:
        rows = Ticket.objects.filter(pk__in=numbers).order_by("pk")
        return read_histories(rows, house.north, as_of=as_of, using="default")

    found = read(MONDAY_9AM + DAY)
    early = read(MONDAY_9AM + HOUR - MINUTE)

    assert [each.ticket_id for each in found] == numbers
    assert [(period.at, str(period.matter.support_type)) for period in found[0].periods] == [
        (MONDAY_9AM, "functional"),
        (MONDAY_9AM + HOUR, "technological"),
    ]
    assert found[0].stops == {Metric.REACTION: MONDAY_9AM + 2 * HOUR}
    assert [each.solved_at for each in found] == [None, None, MONDAY_9AM + HOUR, None]
    assert [each.called_off_at for each in found] == [
        None,
        MONDAY_9AM + HOUR,
        None,
        MONDAY_9AM + HOUR,
    ]
    assert [len(each.periods) for each in early] == [1, 1, 1, 1]
    assert [each.stops for each in early] == [{}, {}, {}, {}]
    assert [each.called_off_at for each in early] == [None] * 4
    assert early[0].periods[0].matter.support_type == "functional"


def test_the_history_of_a_reopened_ticket_has_no_solution(house: House) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    step(house, ticket, "solve", MONDAY_9AM + HOUR, **SOLUTION)
    step(house, ticket, "approve", MONDAY_9AM + 2 * HOUR, user=house.requester)
    rows = Ticket.objects.filter(pk=ticket.pk)
    closed = read_histories(rows, house.north, as_of=MONDAY_9AM + DAY, using="default")[0]
    other = make_ticket(house)
    step(house, other, "start", MONDAY_9AM)
    step(house, other, "solve", MONDAY_9AM + HOUR, **SOLUTION)
    step(house, other, "decline", MONDAY_9AM + 2 * HOUR, user=house.requester, reason="Fails.")

    rows = Ticket.objects.filter(pk=other.pk)
    then = read_histories(rows, house.north, as_of=MONDAY_9AM + 90 * MINUTE, using="default")[0]
    later = read_histories(rows, house.north, as_of=MONDAY_9AM + DAY, using="default")[0]

    assert (closed.solved_at, closed.called_off_at) == (MONDAY_9AM + HOUR, None)
    assert then.solved_at == MONDAY_9AM + HOUR
    assert later.solved_at is None
