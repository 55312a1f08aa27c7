"""Policies for tests."""

from datetime import datetime, timedelta
from typing import Any

from foundation.core.classification import (
    Priority,
)
from sla.clocks.arithmetic import used_until
from sla.clocks.queries import get_clock
from sla.policies.models import PolicyTarget, PolicyVersion
from sla.policies.services import publish_policy
from tests.support.house import (
    DAY,
    HOUR,
    MONDAY_9AM,
    SETUP,
    House,
    fresh,
)
from tickets import queries
from tickets.models import Ticket


def every_priority(metric: str = "reaction", **values: Any) -> list[PolicyTarget]:
    return [PolicyTarget(metric=metric, priority=priority, **values) for priority in Priority]


def used(ticket: Ticket, at: Any) -> timedelta:
    return used_until(
        get_clock(fresh(ticket), queries.intervals(ticket.pk), "attention", None).stretches, at
    )


def promise_resolution(house: House, minutes: int) -> None:
    """Give the contract a resolution target for high priority."""
    policy = PolicyVersion.objects.create(
        organization=house.north,
        contract=house.contract,
        number=1,
        effective_from=MONDAY_9AM - HOUR,
    )
    PolicyTarget.objects.create(policy=policy, metric="resolution", priority=2, minutes=minutes)


def promise(house: House, metric: str, minutes: int, *, support_type: str = "") -> None:
    policy = PolicyVersion.objects.create(
        organization=house.north,
        contract=house.contract,
        number=1,
        effective_from=MONDAY_9AM - HOUR,
    )
    for priority in Priority:
        PolicyTarget.objects.create(
            policy=policy,
            metric=metric,
            priority=priority,
            support_type=support_type,
            minutes=minutes,
        )
    house.north.refresh_from_db()


def publish_for(
    house: House, targets: list[PolicyTarget], *, at: datetime = MONDAY_9AM - DAY, **says: Any
) -> PolicyVersion:
    effective = says.pop("effective_from", at)
    return publish_policy(
        organization=house.north, targets=targets, effective_from=effective, by=SETUP, at=at, **says
    )
