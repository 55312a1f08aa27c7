"""The lines of an explanation: which state paused, what was used, what is left, by which rule."""

from datetime import datetime, timedelta

import pytest

from catalog.models import Contract
from foundation.calendars.arithmetic import CalendarError
from foundation.calendars.models import CalendarVersion
from foundation.core.classification import Impact, Kind, Priority, Urgency
from sla.clocks.services import redate_clocks, start_promise
from sla.metrics import Metric
from sla.targets import Term
from tests.support.calendars import NEXT_TO_NOTHING, publish, version_of
from tests.support.clocks import clock_of, explained
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
from tests.support.policies import every_priority, promise_resolution, publish_for
from tests.support.tickets import classify, step
from tickets.models import Ticket

SUPPLIER = {"supplier": "Link", "supplier_case": "7", "promised_on": MONDAY_9AM.date()}
SOLVED = {"solution_type": "definitive", "message": "Done."}


def reasons(ticket: Ticket, metric: str = "attention") -> list[tuple[str, str]]:
    account = explained(ticket, metric, MONDAY_9AM + 5 * HOUR)
    return [
        (line.kind.value, line.reason)
        for part in account.parts
        for line in part.lines
        if line.kind.value == "paused"
    ]


def test_each_pause_is_explained_by_the_state_that_paused_then(house: House) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    step(house, ticket, "pend_user", MONDAY_9AM + HOUR, message="Which?")
    step(house, ticket, "start", MONDAY_9AM + 2 * HOUR)
    step(house, ticket, "pend_supplier", MONDAY_9AM + 3 * HOUR, **SUPPLIER)

    assert reasons(ticket) == [("paused", "pending_user"), ("paused", "pending_supplier")]
    account = explained(ticket, "attention", MONDAY_9AM + 5 * HOUR)
    assert (account.used, account.left, account.due_at) == (2 * HOUR, 8 * HOUR, None)
    assert account.parts[-1].lines[-1].end is None
    assert account.parts[-1].lines[-1].total == 2 * HOUR
    assert sum((part.counted for part in account.parts), timedelta()) == 2 * HOUR


def test_the_time_used_ends_at_the_stop_and_what_is_left_is_never_negative(house: House) -> None:
    ticket = make_ticket(house)
    late = explained(ticket, "reaction", MONDAY_9AM + 3 * HOUR)
    assert (late.used, late.left) == (3 * HOUR, timedelta())

    step(house, ticket, "start", MONDAY_9AM + 30 * MINUTE, message="We look.")

    account = explained(ticket, "reaction", MONDAY_9AM + 5 * HOUR)
    assert (account.state, account.used, account.left) == ("stopped", 30 * MINUTE, 30 * MINUTE)
    assert (account.is_term, account.is_later, account.is_the_customers) == (False, False, False)


