"""Accounts of later promises, and of those that a change withdrew."""

from typing import Any

from foundation.core.classification import Impact, Priority
from sla.clocks.services import start_promise
from sla.clocks.services.validation import set_validation
from sla.metrics import Metric
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
    fresh,
    make_ticket,
)
from tests.support.policies import promise
from tests.support.tickets import reclassify, step


def test_a_new_target_is_explained_by_the_classification_of_its_instant(house: House) -> None:
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


def test_a_withdrawn_target_is_explained_by_its_old_classification(house: House) -> None:
    promise(house, "resolution", 600, support_type="functional")
    ticket = make_ticket(house)
    reclassify(house, ticket, MONDAY_9AM + 2 * HOUR, Impact.EXTENSIVE, service="network")

    account = explained(ticket, "resolution", MONDAY_9AM + 3 * HOUR)
    assert account.state == "withdrawn"
    assert (account.priority, [rule.target for rule in account.rules if rule.matched]) == (
        Priority.HIGH,
        [10 * HOUR],
    )


def test_the_page_names_the_period_of_the_customer(house: House, sign_in: Any) -> None:
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
