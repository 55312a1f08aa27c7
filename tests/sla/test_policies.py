"""Policies in layers and versions: precedence, the version that binds a ticket, what was known
when, refusals.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from catalog.models import Contract
from catalog.queries import contract_as_known, matrix_for
from catalog.services import publish_contract, publish_matrix
from foundation.calendars.models import Calendar
from foundation.calendars.services import publish_calendar_version
from foundation.core.classification import Impact, Priority, Urgency
from foundation.core.errors import Invalid
from sla.clocks.explanation import explain_clock
from sla.clocks.models import Clock, ClockSegment
from sla.clocks.queries import get_clock
from sla.clocks.services import rebuild_clocks
from sla.metrics import Metric
from sla.policies.layers import matter_of, policy_on
from sla.policies.models import PolicyTarget, PolicyVersion
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
from tests.support.policies import every_priority, publish_for
from tickets import queries, services
from tickets.models import Ticket
from tickets.services import Classification


def targets_of(ticket: Ticket) -> dict[str, timedelta]:
    return dict(Clock.objects.filter(ticket=ticket).values_list("metric", "target"))


def asked(ticket: Ticket, metric: str = "reaction") -> list[tuple[str, str, bool]]:
    found = fresh(ticket)
    account = explain_clock(
        get_clock(found, queries.intervals(found.pk), metric, None),
        ticket=found,
        at=found.received_at,
    )
    return [
        (rule.source.value, rule.name, rule.matched)
        for rule in account.rules
        if rule.reach.value == "every"
    ]


def test_the_requester_comes_before_the_contract_before_the_organization_before_the_default(
    house: House,
) -> None:
    publish_for(house, [*every_priority(minutes=50), *every_priority("attention", minutes=200)])
    publish_for(house, every_priority(minutes=40), contract=house.contract)
    publish_for(house, every_priority(minutes=20), person=house.people["company_manager"])

    common = make_ticket(house)
    special = make_ticket(house, requester=house.people["coordinator"])
    Clock.objects.filter(ticket=special).update()  # a coordinator has no policy of their own either
    important = Ticket.objects.get(pk=make_ticket(house).pk)
    PolicyVersion.objects.filter(person__isnull=False).update(person=house.requester)
    important = make_ticket(house)

    assert targets_of(common) == {"reaction": 40 * MINUTE, "attention": 200 * MINUTE}
    assert targets_of(special) == targets_of(common)
    assert targets_of(important) == {"reaction": 20 * MINUTE, "attention": 200 * MINUTE}
    assert asked(important) == [
        ("person", f"{house.requester} v1", True),
        ("contract", "C-north v1", False),
        ("organization", "Company north v1", False),
        ("default", "", False),
    ]
    assert [name for name, _who, matched in asked(important, "attention") if matched] == [
        "organization"
    ]
    assert rebuild_clocks(ticket=fresh(important), write=False) == []


def test_pauses_warnings_and_calendars_come_from_the_first_layer_that_says_something(
    house: House,
) -> None:
    publish_for(
        house, [], pauses_while_pending_user=False, warning_percents=[60], at_risk_percent=80
    )
    publish_for(house, [], contract=house.contract, pauses_while_pending_supplier=False)
    policy = policy_on(house.north, house.contract.pk, house.requester.pk, MONDAY_9AM)

    assert policy.pausing_states(Metric.ATTENTION) == frozenset()
    assert (policy.percents, policy.at_risk_percent) == ((60,), 80)
    other = Contract.objects.create(
        organization=house.north, reference="C-other", starts_on=MONDAY_9AM.date()
    )
    of_another = policy_on(house.north, other.pk, None, MONDAY_9AM)
    assert of_another.pausing_states(Metric.ATTENTION) == {"pending_supplier"}
    default = policy_on(house.south, None, None, MONDAY_9AM)
    assert (default.percents, default.at_risk_percent) == ((50, 75, 90), 75)


def test_a_version_binds_later_tickets_and_a_later_change_reads_the_one_bound_then(
    house: House,
) -> None:
    publish_for(house, every_priority(minutes=40), contract=house.contract)
    before = make_ticket(house)
    publish_for(
        house,
        every_priority(minutes=30),
        contract=house.contract,
        at=MONDAY_9AM + MINUTE,
        effective_from=MONDAY_9AM + HOUR,
    )
    between = make_ticket(house, at=MONDAY_9AM + 2 * MINUTE)
    after = make_ticket(house, at=MONDAY_9AM + HOUR)

    seen = fresh(before)
    change = Classification(
        impact=Impact.EXTENSIVE, urgency=Urgency.CRITICAL, kind=seen.kind, service=seen.service
    )
    services.classify_ticket(
        ticket=seen, classification=change, by=by(house.agent), at=MONDAY_9AM + 2 * HOUR
    )

    assert [targets_of(ticket)["reaction"] for ticket in (before, between, after)] == [
        40 * MINUTE,
        40 * MINUTE,
        30 * MINUTE,
    ]
    assert ClockSegment.objects.filter(clock__ticket=before, policy_ids=[]).count() == 0


def test_past_policies_can_be_queried_by_day(house: House) -> None:
    later = MONDAY_9AM + DAY
    in_force = MONDAY_9AM + 9 * DAY
    publish_for(
        house,
        every_priority(minutes=40),
        contract=house.contract,
        at=later,
        effective_from=in_force,
    )
    cells = {(Urgency.LOW, Impact.MINOR): Priority.CRITICAL}
    publish_matrix(
        contract=house.contract, cells=cells, effective_from=in_force, by=SETUP, at=later
    )
    first = publish_contract(contract=house.contract, reason="", by=SETUP, at=MONDAY_9AM)
    house.contract.validation_days = 9
    house.contract.save()
    second = publish_contract(
        contract=house.contract, reason="Agreed in the review.", by=SETUP, at=later
    )
    third = publish_contract(
        contract=house.contract, reason="Nothing differs.", by=SETUP, at=later + DAY
    )
    matter = matter_of(make_ticket(house))

    def reaction(known_at: datetime | None) -> object:
        house.north.refresh_from_db()
        return policy_on(house.north, house.contract.pk, None, in_force, known_at=known_at).target(
            Metric.REACTION, matter
        )

    def low(known_at: datetime | None) -> Priority:
        return matrix_for(house.north, house.contract.pk, in_force, known_at=known_at)[
            Urgency.LOW, Impact.MINOR
        ]

    assert (reaction(MONDAY_9AM), reaction(later), reaction(None)) == (
        HOUR,
        40 * MINUTE,
        40 * MINUTE,
    )
    assert (low(MONDAY_9AM), low(later)) == (Priority.LOW, Priority.CRITICAL)
    assert contract_as_known(house.contract.pk, MONDAY_9AM - DAY) is None
    assert contract_as_known(house.contract.pk, MONDAY_9AM) == first
    assert contract_as_known(house.contract.pk, later + 2 * DAY) == second
    assert (first.terms["validation_days"], second.terms["validation_days"], third) == (3, 9, None)


def test_a_matrix_binds_when_the_ticket_arrives(house: House) -> None:
    def matrix(priority: Priority, at: datetime) -> None:
        cells = {(Urgency.LOW, Impact.MINOR): priority}
        publish_matrix(contract=house.contract, cells=cells, effective_from=at, by=SETUP, at=at)

    matrix(Priority.HIGH, MONDAY_9AM - DAY)
    early = make_ticket(house, urgency=Urgency.LOW)
    matrix(Priority.CRITICAL, MONDAY_9AM + HOUR)
    late = make_ticket(house, urgency=Urgency.LOW, at=MONDAY_9AM + HOUR)

    for ticket in (early, late):
        seen = fresh(ticket)
        change = Classification(
            impact=Impact.MINOR,
            urgency=Urgency.LOW,
            kind=seen.kind,
            service=house.services["network"],
        )
        services.classify_ticket(
            ticket=seen, classification=change, by=by(house.agent), at=MONDAY_9AM + 2 * HOUR
        )

    assert (fresh(early).priority, fresh(late).priority) == (Priority.HIGH, Priority.CRITICAL)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"effective_from": MONDAY_9AM - 9 * DAY}, "effective_from"),  # the past
        # not after the version before it, which waits for Tuesday
        (
            {"effective_from": MONDAY_9AM},
            "effective_from",
        ),
        ({"targets": every_priority()[1:]}, "targets"),  # a hole
        (
            {
                "targets": [
                    *every_priority(minutes=40),
                    *every_priority("resolution", minutes=60, support_type="technical")[:2],
                ]
            },
            "targets",
        ),
        ({"targets": every_priority(minutes=0)}, "minutes"),
        ({"targets": every_priority(minutes=2_000_000_000)}, "minutes"),
        ({"targets": every_priority(days=3651)}, "days"),
        ({"targets": every_priority(minutes=-5)}, "minutes"),
        ({"targets": every_priority(minutes=5, days=5)}, "minutes"),
        ({"targets": every_priority()}, "minutes"),
        ({"warning_percents": [100]}, "warning_percents"),
        ({"contract": None, "person": "outsider"}, "person"),
        ({"person": "requester"}, "person"),  # of a person and of a contract at once
        ({"contract": "foreign"}, "contract"),
    ],
)
def test_wrong_values_are_refused_with_the_cure_and_nothing_is_saved(
    house: House, changes: dict[str, Any], field: str
) -> None:
    publish_for(
        house, every_priority(minutes=40), contract=house.contract, effective_from=MONDAY_9AM + DAY
    )
    values: dict[str, Any] = {
        "targets": [],
        "contract": house.contract,
        "effective_from": MONDAY_9AM + 2 * DAY,
        **changes,
    }
    if values.get("person"):
        values["person"] = {"outsider": house.outsider, "requester": house.requester}[
            values["person"]
        ]
    if values["contract"] == "foreign":
        values["contract"] = Contract.objects.get(organization=house.south)

    with pytest.raises((Invalid, ValidationError)) as refused:
        publish_for(house, values.pop("targets"), at=MONDAY_9AM, **values)

    error: Any = refused.value
    told = error.fields if isinstance(error, Invalid) else error.message_dict
    assert field in told
    assert PolicyVersion.objects.count() == 1


def test_a_narrow_target_falls_back_to_the_general_one(house: House) -> None:
    narrow = PolicyTarget(
        metric="reaction", priority=Priority.HIGH, support_type="functional", minutes=15
    )
    publish_for(house, [*every_priority(minutes=40), narrow], contract=house.contract)

    assert targets_of(make_ticket(house))["reaction"] == 15 * MINUTE


def test_a_ticket_is_accepted_when_a_clock_cannot_be_dated(house: House) -> None:
    publish_for(house, every_priority(minutes=525_600))
    calendar = Calendar.objects.get(organization=house.north, role="business")
    # half an hour a week: a year of it lies beyond every horizon
    hours = {"0": [["09:00", "09:30"]]}
    publish_calendar_version(
        calendar=calendar,
        time_zone="America/Mexico_City",
        hours=hours,
        holidays={},
        effective_from=MONDAY_9AM,
        by=SETUP,
        at=MONDAY_9AM,
    )

    ticket = make_ticket(house, at=MONDAY_9AM + HOUR)

    assert set(targets_of(ticket)) == {"attention"}
