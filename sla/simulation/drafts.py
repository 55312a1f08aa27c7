"""Drafts of terms to simulate: targets, matrix, hours and pauses on top of those in force (SPEC
4.11).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from catalog.models import Contract
from catalog.queries import matrix_for
from foundation.accounts.models import Organization
from foundation.calendars.arithmetic import CalendarError, WorkCalendar
from foundation.calendars.defaults import CalendarRole
from foundation.calendars.models import CalendarVersion
from foundation.calendars.queries import built_calendar, calendar_versions_on, work_calendar
from foundation.calendars.wording import words_of
from foundation.core.classification import (
    Impact,
    Kind,
    Matrix,
    Priority,
    SupportType,
    Urgency,
)
from foundation.core.errors import Invalid
from sla.metrics import AT_ARRIVAL, Metric
from sla.policies.layers import (
    Layer,
    Matter,
    Policy,
    policy_on,
)
from sla.policies.models import (
    MAX_DAYS,
    MAX_MINUTES,
    PAUSES,
    PolicyTarget,
    PolicyVersion,
)
from sla.policies.services.publishing import check_targets
from sla.targets import Target, Term
from tickets.states import State
from tickets.stays import MARKED

Hours = Mapping[str, list[list[str]]]


@dataclass(frozen=True)
class Draft:
    """The terms that differ. None or empty keeps the terms that were in force for each ticket."""

    # support type "": every one
    targets: Mapping[tuple[Metric, str, Priority], Target] = field(default_factory=dict)
    pauses_while_pending_user: bool | None = None
    pauses_while_pending_supplier: bool | None = None
    pauses_while_marked: bool | None = None
    matrix: Matrix | None = None
    hours: Mapping[CalendarRole, Hours] = field(default_factory=dict)
    without_holidays: bool = False
    _laid: dict[int, tuple[Policy, Policy]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def pauses(self) -> dict[str, bool]:
        """The pauses that the draft sets, by column of a policy."""
        said = {name: getattr(self, name) for name in PAUSES}
        return {name: value for name, value in said.items() if value is not None}

    def over(self, policy: Policy) -> Policy:
        """Return the policy with this draft as its strongest layer; the policy itself if the draft
        sets no targets and no pauses.
        """
        if not self.targets and not self.pauses:
            return policy
        laid = self._laid.get(id(policy))
        if laid is None:
            # keep a reference to the policy, so that its id is not reused
            laid = self._laid[id(policy)] = (
                Policy((self._layer(), *policy.layers)),
                policy,
            )
        return laid[0]

    def calendar(self, version: CalendarVersion) -> WorkCalendar:
        """Return the arithmetic of a calendar version with the hours and holidays of this draft."""
        role = CalendarRole(version.calendar.role)
        hours = self.hours.get(role)
        if hours is None and (not self.without_holidays or role is CalendarRole.CONTINUOUS):
            return work_calendar(version)
        closed = {} if self.without_holidays else version.holidays
        return built_calendar(
            version.time_zone, json.dumps(hours or version.hours), json.dumps(closed)
        )

    def _layer(self) -> Layer:
        return Layer(PolicyVersion(number=0, **self.pauses), self.rows())

    def rows(self) -> list[PolicyTarget]:
        """Return the targets as rows that are not saved."""
        return [
            PolicyTarget(
                metric=metric, support_type=support_type, priority=priority, **_amount(target)
            )
            for (metric, support_type, priority), target in self.targets.items()
        ]

    def covers(self, row: PolicyTarget) -> bool:
        """Tell whether a target of this draft replaces a row of a policy. As the stronger layer it
        replaces narrower rows too.
        """
        metric = Metric(row.metric)
        priority = Priority(row.priority)
        return (metric, "", priority) in self.targets or (
            metric,
            row.support_type,
            priority,
        ) in self.targets

    def as_data(self) -> dict[str, Any]:
        """Return the draft as JSON data; ``draft_from`` reads it back."""
        return {
            "targets": [
                {
                    "metric": str(metric),
                    "support_type": support_type,
                    "priority": priority.code,
                    **_amount(target),
                }
                for (metric, support_type, priority), target in self.targets.items()
            ],
            **{name: getattr(self, name) for name in PAUSES},
            "matrix": [
                [str(urgency), str(impact), priority.code]
                for (urgency, impact), priority in (self.matrix or {}).items()
            ],
            "hours": {str(role): hours for role, hours in self.hours.items()},
            "without_holidays": self.without_holidays,
        }


def draft_from(data: Mapping[str, Any]) -> Draft:
    """Build a draft from the data of ``as_data``. Raise ``Invalid`` for a missing priority, a
    target outside the limits, or hours that are not a calendar.
    """
    targets: dict[tuple[Metric, str, Priority], Target] = {}
    for row in data["targets"]:
        support_type = SupportType(row["support_type"]) if row["support_type"] else ""
        days = row.get("days")
        minutes = row.get("minutes")
        if (days or minutes or 0) < 1:
            raise Invalid(
                _("A target is at least one minute."), fields={"targets": _("Write 1 or more.")}
            )
        if (days or 0) > MAX_DAYS or (minutes or 0) > MAX_MINUTES:
            raise Invalid(
                _("A target is at most a year of service time, or ten years of days."),
                fields={"targets": _("Write less.")},
            )
        target: Target = (
            Term(days, row.get("in_business_days", True)) if days else timedelta(minutes=minutes)
        )
        targets[Metric(row["metric"]), support_type, Priority[row["priority"].upper()]] = target
    matrix = {
        (Urgency(urgency), Impact(impact)): Priority[code.upper()]
        for urgency, impact, code in data["matrix"]
    }
    draft = Draft(
        targets=targets,
        pauses_while_pending_user=data["pauses_while_pending_user"],
        pauses_while_pending_supplier=data["pauses_while_pending_supplier"],
        pauses_while_marked=data.get("pauses_while_marked"),  # an older draft lacks it
        matrix=matrix or None,
        hours={CalendarRole(role): hours for role, hours in data["hours"].items()},
        without_holidays=data["without_holidays"],
    )
    check_targets(draft.rows())
    for role, hours in draft.hours.items():
        try:
            WorkCalendar(timezone="UTC", hours=_as_windows(hours))
        except CalendarError as error:
            raise Invalid(words_of(error), fields={f"hours_{role}": words_of(error)}) from error
    return draft


IN_FORCE = Draft()


def draft_of_terms_in_force(
    organization: Organization, contract: Contract | None, at: datetime
) -> Draft:
    """Return the terms in force for a contract at ``at`` as a complete draft to edit:
    ``AT_ARRIVAL`` targets, pauses, matrix and hours.
    """
    policy = policy_on(organization, contract.pk if contract else None, None, at)
    asked = {
        (metric, str(support_type), priority): policy.target(
            metric, Matter(Kind.REQUEST, support_type, priority, None)
        )
        for metric in AT_ARRIVAL
        for support_type in SupportType
        for priority in Priority
    }
    hours = {
        CalendarRole(version.calendar.role): version.hours
        for version in reversed(calendar_versions_on(organization, at))
    }
    hours.pop(CalendarRole.CONTINUOUS, None)
    states = policy.pausing_states(Metric.ATTENTION)
    return Draft(
        targets={key: target for key, target in asked.items() if target is not None},
        pauses_while_pending_user=State.PENDING_USER in states,
        pauses_while_pending_supplier=State.PENDING_SUPPLIER in states,
        pauses_while_marked=MARKED in states,
        matrix=matrix_for(organization, contract.pk if contract else None, at),
        hours=hours,
    )


def _amount(target: Target) -> dict[str, Any]:
    if isinstance(target, Term):
        return {"days": target.days, "in_business_days": target.business}
    return {"minutes": int(target.total_seconds() // 60)}


def _as_windows(hours: Hours) -> dict[int, list[tuple[str, str]]]:
    return {int(day): [(start, end) for start, end in windows] for day, windows in hours.items()}
