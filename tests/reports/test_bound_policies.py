"""After a change of contract, every promise uses the contract that binds the ticket, and the
simulation gives the same.
"""

from datetime import date

import pytest

from catalog.models import Contract, ContractService
from foundation.core.classification import (
    Impact,
    Kind,
    Priority,
    Urgency,
)
from sla.clocks.models import Clock
from sla.clocks.services import rebuild_clocks, settle_ticket, start_promise
from sla.metrics import Metric
from sla.policies.models import PolicyTarget
from sla.policies.services import publish_policy
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
from tests.support.simulations import (
    after,
    before,
    measured,
    simulate,
)
from tickets import services
from tickets.models import Ticket
from tickets.services import Classification

AT_ONCE = MONDAY_9AM - 90 * DAY


@pytest.fixture
def other(house: House) -> Contract:
    contract = Contract.objects.create(
        organization=house.north, reference="C2", starts_on=date(2024, 1, 1)
    )
    for service in house.services.values():
        ContractService.objects.create(organization=house.north, contract=contract, service=service)
    return contract


def promise(
    house: House, contract: Contract, metric: str, *minutes: int, support_type: str = ""
) -> int:
    """Publish what a contract promises for critical, high, medium and low; one number is for each
    of them.
    """
    given = minutes if len(minutes) == 4 else minutes * 4
    own = [
        PolicyTarget(metric=metric, priority=p, minutes=m, support_type=support_type)
        for p, m in zip(Priority, given, strict=True)
    ]
    made = publish_policy(
        organization=house.north,
        contract=contract,
        targets=own,
        effective_from=AT_ONCE,
        by=SETUP,
        at=AT_ONCE,
    )
    house.north.refresh_from_db()
    return int(made.pk)


def move(house: House, ticket: Ticket, contract: Contract, minutes: int) -> None:
    who = by(house.staff["desk_supervisor"])
    at = MONDAY_9AM + minutes * MINUTE
    services.change_contract(
        ticket=fresh(ticket), contract=contract, reason="X", from_start=False, by=who, at=at
    )


def classify(
    house: House,
    ticket: Ticket,
    minutes: int,
    *,
    service: str = "erp",
    urgency: Urgency = Urgency.CRITICAL,
) -> None:
    chosen = Classification(
        impact=Impact.MINOR, urgency=urgency, kind=Kind.INCIDENT, service=house.services[service]
    )
    who = by(house.staff["desk_supervisor"])
    at = MONDAY_9AM + minutes * MINUTE
    services.classify_ticket(ticket=fresh(ticket), classification=chosen, reason="x", by=who, at=at)


def reply(house: House, ticket: Ticket, minutes: int) -> None:
    services.reply_to_customer(
        ticket=fresh(ticket), body="Hi.", by=by(house.agent), at=MONDAY_9AM + minutes * MINUTE
    )


def check_simulation(house: House) -> None:
    result = simulate(house)
    assert before(result) == after(result) == measured(house)


def test_a_clock_that_starts_after_the_change_is_under_the_new_contract(
    house: House, other: Contract
) -> None:
    policy = promise(house, other, "resolution", 600, support_type="technological")
    ticket = make_ticket(house)
    reply(house, ticket, 3)  # the reaction has stopped: it is bound to the old contract for good
    move(house, ticket, other, 5)

    classify(house, ticket, 6, service="network")

    clock = Clock.objects.get(ticket=ticket, metric="resolution")
    assert (clock.target, clock.policy_ids) == (600 * MINUTE, [policy])
    assert rebuild_clocks(ticket=fresh(ticket), write=False) == []
    check_simulation(house)


def test_a_promise_that_was_withdrawn_comes_back_under_the_new_contract(
    house: House, other: Contract
) -> None:
    promise(house, house.contract, "resolution", 1200, support_type="technological")
    policy = promise(house, other, "resolution", 300, support_type="technological")
    ticket = make_ticket(house, service="network")
    classify(house, ticket, 5)  # no resolution is promised for it
    move(house, ticket, other, 10)

    classify(house, ticket, 15, service="network")

    clock = Clock.objects.get(ticket=ticket, metric="resolution")
    assert (clock.target, clock.policy_ids) == (300 * MINUTE, [policy])
    assert rebuild_clocks(ticket=fresh(ticket), write=False) == []
    check_simulation(house)


def test_a_later_promise_is_made_under_the_new_contract(house: House, other: Contract) -> None:
    promise(house, other, "rca", 600)
    ticket = make_ticket(house)
    reply(house, ticket, 3)
    move(house, ticket, other, 5)

    clock = start_promise(ticket=fresh(ticket), metric=Metric.RCA, by=SETUP, at=MONDAY_9AM + HOUR)

    assert clock.target == 600 * MINUTE


def test_a_contract_that_promises_the_same_for_now_binds_what_comes_after(
    house: House, other: Contract
) -> None:
    promise(house, other, "reaction", 40, 60, 120, 10)  # as the service guide, but for low priority
    ticket = make_ticket(house)
    move(house, ticket, other, 5)
    classify(house, ticket, 6, urgency=Urgency.LOW)
    reply(house, ticket, 30)

    assert Clock.objects.get(ticket=ticket, metric="reaction").is_met is False
    check_simulation(house)


def test_a_breach_under_another_contract_with_the_same_promise_is_no_earlier_one(
    house: House, other: Contract
) -> None:
    promise(house, other, "attention", 100, 200, 300, 400)
    ticket = make_ticket(house)
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 70 * MINUTE)
    move(house, ticket, other, 80)  # promises the reaction that has been missed
    reply(house, ticket, 90)

    check_simulation(house)
