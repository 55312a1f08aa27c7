"""Promises dropped and made again, breaches taken back, accounts that end at the due instant."""

from foundation.core.classification import (
    Impact,
    Kind,
    Urgency,
)
from sla.clocks.models import Announcement, Clock, ClockSegment
from sla.clocks.queries import load_clocks
from sla.clocks.services import (
    settle_ticket,
)
from tests.support.clocks import check_account, differences
from tests.support.house import (
    HOUR,
    MINUTE,
    MONDAY_9AM,
    SECOND,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.policies import promise_resolution
from tests.support.tickets import step
from tickets import queries, services
from tickets.models import Ticket
from tickets.services import Classification


def resolution(ticket: Ticket) -> Clock:
    return Clock.objects.get(ticket=ticket, metric="resolution")


def test_a_promise_dropped_by_one_classification_comes_back_with_the_next(house: House) -> None:
    promise_resolution(house, 120)
    ticket = make_ticket(house)
    for minutes, urgency in ((60, Urgency.LOW), (61, Urgency.CRITICAL)):
        classification = Classification(
            impact=Impact.MINOR, urgency=urgency, kind=Kind.INCIDENT, service=house.services["erp"]
        )
        services.classify_ticket(
            ticket=fresh(ticket),
            classification=classification,
            reason="x",
            by=by(house.agent),
            at=MONDAY_9AM + minutes * MINUTE,
        )

    assert (resolution(ticket).state, resolution(ticket).due_at) == (
        "running",
        MONDAY_9AM + 2 * HOUR,
    )
    assert differences(ticket) == []


def test_the_account_of_a_solved_ticket_ends_at_its_due_instant(house: House) -> None:
    promise_resolution(house, 900)
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM + 5 * MINUTE)
    step(house, ticket, "solve", MONDAY_9AM + HOUR, solution_type="definitive", message="Done.")

    for item in load_clocks(fresh(ticket), queries.intervals(ticket.pk)):
        check_account(item)


def test_a_breach_taken_back_can_happen_again_after_the_ticket_is_declined(house: House) -> None:
    promise_resolution(house, 120)
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM + 5 * MINUTE)
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 2 * HOUR + 3 * SECOND)
    other = make_ticket(house)
    settle_ticket(ticket_id=other.pk, at=MONDAY_9AM + 110 * MINUTE)
    assert resolution(other).announced_percent > 0
    step(
        house,
        ticket,
        "solve",
        MONDAY_9AM + 2 * HOUR - SECOND,
        solution_type="definitive",
        message="Done.",
    )
    clock = resolution(ticket)
    assert (clock.is_met, clock.breached_at) == (True, None)
    own = Announcement.objects.filter(clock=clock).order_by("pk")
    assert list(own.values_list("percent", flat=True)) == [90]
    assert [segment.breached_at for segment in ClockSegment.objects.filter(clock=clock)] == [None]
    step(
        house, ticket, "decline", MONDAY_9AM + 5 * HOUR, user=house.requester, reason="Still fails."
    )

    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 9 * HOUR)

    assert resolution(ticket).breached_at == MONDAY_9AM + 5 * HOUR + SECOND
    assert Announcement.objects.filter(clock=resolution(ticket), percent=100).count() == 1
    assert differences(ticket) == []