def test_a_term_counts_the_days_that_have_ended(house: House) -> None:
    ticket = make_ticket(house)
    start_promise(ticket=fresh(ticket), metric=Metric.DELIVERY, by=SETUP, at=MONDAY_9AM)
    closing = MONDAY_9AM.replace(hour=6) + 2 * DAY  # Tuesday at 24:00

    def counted(at: datetime) -> tuple[timedelta, timedelta]:
        account = explained(ticket, "delivery", at)
        return account.used, account.left

    assert counted(closing - timedelta(microseconds=1)) == (timedelta(), 7 * DAY)
    assert counted(closing) == (DAY, 6 * DAY)
    account = explained(ticket, "delivery", closing)
    assert (account.is_term, account.is_later, account.is_the_customers) == (True, True, False)
    lines = account.parts[0].lines
    assert [line.total // DAY for line in lines] == [0, 1, 2, 3, 4, 4, 4, 5, 6, 7]


def test_the_validation_is_explained_by_the_contract_or_the_service_guide(house: House) -> None:
    Contract.objects.filter(pk=house.contract.pk).update(validation_days=5)
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    step(house, ticket, "solve", MONDAY_9AM + HOUR, **SOLVED)

    def rules() -> list[tuple[str, object, bool]]:
        account = explained(ticket, "validation", MONDAY_9AM + 2 * HOUR)
        return [(rule.source.value, rule.target, rule.matched) for rule in account.rules]

    assert rules() == [("contract", Term(5, business=False), True)]
    Contract.objects.filter(pk=house.contract.pk).update(validation_days=6)
    assert rules() == [
        ("contract", Term(6, business=False), False),
        ("default", Term(5, business=False), True),
    ]
    Ticket.objects.filter(pk=ticket.pk).update(contract=None)
    assert rules() == [("default", Term(5, business=False), True)]


def test_a_stopped_clock_is_explained_by_what_the_ticket_was_at_the_stop(house: House) -> None:
    publish_for(
        house,
        [
            *every_priority(minutes=40, support_type="functional"),
            *every_priority(minutes=50, support_type="technological"),
        ],
    )
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM + MINUTE, message="We look.")

    classify(house, ticket, MONDAY_9AM + HOUR, service=house.services["network"])
    classify(house, ticket, MONDAY_9AM + 2 * HOUR, service=house.services["erp"])
    classify(house, ticket, MONDAY_9AM + 3 * HOUR, service=house.services["network"])

    account = explained(ticket, "reaction", MONDAY_9AM + 4 * HOUR)
    assert [rule.target for rule in account.rules if rule.matched] == [40 * MINUTE]
    assert (account.priority, account.target) == (Priority.HIGH, 40 * MINUTE)


def test_a_clock_called_off_by_a_change_has_the_priority_it_was_promised_for(house: House) -> None:
    promise_resolution(house, 600)
    ticket = make_ticket(house)
    other = make_ticket(house)

    classify(house, ticket, MONDAY_9AM + HOUR, impact=Impact.EXTENSIVE)
    classify(house, other, MONDAY_9AM + HOUR, kind=Kind.REQUEST, urgency=Urgency.CRITICAL)
    step(house, other, "reject", MONDAY_9AM + 2 * HOUR, reason="Not ours.")

    called_off = explained(ticket, "resolution", MONDAY_9AM + 3 * HOUR)
    assert (called_off.state, called_off.priority) == ("withdrawn", Priority.HIGH)
    assert explained(ticket, "attention", MONDAY_9AM + HOUR).priority == Priority.CRITICAL
    assert explained(other, "resolution", MONDAY_9AM + 3 * HOUR).priority == Priority.HIGH


def test_a_version_that_leaves_a_ticket_without_a_date_fails_a_trial_and_is_logged_otherwise(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    publish_for(house, every_priority("attention", minutes=9000))  # a minute a week: 172 years
    ticket = make_ticket(house)
    published = publish(house, at=MONDAY_9AM, effective_from=MONDAY_9AM + MINUTE)
    CalendarVersion.objects.filter(pk=published.pk).update(hours=NEXT_TO_NOTHING)
    house.north.save()
    version = version_of(published)
    due = clock_of(ticket, Metric.ATTENTION).due_at

    with pytest.raises(CalendarError):
        redate_clocks(version=version, at=MONDAY_9AM + 2 * MINUTE, is_trial=True)
    changed = redate_clocks(version=version, at=MONDAY_9AM + 2 * MINUTE)

    assert (changed, clock_of(ticket, Metric.ATTENTION).due_at) == (0, due)
    assert "could not be re-dated" in caplog.text


def test_a_pause_is_explained_by_the_state_that_begins_it_not_by_the_one_that_ends(
    house: House,
) -> None:
    publish_for(house, [], pauses_while_pending_user=False)
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    step(house, ticket, "pend_user", MONDAY_9AM + HOUR, message="Which?")
    step(house, ticket, "start", MONDAY_9AM + 2 * HOUR)
    step(house, ticket, "pend_supplier", MONDAY_9AM + 2 * HOUR, **SUPPLIER)

    assert reasons(ticket) == [("paused", "pending_supplier")]
