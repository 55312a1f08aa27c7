"""The metric registry: name, formula, unit and exclusions of every figure, in one place (SPEC 17.13)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.classification import Priority
from sla.defaults import Metric
from sla.models import Clock, ClockState


@dataclass(frozen=True)
class Definition:
    name: str
    label: str | Promise
    formula: str | Promise


DEFINITIONS = (
    Definition("raised", _("Tickets raised"), _("Tickets that arrived in the month, in the organization's time zone.")),
    Definition("met", _("In time"), _("Clocks that stopped at or before their due instant.")),
    Definition("missed", _("Late"), _("Clocks whose last target was missed, stopped or still running.")),
    Definition("running", _("Running"), _("Clocks that have not stopped and are not overdue.")),
    Definition("withdrawn", _("Withdrawn"), _("Clocks of tickets that were rejected, cancelled or invalid: neither met nor missed.")),
    Definition("earlier", _("Earlier breaches"), _("Breaches of a target that a later change of priority replaced; counted here alone.")),
    Definition("compliance", _("Compliance"), _("In time ÷ (in time + late), in percent; without a measured clock there is no figure.")),
)


def verdict(clock: Clock) -> str:
    """Return the verdict of one clock: ``met``, ``missed``, ``withdrawn`` or ``running``; each clock has exactly one."""
    if clock.state == ClockState.WITHDRAWN:
        return "withdrawn"
    if clock.breached_at is not None or clock.is_met is False:
        return "missed"
    return "met" if clock.state == ClockState.STOPPED else "running"


def compliance_row(clocks: Sequence[Clock], earlier_breaches: int) -> dict[str, Any]:
    """Return the counts of a set of clocks and their compliance in percent with one decimal, None when nothing was measured."""
    verdicts = [verdict(clock) for clock in clocks]
    met, missed = verdicts.count("met"), verdicts.count("missed")
    return {
        "met": met,
        "missed": missed,
        "running": verdicts.count("running"),
        "withdrawn": verdicts.count("withdrawn"),
        "earlier": earlier_breaches,
        "compliance": round(100 * met / (met + missed), 1) if met + missed else None,
    }


def compliance_table(clocks: Sequence[Clock], earlier: dict[int, int]) -> list[dict[str, Any]]:
    """Return a row per metric and priority, then one per metric over all priorities (``priority`` None)."""
    table = []
    for metric in Metric:
        of_metric = [clock for clock in clocks if clock.metric == metric]
        if not of_metric and metric is Metric.RESOLUTION:
            continue  # exists only where a contract promises it
        for priority in (*Priority, None):
            chosen = [clock for clock in of_metric if priority is None or clock.priority == priority]
            row = compliance_row(chosen, sum(earlier.get(clock.pk, 0) for clock in chosen))
            table.append({"metric": str(metric), "priority": priority.code if priority else None, **row})
    return table
