"""What each step on the ladder writes, and the steps that are refused."""

import re
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings

from escalation import queries, services
from escalation.models import Cause, Escalation, EscalationLevel
from foundation.activity.models import Record
from foundation.core.errors import Invalid, NotAllowed
from foundation.notifications.models import OutboxMessage
from foundation.notifications.rendering import render_message
from tests.support.house import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY_9AM,
    SECOND,
    SETUP,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.tickets import step
from tickets.models import Ticket


def ask(house: House, ticket: Ticket, at: datetime = MONDAY_9AM) -> Escalation:
    return services.request_escalation(
        ticket=fresh(ticket), reason=" Late. ", by=by(house.requester), at=at
    )


def take_back(house: House, ticket: Ticket, at: datetime = MONDAY_9AM + HOUR) -> Escalation:
    return services.deescalate_ticket(
        ticket=fresh(ticket), reason=" Settled. ", by=by(house.agent), at=at
    )


def positions(ticket: Ticket) -> list[int]:
    return [each.position for each in queries.escalations_of(ticket)]


def recorded(verb: str) -> list[tuple[int, dict[str, object]]]:
    found = Record.objects.filter(verb=verb).order_by("pk")
    return list(found.values_list("object_id", "payload"))


def solve(ticket: Ticket, at: datetime) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(
        state="solved", solved_at=at, solution_type="definitive"
    )


def test_a_request_writes_its_step_and_its_record(house: House) -> None:
    ticket = make_ticket(house)

    made = ask(house, ticket)

    assert (made.reason, made.created_at, made.notified_at, made.notified) == (
        "Late.",
        MONDAY_9AM,
        MONDAY_9AM,
        ["Agent"],
    )
    assert (made.acknowledge_due_at, made.cause_key) == (
        MONDAY_9AM + 30 * MINUTE,
        f"request:{MONDAY_9AM.isoformat()}",
    )
    assert recorded("ticket.escalated") == [
        (ticket.pk, {"escalation": made.pk, "position": 1, "cause": "request"})
    ]


def test_the_same_reason_is_a_new_request_after_exactly_one_minute(house: House) -> None:
    ticket = make_ticket(house)
    other = make_ticket(house)
    first = ask(house, ticket)

    assert ask(house, ticket, MONDAY_9AM + MINUTE - SECOND) == first
    assert ask(house, ticket, MONDAY_9AM + MINUTE).position == 2
    assert ask(house, other, MONDAY_9AM + MINUTE).ticket_id == other.pk


def test_a_ticket_that_has_ended_is_not_escalated(house: House) -> None:
    ticket = make_ticket(house)
    waiting = ask(house, ticket)
    step(house, ticket, "cancel", MONDAY_9AM + MINUTE, reason="No.")

    with pytest.raises(NotAllowed):
        ask(house, ticket, MONDAY_9AM + 2 * MINUTE)
    assert services.climb(escalation=waiting, at=MONDAY_9AM + HOUR) is False

    assert positions(ticket) == [1]


def test_who_works_tickets_and_a_coordinator_may_escalate(house: House) -> None:
    ticket = make_ticket(house)

    for number, person in enumerate((house.agent, house.people["coordinator"])):
        services.request_escalation(
            ticket=fresh(ticket), reason="x", by=by(person), at=MONDAY_9AM + number * HOUR
        )

    assert positions(ticket) == [1, 2]


@pytest.mark.parametrize(("seconds", "expected"), [(-1, True), (0, False), (1, False)])
def test_a_step_climbs_only_when_it_came_after_the_solution(
    house: House, seconds: int, expected: bool
) -> None:
    ticket = make_ticket(house)
    made = ask(house, ticket)
    solve(ticket, MONDAY_9AM + seconds * SECOND)

    assert services.climb(escalation=made, at=MONDAY_9AM + 31 * MINUTE) is expected

    assert positions(ticket) == ([1, 2] if expected else [1])


def test_a_ticket_that_was_reopened_after_its_solution_climbs(house: House) -> None:
    ticket = make_ticket(house)
    made = ask(house, ticket)
    Ticket.objects.filter(pk=ticket.pk).update(solved_at=MONDAY_9AM + MINUTE)

    assert services.climb(escalation=made, at=MONDAY_9AM + 31 * MINUTE) is True


def test_a_step_that_was_claimed_or_acknowledged_does_not_climb(house: House) -> None:
    tickets = [make_ticket(house), make_ticket(house)]
    taken, claimed = (ask(house, ticket) for ticket in tickets)
    Escalation.objects.filter(pk=taken.pk).update(acknowledged_at=MONDAY_9AM)
    Escalation.objects.filter(pk=claimed.pk).update(acknowledge_due_at=MONDAY_9AM + DAY)

    assert services.climb(escalation=taken, at=MONDAY_9AM + 31 * MINUTE) is False
    assert services.climb(escalation=claimed, at=MONDAY_9AM + 31 * MINUTE) is False

    assert [positions(ticket) for ticket in tickets] == [[1], [1]]


def test_a_climb_claims_no_other_step(house: House) -> None:
    tickets = [make_ticket(house), make_ticket(house)]
    first, second = (ask(house, ticket) for ticket in tickets)

    assert services.climb(escalation=first, at=MONDAY_9AM + 31 * MINUTE) is True
    second.refresh_from_db()

    assert second.acknowledge_due_at == MONDAY_9AM + 30 * MINUTE


