"""The explanation of a clock after later changes of classification: the rules of its own time."""

from datetime import date, datetime

import pytest

from catalog.models import Category, Contract, ContractService, Service
from catalog.services import publish_contract
from foundation.calendars.ledger import SegmentKind
from foundation.calendars.models import CalendarVersion
from foundation.core.classification import Impact, Priority, SupportType
from sla.clocks.explanation import Explanation
from sla.clocks.models import Clock
from sla.policies.models import PolicyTarget
from sla.policies.rules import RuleReach, RuleSource
from sla.targets import Term
from tests.support.calendars import publish
from tests.support.clocks import explained
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, SETUP, House, by, fresh, make_ticket
from tests.support.policies import every_priority, publish_for
from tests.support.tickets import change, classify, solved, step
from tickets import services
from tickets.models import Ticket


@pytest.fixture
def elsewhere(house: House) -> Service:
    """A functional service of another category."""
    service = Service.objects.create(
        category=Category.objects.create(name_es="Oficina", name_en="Office", icon="server"),
        slug="office",
        name_es="Oficina",
        name_en="Office",
        support_type=SupportType.FUNCTIONAL,
    )
    ContractService.objects.create(
        organization=house.north, contract=house.contract, service=service
    )
    return service


def by_category(house: House, metric: str, minutes: int) -> list[PolicyTarget]:
    category = house.services["erp"].category
    return every_priority(metric, category=category, minutes=minutes)


def answer(house: House, ticket: Ticket, minutes: int) -> None:
    services.reply_to_customer(
        ticket=fresh(ticket),
        body="We look.",
        by=by(house.agent),
        at=MONDAY_9AM + minutes * MINUTE,
    )


def matched(found: Explanation) -> list[tuple[RuleSource, RuleReach]]:
    return [(rule.source, rule.reach) for rule in found.rules if rule.matched]


def test_a_stopped_clock_shows_the_rule_of_the_service_it_had(
    house: House, elsewhere: Service
) -> None:
    publish_for(house, by_category(house, "reaction", 30))
    ticket = make_ticket(house)
    answer(house, ticket, 10)
    classify(house, fresh(ticket), MONDAY_9AM + HOUR, service=elsewhere)
    classify(house, fresh(ticket), MONDAY_9AM + 2 * HOUR, impact=Impact.EXTENSIVE)

    found = explained(ticket, "reaction", MONDAY_9AM + 3 * HOUR)

    assert matched(found) == [(RuleSource.ORGANIZATION, RuleReach.CATEGORY)]
    assert found.target == 30 * MINUTE
    assert (found.used, found.left) == (10 * MINUTE, 20 * MINUTE)


def test_a_change_before_the_stop_applies_and_one_after_it_does_not(
    house: House, elsewhere: Service
) -> None:
    publish_for(house, by_category(house, "reaction", 30))
    ticket = make_ticket(house)
    classify(house, fresh(ticket), MONDAY_9AM + 5 * MINUTE, service=elsewhere)
    answer(house, ticket, 10)
    classify(house, fresh(ticket), MONDAY_9AM + HOUR, impact=Impact.EXTENSIVE)
    classify(house, fresh(ticket), MONDAY_9AM + 2 * HOUR, service=house.services["erp"])

    found = explained(ticket, "reaction", MONDAY_9AM + 3 * HOUR)

    assert matched(found) == [(RuleSource.DEFAULT, RuleReach.EVERY)]
    assert found.target == HOUR


def test_a_change_at_the_instant_of_the_stop_applies(house: House, elsewhere: Service) -> None:
    publish_for(house, by_category(house, "reaction", 30))
    ticket = make_ticket(house)
    classify(house, fresh(ticket), MONDAY_9AM + 10 * MINUTE, service=elsewhere)
    answer(house, ticket, 10)

    found = explained(ticket, "reaction", MONDAY_9AM + 3 * HOUR)

    assert matched(found) == [(RuleSource.DEFAULT, RuleReach.EVERY)]


def test_a_clock_withdrawn_by_a_change_shows_the_rule_before_it(
    house: House, elsewhere: Service
) -> None:
    publish_for(house, by_category(house, "resolution", 600))
    ticket = make_ticket(house)
    classify(
        house,
        fresh(ticket),
        MONDAY_9AM + HOUR,
        service=elsewhere,
        impact=Impact.EXTENSIVE,
    )

    found = explained(ticket, "resolution", MONDAY_9AM + 2 * HOUR)

    assert found.state == "withdrawn"
    assert found.priority == Priority.HIGH
    assert matched(found) == [(RuleSource.ORGANIZATION, RuleReach.CATEGORY)]


