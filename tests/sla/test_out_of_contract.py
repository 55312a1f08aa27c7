"""Tickets out of contract: the terms that bind them (SPEC 1.2)."""

from sla.clocks.models import Clock
from sla.clocks.services import rebuild_clocks
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, House, fresh, make_ticket
from tests.support.policies import every_priority, publish_for
from tests.support.tickets import step


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
