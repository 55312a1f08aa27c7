"""The layers of a policy: which target, calendar, pauses and warnings apply. Without a database."""

from typing import Any

import pytest

from foundation.calendars.defaults import CalendarRole
from foundation.core.classification import Kind, Priority, SupportType
from sla.metrics import Metric
from sla.policies.layers import Layer, Matter, Policy, Promised, is_same_promise
from sla.policies.models import PolicyTarget, PolicyVersion
from sla.policies.rules import RuleReach, RuleSource
from sla.targets import Target, Term
from tests.support.house import HOUR, MINUTE

MATTER = Matter(Kind.INCIDENT, SupportType.FUNCTIONAL, Priority.HIGH, 3)
TECHNICAL = MATTER._replace(support_type=SupportType.TECHNOLOGICAL)


def row(minutes: int, **values: Any) -> PolicyTarget:
    says: dict[str, Any] = {"metric": "attention", "priority": Priority.HIGH} | values
    return PolicyTarget(minutes=minutes, **says)


def layer(*targets: PolicyTarget, pk: int = 1, **says: Any) -> Layer:
    subject = {} if {"person_id", "contract_id"} & set(says) else {"organization_id": 1}
    return Layer(PolicyVersion(pk=pk, number=1, **subject, **says), list(targets))


def matched(policy: Policy, matter: Matter = MATTER) -> list[RuleReach]:
    # the label of a version reads its subject: only the reach is wanted here
    asked = policy.layers[0].asked(Metric.ATTENTION, matter)
    return [reach for reach, target in asked if target is not None]


def test_the_source_of_a_layer_is_its_subject() -> None:
    assert layer(person_id=1).source is RuleSource.PERSON
    assert layer(contract_id=1).source is RuleSource.CONTRACT
    assert layer().source is RuleSource.ORGANIZATION


def test_the_narrowest_rule_gives_the_target() -> None:
    every = row(1)
    of_type = row(2, support_type="functional")
    of_category = row(3, category_id=3)
    of_both = row(4, category_id=3, support_type="functional")

    found = [
        Policy((layer(*targets),)).target(Metric.ATTENTION, MATTER)
        for targets in (
            (every,),
            (every, of_type),
            (every, of_type, of_category),
            (every, of_type, of_category, of_both),
        )
    ]

    assert found == [1 * MINUTE, 2 * MINUTE, 3 * MINUTE, 4 * MINUTE]


def test_rules_of_another_category_type_priority_or_metric_do_not_apply() -> None:
    policy = Policy(
        (
            layer(
                row(1, category_id=4),
                row(2, support_type="technological"),
                row(3, priority=Priority.LOW),
                row(4, metric="reaction"),
            ),
        )
    )

    assert policy.target(Metric.ATTENTION, MATTER) == 10 * HOUR
    assert policy.target(Metric.ATTENTION, TECHNICAL) == 2 * MINUTE
    assert policy.target(Metric.REACTION, MATTER) == 4 * MINUTE


def test_rules_by_category_are_asked_only_where_the_layer_has_one() -> None:
    without = layer(row(1), row(2, metric="reaction", category_id=3))
    with_one = layer(row(1, category_id=9))

    assert [reach for reach, _ in without.asked(Metric.ATTENTION, MATTER)] == [
        RuleReach.SUPPORT_TYPE,
        RuleReach.EVERY,
    ]
    assert [reach for reach, _ in with_one.asked(Metric.ATTENTION, MATTER)] == [
        RuleReach.CATEGORY_AND_TYPE,
        RuleReach.CATEGORY,
        RuleReach.SUPPORT_TYPE,
        RuleReach.EVERY,
    ]


def test_a_ticket_without_a_category_uses_the_rules_for_every_category() -> None:
    policy = Policy((layer(row(1), row(2, category_id=3)),))

    assert matched(policy, MATTER._replace(category_id=None)) == [RuleReach.EVERY]
    assert matched(policy) == [RuleReach.CATEGORY, RuleReach.EVERY]


def test_the_stronger_layer_wins_and_gaps_fall_through() -> None:
    person = layer(pk=1, person_id=1)
    contract = layer(row(5), pk=2, contract_id=1)
    organization = layer(row(6), pk=3)
    policy = Policy((person, contract, organization))

    assert policy.ids == [1, 2, 3]
    assert policy.target(Metric.ATTENTION, MATTER) == 5 * MINUTE
    assert policy.target(Metric.RESOLUTION, MATTER) is None


def test_the_default_policy_lists_its_rule_and_the_absent_layers() -> None:
    rules = Policy().rules(Metric.ATTENTION, MATTER)

    assert [(rule.source, rule.name, rule.matched) for rule in rules] == [
        (RuleSource.PERSON, "", False),
        (RuleSource.CONTRACT, "", False),
        (RuleSource.ORGANIZATION, "", False),
        (RuleSource.DEFAULT, "", True),
    ]
    assert [rule.target for rule in rules] == [None, None, None, 10 * HOUR]
    assert not any(rule.matched for rule in Policy().rules(Metric.RESOLUTION, MATTER))