def test_a_stopped_clock_shows_the_rule_of_the_support_type_it_had(house: House) -> None:
    publish_for(house, every_priority(support_type="functional", minutes=30))
    ticket = make_ticket(house)
    answer(house, ticket, 10)
    classify(house, fresh(ticket), MONDAY_9AM + HOUR, service=house.services["network"])
    classify(house, fresh(ticket), MONDAY_9AM + 2 * HOUR, impact=Impact.EXTENSIVE)

    found = explained(ticket, "reaction", MONDAY_9AM + 3 * HOUR)

    assert matched(found) == [(RuleSource.ORGANIZATION, RuleReach.SUPPORT_TYPE)]


def test_the_contract_sets_the_validation_period(house: House) -> None:
    ticket = solved(house)

    found = explained(ticket, "validation", MONDAY_9AM + 2 * DAY)

    assert (found.is_term, found.is_the_customers, found.is_later) == (True, True, True)
    assert [(rule.source, rule.name, rule.matched) for rule in found.rules] == [
        (RuleSource.CONTRACT, str(house.contract), True)
    ]
    assert found.rules[0].target == found.target
    assert found.used == DAY
    assert found.left == DAY * found.target.days - DAY if isinstance(found.target, Term) else False


def test_the_validation_is_explained_by_the_contract_of_its_beginning(house: House) -> None:
    def agree(days: int, at: datetime) -> None:
        house.contract.validation_days = days
        house.contract.save()
        publish_contract(contract=house.contract, reason="Agreed.", by=SETUP, at=at)

    def rules() -> list[tuple[object, object, bool]]:
        account = explained(ticket, "validation", MONDAY_9AM + 2 * DAY)
        return [(rule.name, rule.target, rule.matched) for rule in account.rules]

    agree(5, MONDAY_9AM)
    ticket = solved(house)
    own = [(str(house.contract), Term(5, business=False), True)]
    assert rules() == own

    agree(8, MONDAY_9AM + DAY)
    assert rules() == own

    longer = Contract.objects.create(
        organization=house.north, reference="C-long", starts_on=MONDAY_9AM.date()
    )
    step(house, ticket, "decline", MONDAY_9AM + DAY, user=house.requester, reason="It fails.")
    change(house, ticket, longer, MONDAY_9AM + DAY + HOUR)
    assert rules() == own


def test_a_period_that_is_not_of_the_contract_is_of_the_guide(house: House) -> None:
    ticket = solved(house)
    Contract.objects.filter(pk=house.contract.pk).update(validation_days=9)

    found = explained(ticket, "validation", MONDAY_9AM + 2 * DAY)

    assert [(rule.source, rule.matched) for rule in found.rules] == [
        (RuleSource.CONTRACT, False),
        (RuleSource.DEFAULT, True),
    ]
    own = found.rules[0].target
    assert isinstance(own, Term)
    assert own.days == 9
    assert found.rules[1].target == found.target


def test_without_a_contract_the_guide_sets_the_validation_period(house: House) -> None:
    Contract.objects.filter(organization=house.north).update(ends_on=date(2025, 2, 1))
    ticket = solved(house)

    found = explained(ticket, "validation", MONDAY_9AM + 2 * DAY)

    assert [(rule.source, rule.matched) for rule in found.rules] == [(RuleSource.DEFAULT, True)]
    assert found.rules[0].target == found.target == Term(3, business=False)


def test_a_clock_of_the_arrival_is_neither_later_nor_of_the_customer(house: House) -> None:
    ticket = make_ticket(house)

    found = explained(ticket, "attention", MONDAY_9AM + HOUR)

    assert (found.is_term, found.is_later, found.is_the_customers) == (False, False, False)
    assert (found.used, found.left) == (HOUR, 9 * HOUR)
    assert (found.started_at, found.stopped_at) == (MONDAY_9AM, None)
    assert explained(ticket, "attention", MONDAY_9AM + 9 * DAY).left == 0 * HOUR


def test_the_lines_name_the_holiday_and_the_state_that_paused(house: House) -> None:
    publish(
        house,
        at=MONDAY_9AM - DAY,
        effective_from=MONDAY_9AM - DAY,
        holidays={"2026-03-03": "Day of the desk"},
    )
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    step(house, ticket, "pend_user", MONDAY_9AM + HOUR, message="Which one?")
    step(house, ticket, "start", MONDAY_9AM + 2 * HOUR)

    found = explained(ticket, "attention", MONDAY_9AM + 3 * HOUR)

    lines = [line for part in found.parts for line in part.lines]
    reasons = {line.kind: line.reason for line in lines}
    assert reasons[SegmentKind.HOLIDAY] == "Day of the desk"
    assert reasons[SegmentKind.PAUSED] == "pending_user"
    assert reasons[SegmentKind.OPEN] == ""
    assert lines[-1].total == found.target
    assert found.parts[0].counted == found.target
    assert CalendarVersion.objects.filter(holidays__has_key="2026-03-03").count() == 1
    assert Clock.objects.get(ticket=ticket, metric="attention").due_at == found.due_at
