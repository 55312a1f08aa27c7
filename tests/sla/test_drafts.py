"""Limits of drafts, and of the instants that an import names."""

from datetime import timedelta
from typing import Any

import pytest

from foundation.calendars.defaults import CalendarRole
from foundation.core.classification import Priority
from foundation.core.errors import Invalid
from sla.metrics import Metric
from sla.policies.models import MAX_DAYS, MAX_MINUTES
from sla.simulation.drafts import IN_FORCE, draft_from, draft_of_terms_in_force
from sla.targets import Term
from tests.support.house import MONDAY_9AM, House


def draft_with(**amount: Any) -> dict[str, Any]:
    rows = [
        {"metric": "reaction", "support_type": "", "priority": priority.code, **amount}
        for priority in Priority
    ]
    return IN_FORCE.as_data() | {"targets": rows}


@pytest.mark.parametrize(
    ("amount", "target"),
    [
        ({"minutes": 1}, timedelta(minutes=1)),
        ({"minutes": MAX_MINUTES}, timedelta(minutes=MAX_MINUTES)),
        ({"days": MAX_DAYS}, Term(MAX_DAYS, business=True)),
        ({"days": 1, "in_business_days": False}, Term(1, business=False)),
    ],
)
def test_a_draft_takes_targets_up_to_the_limits(amount: dict[str, int], target: Any) -> None:
    draft = draft_from(draft_with(**amount))

    assert set(draft.targets.values()) == {target}
    assert draft.targets[Metric.REACTION, "", Priority.HIGH] == target


@pytest.mark.parametrize(
    "amount", [{"minutes": 0}, {"minutes": MAX_MINUTES + 1}, {"days": MAX_DAYS + 1}]
)
def test_a_draft_refuses_targets_beyond_the_limits(amount: dict[str, int]) -> None:
    with pytest.raises(Invalid) as refused:
        draft_from(draft_with(**amount))

    assert list(refused.value.fields) == ["targets"]


def test_the_draft_of_the_terms_in_force_has_hours_but_not_those_of_the_whole_week(
    house: House,
) -> None:
    draft = draft_of_terms_in_force(house.north, house.contract, MONDAY_9AM)

    assert CalendarRole.BUSINESS in draft.hours
    assert CalendarRole.CONTINUOUS not in draft.hours