CHOICES: list[tuple[dict[str, Any], Metric, Matter, tuple[CalendarRole, int | None]]] = [
    ({}, Metric.ATTENTION, MATTER, (CalendarRole.BUSINESS, None)),
    ({}, Metric.ATTENTION, TECHNICAL, (CalendarRole.CONTINUOUS, None)),
    ({}, Metric.RCA, MATTER, (CalendarRole.CONTINUOUS, None)),
    ({}, Metric.DELIVERY, TECHNICAL, (CalendarRole.BUSINESS, None)),
    ({"business_calendar_id": 8}, Metric.ATTENTION, MATTER, (CalendarRole.BUSINESS, 8)),
    ({"business_calendar_id": 8}, Metric.ATTENTION, TECHNICAL, (CalendarRole.CONTINUOUS, None)),
    ({"extended_calendar_id": 9}, Metric.REACTION, MATTER, (CalendarRole.EXTENDED, 9)),
    ({"extended_calendar_id": 9}, Metric.ATTENTION, MATTER, (CalendarRole.BUSINESS, None)),
    (
        {"extended_calendar_id": 9, "business_calendar_id": 8},
        Metric.ATTENTION,
        MATTER,
        (CalendarRole.BUSINESS, 8),
    ),
    (
        {"extended_calendar_id": 9, "extension_includes_second_level": True},
        Metric.ATTENTION,
        MATTER,
        (CalendarRole.EXTENDED, 9),
    ),
    (
        {"extended_calendar_id": 9, "extension_includes_second_level": True},
        Metric.DELIVERY,
        MATTER,
        (CalendarRole.BUSINESS, None),
    ),
    (
        {"extension_includes_second_level": True, "business_calendar_id": 8},
        Metric.REACTION,
        MATTER,
        (CalendarRole.BUSINESS, 8),
    ),
]


@pytest.mark.parametrize(("says", "metric", "matter", "expected"), CHOICES)
def test_the_calendar_of_a_clock(
    says: dict[str, Any],
    metric: Metric,
    matter: Matter,
    expected: tuple[CalendarRole, int | None],
) -> None:
    assert Policy((layer(**says),)).calendar_choice(metric, matter) == expected


def test_a_term_uses_business_days_also_for_technological_incidents() -> None:
    target = PolicyTarget(metric="resolution", priority=Priority.HIGH, days=3)

    choice = Policy((layer(target),)).calendar_choice(Metric.RESOLUTION, TECHNICAL)

    assert choice == (CalendarRole.BUSINESS, None)


BOTH = {"pending_user", "pending_supplier"}


@pytest.mark.parametrize(
    ("metric", "of_term", "says", "expected"),
    [
        (Metric.REACTION, False, {}, set()),
        (Metric.VALIDATION, False, {}, set()),
        (Metric.RESTORATION, False, {}, set()),
        (Metric.ATTENTION, False, {}, BOTH),
        (Metric.RESOLUTION, False, {}, BOTH | {"solved", "closed"}),
        (Metric.ATTENTION, True, {}, set()),
        (Metric.RESOLUTION, True, {}, {"solved", "closed"}),
        (Metric.ATTENTION, True, {"pauses_extend_terms": True}, BOTH),
        (Metric.ATTENTION, False, {"pauses_while_pending_user": False}, {"pending_supplier"}),
        (Metric.ATTENTION, False, {"pauses_while_pending_supplier": False}, {"pending_user"}),
    ],
)
def test_the_states_that_pause_a_clock(
    metric: Metric, of_term: bool, says: dict[str, Any], expected: set[str]
) -> None:
    policy = Policy((layer(**says),))

    assert policy.pausing_states(metric, of_term=of_term) == expected
    assert policy.pausing_states(metric, of_term=of_term) == expected


def test_the_first_layer_with_a_value_decides_pauses_and_warnings() -> None:
    silent = layer(pk=1, person_id=1)
    contract = layer(
        pk=2, contract_id=1, pauses_while_pending_user=False, warning_percents=[80, 20]
    )
    organization = layer(pk=3, pauses_while_pending_user=True, warning_percents=[10])
    policy = Policy((silent, contract, organization))

    assert policy.pausing_states(Metric.ATTENTION) == {"pending_supplier"}
    assert policy.percents == (20, 80)
    assert Policy().percents == (50, 75, 90)


@pytest.mark.parametrize(
    ("target", "calendar", "says", "expected"),
    [
        (HOUR, 1, {}, True),
        (2 * HOUR, 1, {}, False),
        (HOUR, 2, {}, False),
        (HOUR, 1, {"pauses_while_pending_user": False}, False),
        (HOUR, 1, {"pauses_extend_terms": True}, True),
    ],
)
def test_the_same_promise_has_target_calendar_and_pauses_in_common(
    target: Target, calendar: int, says: dict[str, Any], expected: bool
) -> None:
    old = Promised(HOUR, 1, Policy())
    new = Promised(target, calendar, Policy((layer(**says),)))

    assert is_same_promise(Metric.ATTENTION, new, old) is expected


def test_pauses_of_a_term_make_another_promise() -> None:
    term = Term(3, business=True)
    extending = Policy((layer(pauses_extend_terms=True),))

    assert not is_same_promise(
        Metric.ATTENTION, Promised(term, 1, extending), Promised(term, 1, Policy())
    )
