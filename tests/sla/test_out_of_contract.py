"""Tickets out of contract, and clocks that only a later contract promises (SPEC 1.2, 4.8)."""

from catalog.models import Contract, ContractService
from sla.clocks.models import Clock
from sla.clocks.services import rebuild_clocks
from sla.policies.models import PolicyTarget
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, House, fresh, make_ticket
from tests.support.policies import every_priority, publish_for
from tests.support.tickets import change, step


def test_a_ticket_out_of_contract_runs_on_the_service_guides_default_alone(house: House) -> None:
    publish_for(house, every_priority(minutes=30))  # of the organization
    publish_for(house, every_priority(minutes=20), person=house.requester)
    covered = make_ticket(house)
    type(house.contract).objects.filter(pk=house.contract.pk).update(
        ends_on=(MONDAY_9AM - DAY).date()
    )

    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    step(house, ticket, "solve", MONDAY_9AM + MINUTE, solution_type="definitive", message="Done.")

    assert (fresh(covered).is_out_of_contract, fresh(ticket).is_out_of_contract) == (False, True)
    bound = Clock.objects.filter(ticket=ticket).order_by("pk")
    assert list(bound.values_list("metric", "target", "policy_ids")) == [
        ("reaction", HOUR, []),
        ("attention", 10 * HOUR, []),
        ("validation", 3 * DAY, []),
    ]
    assert Clock.objects.get(ticket=covered, metric="reaction").target == 20 * MINUTE
    assert rebuild_clocks(ticket=fresh(ticket), write=False) == []


def test_a_clock_that_a_later_contract_promises_counts_the_pauses_before_it(house: House) -> None:
    gold = Contract.objects.create(
        organization=house.north, reference="C-gold", starts_on=house.contract.starts_on - DAY
    )
    ContractService.objects.create(contract=gold, service=house.services["erp"])
    resolution = [
        PolicyTarget(metric="resolution", priority=priority, minutes=300)
        for priority in range(1, 5)
    ]
    publish_for(house, resolution, contract=gold)
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    step(house, ticket, "pend_user", MONDAY_9AM + HOUR, message="Which one?")
    step(house, ticket, "start", MONDAY_9AM + 3 * HOUR)

    change(house, ticket, gold, MONDAY_9AM + 4 * HOUR)

    clock = Clock.objects.get(ticket=ticket, metric="resolution")
    assert (clock.started_at, clock.due_at) == (MONDAY_9AM, MONDAY_9AM + 7 * HOUR)
    assert rebuild_clocks(ticket=fresh(ticket), write=False) == []