def test_the_last_level_is_told_again_after_a_request_that_repeats_it(house: House) -> None:
    ticket = make_ticket(house)
    for minute in range(3):
        ask(house, ticket, MONDAY_9AM + 2 * minute * MINUTE)
    repeated = ask(house, ticket, MONDAY_9AM + 10 * MINUTE)
    ask(house, make_ticket(house), MONDAY_9AM + 11 * MINUTE)

    assert services.climb(escalation=repeated, at=MONDAY_9AM + HOUR) is True
    again = queries.escalations_of(ticket)[-1]
    assert services.climb(escalation=again, at=MONDAY_9AM + 2 * HOUR) is False

    assert positions(ticket) == [1, 2, 3, 3, 3]


def test_an_acknowledgement_counts_once_and_for_its_step_alone(house: House) -> None:
    tickets = [make_ticket(house), make_ticket(house)]
    first, second = (ask(house, ticket) for ticket in tickets)
    at = MONDAY_9AM + MINUTE

    done = [
        services.acknowledge_escalation(escalation=first, by=by(house.agent), at=at),
        services.acknowledge_by_link(escalation=first, name="X", at=at + MINUTE),
    ]

    first.refresh_from_db()
    second.refresh_from_db()
    assert done == [True, False]
    assert (first.acknowledged_at, first.acknowledged_by, first.acknowledged_name) == (
        at,
        house.agent,
        "",
    )
    assert (first.acknowledge_due_at, second.acknowledged_at) == (None, None)
    assert recorded("escalation.acknowledged") == [
        (tickets[0].pk, {"escalation": first.pk, "position": 1})
    ]


def test_a_step_without_a_level_is_acknowledged_by_supervisors_only(house: House) -> None:
    EscalationLevel.objects.all().delete()
    made = ask(house, make_ticket(house))

    assert (made.level, made.position, made.notified, made.acknowledge_due_at) == (
        None,
        0,
        ["Desk Supervisor"],
        None,
    )
    assert services.can_acknowledge(house.agent, made, MONDAY_9AM) is False
    assert services.can_acknowledge(house.staff["desk_supervisor"], made, MONDAY_9AM) is True


def test_taking_back_writes_its_step_and_its_record(house: House) -> None:
    ticket = make_ticket(house)
    with pytest.raises(Invalid):
        take_back(house, ticket)
    ask(house, ticket)
    top = ask(house, ticket, MONDAY_9AM + 2 * MINUTE)

    made = take_back(house, ticket)

    assert made.level is not None
    assert (made.level.position, made.position, made.reason) == (1, 1, "Settled.")
    assert (made.cause, made.cause_key) == (Cause.DEESCALATED, f"deescalated:{top.pk}")
    assert (made.acknowledged_at, made.acknowledged_by) == (MONDAY_9AM + HOUR, house.agent)
    assert recorded("ticket.deescalated") == [(ticket.pk, {"escalation": made.pk, "position": 1})]
    assert take_back(house, ticket, MONDAY_9AM + 2 * HOUR).level is None


def test_a_new_step_ends_the_wait_of_its_own_ticket_only(house: House) -> None:
    tickets = [make_ticket(house), make_ticket(house)]
    for ticket in tickets:
        ask(house, ticket)
    ask(house, tickets[0], MONDAY_9AM + 5 * MINUTE)

    waits = [
        [each.acknowledge_due_at for each in queries.escalations_of(ticket)] for ticket in tickets
    ]

    assert waits == [[None, MONDAY_9AM + 35 * MINUTE], [MONDAY_9AM + 30 * MINUTE]]


def test_a_breach_and_a_request_at_one_instant_are_two_steps(house: House) -> None:
    ticket = make_ticket(house)
    ask(house, ticket)

    for cause, at in (
        (Cause.BREACH, MONDAY_9AM),
        (Cause.BREACH, MONDAY_9AM + MINUTE),
        (Cause.UNACKNOWLEDGED, MONDAY_9AM + MINUTE),
    ):
        services.escalate_ticket(
            ticket=fresh(ticket),
            cause=cause,
            cause_key=f"{cause}:{at.isoformat()}",
            by=by(house.agent),
            at=at,
        )

    assert positions(ticket) == [1, 2, 3, 3]


def test_a_ladder_that_nobody_acknowledges_ends_with_the_last_level_told_twice(
    house: House,
) -> None:
    ticket = make_ticket(house)
    ask(house, ticket)

    done = [
        services.climb(
            escalation=queries.escalations_of(ticket)[-1], at=MONDAY_9AM + number * 2 * HOUR
        )
        for number in (1, 2, 3, 4)
    ]

    assert (done, positions(ticket)) == ([True, True, True, False], [1, 2, 3, 3])


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (Cause.BREACH, "A target was missed."),
        (Cause.REQUEST, "The customer asked for it."),
        (Cause.DECLINED, "The customer declined the solution."),
        (Cause.RULE, "A rule of the desk escalated it."),
        (Cause.UNACKNOWLEDGED, "The level below did not acknowledge."),
    ],
)
def test_the_letter_says_why_the_ticket_was_escalated(
    house: House, cause: Cause, words: str
) -> None:
    ticket = make_ticket(house)

    services.escalate_ticket(ticket=ticket, cause=cause, cause_key="x", by=SETUP, at=MONDAY_9AM)

    letter = OutboxMessage.objects.filter(template="escalation").order_by("pk").first()
    assert letter is not None
    first = render_message(letter).text.splitlines()[0]
    assert first == f"Ticket {ticket.number} of {house.north} was escalated to you. {words}"


def test_each_cause_that_mails_is_named_in_its_letter() -> None:
    text = (Path(settings.BASE_DIR) / "templates/notifications/escalation.txt").read_text()

    named = set(re.findall(r'cause == "(\w+)"', text))

    # what the desk takes back tells nobody
    assert named == set(Cause.values) - {Cause.DEESCALATED}
