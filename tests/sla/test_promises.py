"""What a second reading of the clocks found, each held by the case that showed it."""

from datetime import date
from io import StringIO
from typing import Any

from django.core.management import call_command

from catalog.models import Contract, ContractService
from escalation.models import Escalation
from foundation.core.classification import Impact, Priority
from foundation.notifications.models import OutboxMessage
from sla.clocks.models import Announcement, Clock
from sla.clocks.services import rebuild_clocks, settle_ticket, start_promise
from sla.clocks.services.validation import set_validation
from sla.metrics import Metric
from sla.policies.models import PolicyVersion
from sla.policies.rules import RuleSource
from sla.targets import Term
from tests.support.clocks import explained
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
from tests.support.policies import promise
from tests.support.tickets import reclassify, step
from tickets import services
from tickets.services import Classification


def test_a_contract_with_identical_terms_does_not_repeat_a_breach(house: House) -> None:
    ticket = make_ticket(house)
    other = Contract.objects.create(
        organization=house.north, reference="C2", starts_on=date(2025, 1, 1)
    )
    for service in house.services.values():
        ContractService.objects.create(organization=house.north, contract=other, service=service)
    policy = PolicyVersion.objects.create(
        organization=house.north, contract=other, number=1, effective_from=MONDAY_9AM - HOUR
    )
    house.north.refresh_from_db()
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 61 * MINUTE)
    at = MONDAY_9AM + 90 * MINUTE
    supervisor = by(house.staff["desk_supervisor"])
    services.change_contract(
        ticket=fresh(ticket), contract=other, reason="X", from_start=False, by=supervisor, at=at
    )
    settle_ticket(ticket_id=ticket.pk, at=at + HOUR)

    clock = Clock.objects.get(ticket=ticket, metric="reaction")
    assert (clock.breached_at, clock.policies, clock.segments.count()) == (
        MONDAY_9AM + HOUR,
        [policy.pk],
        1,
    )
    assert Announcement.objects.filter(clock=clock, percent=100).count() == 1
    assert Escalation.objects.filter(ticket=ticket).count() == 1
    assert rebuild_clocks(ticket=fresh(ticket), write=False) == []


def test_a_machine_whose_clock_jumped_an_hour_leaves_no_false_breach_and_tells_each_once(
    house: House,
) -> None:
    ticket = make_ticket(house)
    services.reply_to_customer(
        ticket=ticket, body="We look.", by=by(house.agent), at=MONDAY_9AM + 5 * MINUTE
    )
    step(house, ticket, "start", MONDAY_9AM + 6 * MINUTE)
    # an hour ahead: the attention is due after ten
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 10 * HOUR + 10 * MINUTE)
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 9 * HOUR + 11 * MINUTE)  # set back
    told = Announcement.objects.filter(clock__ticket=ticket, clock__metric="attention", percent=100)
    assert told.count() == 1  # as it still will be, if nothing happens: not told again

    step(house, ticket, "pend_user", MONDAY_9AM + 9 * HOUR + 20 * MINUTE, message="Which?")
    services.reply_as_customer(
        ticket=fresh(ticket),
        body="This.",
        by=by(house.requester),
        at=MONDAY_9AM + 9 * HOUR + 50 * MINUTE,
    )
    clock = Clock.objects.get(ticket=ticket, metric="attention")
    assert (clock.breached_at, told.count()) == (None, 0)

    warned = Announcement.objects.filter(clock=clock).values_list("percent", flat=True)
    # by now 93 % are used
    assert (list(warned), clock.announced_percent, clock.next_event_at) == (
        [90],
        90,
        clock.due_at,
    )
    letters = OutboxMessage.objects.filter(
        template="clock", context__percent=100, context__metric="attention"
    )
    assert letters.count() == 1
    for _time in range(2):
        settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 3 * DAY)
    assert letters.count() == 2
    clock.refresh_from_db()
    assert (clock.breached_at, told.count()) == (clock.due_at, 1)
    assert rebuild_clocks(ticket=fresh(ticket), write=False) == []


def test_a_jumped_clock_does_not_refuse_a_classification_before_the_deadline(house: House) -> None:
    ticket = make_ticket(house)
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 61 * MINUTE)
    lower = Classification(
        impact=Impact.MINOR,
        urgency=ticket.urgency,
        kind=ticket.kind,
        service=house.services["network"],
    )
    services.classify_ticket(
        ticket=fresh(ticket),
        classification=lower,
        reason="X",
        by=by(house.agent),
        at=MONDAY_9AM + 30 * MINUTE,
    )
    assert rebuild_clocks(ticket=fresh(ticket), write=False) == []


def test_a_later_promise_is_explained_by_what_the_ticket_was_when_it_was_made(house: House) -> None:
    promise(house, "rca", 600, support_type="functional")
    ticket = make_ticket(house)
    start_promise(ticket=fresh(ticket), metric=Metric.RCA, by=SETUP, at=MONDAY_9AM + HOUR)
    reclassify(house, ticket, MONDAY_9AM + 2 * HOUR, Impact.MINOR, service="network")

    account = explained(ticket, "rca", MONDAY_9AM + 3 * HOUR)
    (matched,) = [rule for rule in account.rules if rule.matched]
    assert (matched.source, matched.target, account.target) == (
        RuleSource.CONTRACT,
        10 * HOUR,
        10 * HOUR,
    )


def test_a_promise_that_a_change_called_off_is_explained_by_what_it_was(house: House) -> None:
    promise(house, "resolution", 600, support_type="functional")
    ticket = make_ticket(house)
    reclassify(house, ticket, MONDAY_9AM + 2 * HOUR, Impact.EXTENSIVE, service="network")

    account = explained(ticket, "resolution", MONDAY_9AM + 3 * HOUR)
    assert account.state == "withdrawn"
    assert (account.priority, [rule.target for rule in account.rules if rule.matched]) == (
        Priority.HIGH,
        [10 * HOUR],
    )


def test_the_customers_period_is_told_as_theirs(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM + MINUTE)
    step(house, ticket, "solve", MONDAY_9AM + 2 * DAY, solution_type="definitive", message="Done.")
    set_validation(
        ticket=fresh(ticket), period=Term(5, business=True), by=SETUP, at=MONDAY_9AM + 2 * DAY
    )

    rules = explained(ticket, "validation", MONDAY_9AM + 3 * DAY).rules
    assert [(rule.source, rule.matched) for rule in rules] == [
        (RuleSource.CONTRACT, False),
        (RuleSource.DEFAULT, True),
    ]
    path = f"/tickets/{ticket.number}/clocks/validation/"
    page = sign_in(house.requester).get(path, headers={"Accept-Language": "en"}).content.decode()
    assert "The solution was given on Mar 4" in page
    assert not [words for words in ("The ticket arrived", "we promised") if words in page]


def test_a_rebuild_looks_at_every_ticket(house: House) -> None:
    make_ticket(house)
    out = StringIO()
    call_command("sla_rebuild", stdout=out)
    assert "1 tickets, 0 differences" in out.getvalue()
