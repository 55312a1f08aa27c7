"""The contract that binds a ticket follows its service: in, out, and to another one (SPEC 1.2)."""

from datetime import datetime
from typing import Any

import pytest
from django.db.models import F

from catalog.models import Contract, ContractService
from foundation.accounts.models import Organization
from foundation.core.classification import Environment, Impact, Kind, Urgency
from foundation.core.errors import Invalid
from foundation.notifications.models import OutboxMessage
from sla.clocks.models import Clock
from sla.clocks.services.retargeting import HidesBreach
from sla.policies.rules import RuleSource
from tests.support.clocks import differences, explained, sweep
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.policies import every_priority, publish_for
from tests.support.tickets import change, step
from tickets import services
from tickets.models import Ticket
from tickets.queries import timeline
from tickets.services import Classification, DetailsMissing
from tickets.wording import SENTENCES

LATER = MONDAY_9AM + HOUR


@pytest.fixture
def promised(house: House) -> House:
    """The contract covers the ERP alone and promises a reaction in 20 minutes."""
    ContractService.objects.filter(
        contract=house.contract, service=house.services["network"]
    ).delete()
    publish_for(house, every_priority(minutes=20), contract=house.contract)
    return house


def classify(house: House, ticket: Ticket, service: str, at: datetime = LATER, **says: Any) -> None:
    now = fresh(ticket)
    who = house.staff[says.pop("user", "desk_supervisor")]
    services.classify_ticket(
        ticket=now,
        classification=Classification(
            impact=Impact(now.impact),
            urgency=Urgency(now.urgency),
            kind=Kind(now.kind),
            service=house.services[service],
            environment=Environment(now.environment),
        ),
        reason=says.pop("reason", "The service was wrong."),
        by=by(who),
        at=at,
        **says,
    )


def terms(ticket: Ticket) -> tuple[Contract | None, bool, datetime]:
    saved = fresh(ticket)
    return saved.contract, saved.is_out_of_contract, saved.terms_at


def reaction(ticket: Ticket) -> tuple[Any, Any]:
    clock = Clock.objects.get(ticket=ticket, metric="reaction")
    return clock.target, clock.due_at


def told_of_no_contract() -> int:
    return OutboxMessage.objects.filter(template="out_of_contract").count()


def test_a_service_that_the_contract_covers_takes_the_ticket_in(promised: House) -> None:
    ticket = make_ticket(promised, service="network")
    assert terms(ticket) == (None, True, MONDAY_9AM)
    assert reaction(ticket) == (HOUR, MONDAY_9AM + HOUR)

    classify(promised, ticket, "erp", MONDAY_9AM + 10 * MINUTE)

    assert terms(ticket) == (promised.contract, False, MONDAY_9AM)
    assert reaction(ticket) == (20 * MINUTE, MONDAY_9AM + 20 * MINUTE)
    assert differences(ticket) == []


@pytest.mark.parametrize(("from_start", "is_out"), [(False, False), (True, True)])
def test_a_contract_that_began_after_the_arrival_binds_as_of_the_change(
    promised: House, from_start: bool, is_out: bool
) -> None:
    Contract.objects.filter(pk=promised.contract.pk).update(starts_on=(MONDAY_9AM + DAY).date())
    Organization.objects.filter(pk=promised.north.pk).update(terms_stamp=F("terms_stamp") + 1)
    ticket = make_ticket(promised, service="network")

    classify(promised, ticket, "erp", MONDAY_9AM + DAY, from_start=from_start)

    assert terms(ticket) == (
        (None, True, MONDAY_9AM) if is_out else (promised.contract, False, MONDAY_9AM + DAY)
    )
    assert differences(ticket) == []


def test_a_service_and_back_brings_no_newer_policy_of_the_same_contract(promised: House) -> None:
    networks = Contract.objects.create(
        organization=promised.north, reference="C-net", starts_on=MONDAY_9AM.date()
    )
    ContractService.objects.create(contract=networks, service=promised.services["network"])
    ticket = make_ticket(promised)
    publish_for(
        promised,
        every_priority(minutes=3000),
        contract=promised.contract,
        at=MONDAY_9AM + MINUTE,
    )

    classify(promised, ticket, "network", MONDAY_9AM + 2 * MINUTE)
    classify(promised, ticket, "erp", MONDAY_9AM + 3 * MINUTE)

    assert terms(ticket) == (promised.contract, False, MONDAY_9AM)
    assert reaction(ticket) == (20 * MINUTE, MONDAY_9AM + 20 * MINUTE)
    assert differences(ticket) == []


def test_a_ticket_comes_back_under_its_contract_when_that_covers_the_service(
    promised: House,
) -> None:
    ticket = make_ticket(promised)
    classify(promised, ticket, "network", MONDAY_9AM + MINUTE)
    with pytest.raises(Invalid):  # a contract that binds is no other one
        change(promised, make_ticket(promised), promised.contract, LATER)
    ContractService.objects.create(contract=promised.contract, service=promised.services["network"])

    change(promised, ticket, promised.contract, MONDAY_9AM + 5 * MINUTE)

    assert terms(ticket) == (promised.contract, False, MONDAY_9AM + 5 * MINUTE)
    assert reaction(ticket) == (20 * MINUTE, MONDAY_9AM + 20 * MINUTE)
    assert differences(ticket) == []


