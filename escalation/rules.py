"""Selects the escalation rules that apply to an occurrence, with the unmet conditions of the
others. Pure functions over rules, ticket and occurrence (SPEC 5.3).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from escalation.models import EscalationRule, Trigger
from foundation.core.classification import Priority
from tickets.states import DESK_TURN

MAX_RUNS = 3  # runs of one rule on one ticket
RUNS_WITHIN = timedelta(days=1)  # more than ``MAX_RUNS`` in this time is a loop


class Outcome(TextChoices):
    RAN = "ran", _("ran")
    UNMET = "unmet", _("does not apply")
    ALREADY = "already", _("had run for this")
    LOOP = "loop", _("held back: it ran too often")
    FAILED = "failed", _("could not act")


class Condition(TextChoices):
    """A condition of a rule, or a prerequisite of its action. The rule log stores the code of each
    one that was not met.
    """

    METRIC = "metric", _("another clock")
    PERCENT = "percent", _("too early")
    STATE = "state", _("another state")
    PRIORITY = "priority", _("another priority")
    SUPPORT_TYPE = "support_type", _("another support type")
    CUSTOMER = "customer", _("another customer")
    NOBODY_ON_DUTY = "nobody_on_duty", _("nobody is on duty")
    NOBODY_NAMED = "nobody_named", _("nobody is named any more")
    NOT_SERVING = "not_serving", _("whoever is named does not serve this customer")
    OTHER_GROUP = "other_group", _("whoever is named is not in the group that holds the ticket")
    ENDED = "ended", _("the ticket has ended")
    NO_LEVEL = "no_level", _("the ticket's matrix has no such level")
    NO_MANAGER = "no_manager", _("the customer has no account manager")
    ERROR = "error", _("an error, which the log tells")


@dataclass(frozen=True)
class Occurrence:
    """One event of a ticket that a rule may react to. ``key`` identifies it: each is judged once.

    ``subject`` groups the percentages of one segment of a clock: the key without the percentage.
    """

    key: str
    trigger: Trigger
    metric: str = ""
    percent: int = 0
    state: str = ""
    rule_id: int = 0  # of a silence: the rule whose minutes have passed
    minutes: int = 0

    @property
    def subject(self) -> str:
        return self.key.rpartition(":")[0] if self.trigger is Trigger.CLOCK else self.key

    def as_data(self) -> dict[str, Any]:
        data = {
            "metric": self.metric,
            "percent": self.percent,
            "state": self.state,
            "minutes": self.minutes,
        }
        return {name: value for name, value in data.items() if value}


class About(Protocol):
    """The fields of a ticket that conditions read: of the ticket itself, or as they were."""

    @property
    def state(self) -> str: ...
    @property
    def priority(self) -> int: ...
    @property
    def support_type(self) -> str: ...
    @property
    def organization_id(self) -> int: ...


def unmet(
    rule: EscalationRule, customers: Sequence[int], about: About, occurrence: Occurrence
) -> list[Condition]:
    """Return the conditions of a rule of this trigger that the ticket does not meet; empty when the
    rule applies.

    ``customers`` are the ids of the rule's organizations; empty means all. A silence rule without
    states applies in ``DESK_TURN``.
    """
    conditions = []
    if rule.trigger == Trigger.CLOCK:
        if rule.metric and rule.metric != occurrence.metric:
            conditions.append(Condition.METRIC)
        if occurrence.percent < (rule.percent or 0):
            conditions.append(Condition.PERCENT)
    states = rule.states or (DESK_TURN if rule.trigger == Trigger.SILENCE else ())
    if states and about.state not in states:
        conditions.append(Condition.STATE)
    if rule.priorities and Priority(about.priority).code not in rule.priorities:
        conditions.append(Condition.PRIORITY)
    if rule.support_types and about.support_type not in rule.support_types:
        conditions.append(Condition.SUPPORT_TYPE)
    if customers and about.organization_id not in customers:
        conditions.append(Condition.CUSTOMER)
    return conditions


@dataclass(frozen=True)
class Earlier:
    """An earlier run of a rule on the ticket."""

    rule_id: int
    subject: str
    at: datetime


def held_back(
    rule_id: int, occurrence: Occurrence, earlier: Sequence[Earlier], at: datetime
) -> Outcome | None:
    """Return the reason to skip a rule that applies; None when it may run. ``ALREADY``: it ran for
    this subject. ``LOOP``: it ran ``MAX_RUNS`` times within ``RUNS_WITHIN``.
    """
    own = [run for run in earlier if run.rule_id == rule_id]
    if any(run.subject == occurrence.subject for run in own):
        return Outcome.ALREADY
    if sum(run.at > at - RUNS_WITHIN for run in own) >= MAX_RUNS:
        return Outcome.LOOP
    return None