def test_a_service_outside_the_contract_takes_the_ticket_out_and_back(promised: House) -> None:
    ticket = make_ticket(promised)
    before = told_of_no_contract()

    classify(promised, ticket, "network", MONDAY_9AM + 10 * MINUTE)

    assert terms(ticket) == (promised.contract, True, MONDAY_9AM)
    assert reaction(ticket) == (HOUR, MONDAY_9AM + HOUR)
    assert told_of_no_contract() > before
    assert differences(ticket) == []

    told = told_of_no_contract()
    classify(promised, ticket, "erp", MONDAY_9AM + 15 * MINUTE)

    assert terms(ticket) == (promised.contract, False, MONDAY_9AM)
    assert reaction(ticket) == (20 * MINUTE, MONDAY_9AM + 20 * MINUTE)
    assert told_of_no_contract() == told
    assert differences(ticket) == []


def test_the_contract_that_covers_the_service_takes_the_ticket_over(promised: House) -> None:
    networks = Contract.objects.create(
        organization=promised.north, reference="C-net", starts_on=MONDAY_9AM.date()
    )
    ContractService.objects.create(contract=networks, service=promised.services["network"])
    publish_for(promised, every_priority(minutes=40), contract=networks)
    ticket = make_ticket(promised)

    classify(promised, ticket, "network", MONDAY_9AM + 10 * MINUTE)

    assert terms(ticket) == (networks, False, MONDAY_9AM)
    assert reaction(ticket) == (40 * MINUTE, MONDAY_9AM + 40 * MINUTE)
    assert differences(ticket) == []
    fact = next(entry for entry in timeline(ticket) if entry.verb == "ticket.classified")
    assert fact.payload["changed"]["contract"] == [promised.contract.pk, networks.pk]
    words = SENTENCES["ticket.classified"](fact.payload | {"names": fact.names}, "UTC")
    assert words.endswith("; C-north → C-net")


def test_a_breach_is_not_hidden_by_a_service_outside_the_contract(promised: House) -> None:
    ticket = make_ticket(promised)
    sweep(MONDAY_9AM + 21 * MINUTE)

    with pytest.raises(HidesBreach):
        classify(promised, ticket, "network", MONDAY_9AM + 22 * MINUTE, user="agent")

    assert terms(ticket) == (promised.contract, False, MONDAY_9AM)


def test_a_breach_that_has_stopped_does_not_leave_the_contract_by_an_agent(
    promised: House,
) -> None:
    ticket = make_ticket(promised)
    services.reply_to_customer(
        ticket=fresh(ticket), body="Late.", by=by(promised.agent), at=MONDAY_9AM + 30 * MINUTE
    )

    with pytest.raises(HidesBreach, match="saldría del contrato"):
        classify(promised, ticket, "network", user="agent")
    with pytest.raises(DetailsMissing):
        classify(promised, ticket, "network", reason="")
    assert terms(ticket) == (promised.contract, False, MONDAY_9AM)

    classify(promised, ticket, "network")  # a supervisor, with a reason

    assert terms(ticket) == (promised.contract, True, MONDAY_9AM)


def test_out_of_contract_no_term_of_the_contract_binds(promised: House) -> None:
    other = Contract.objects.create(
        organization=promised.north,
        reference="C-long",
        starts_on=MONDAY_9AM.date(),
        validation_days=9,
        reopen_days=30,
    )
    ticket = make_ticket(promised)
    change(promised, ticket, other, LATER)
    step(promised, ticket, "start", LATER)
    step(promised, ticket, "solve", LATER, solution_type="definitive", message="Done.")

    assert terms(ticket) == (other, True, LATER)
    assert Clock.objects.get(ticket=ticket, metric="validation").target == 3 * DAY
    step(promised, ticket, "approve", LATER + HOUR, user=promised.requester)
    assert fresh(ticket).state == "closed"
    assert fresh(ticket).reopen_ends_at is None


def test_the_account_says_what_bound_each_clock(promised: House) -> None:
    ticket = make_ticket(promised)
    services.reply_to_customer(
        ticket=fresh(ticket), body="We look.", by=by(promised.agent), at=MONDAY_9AM + MINUTE
    )
    classify(promised, ticket, "network")

    met = explained(ticket, "reaction", LATER)
    running = explained(ticket, "attention", LATER)

    assert met.is_out_of_contract is False
    assert [rule.source for rule in met.rules if rule.matched] == [RuleSource.CONTRACT]
    assert running.is_out_of_contract is True
    assert [(rule.source, rule.matched) for rule in running.rules] == [(RuleSource.DEFAULT, True)]
