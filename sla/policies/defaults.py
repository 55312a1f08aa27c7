"""Targets, calendars and warnings that apply where no policy sets them (SPEC 4.3, 4.5, 4.9)."""

from datetime import timedelta

from foundation.calendars.defaults import CalendarRole
from foundation.core.classification import Kind, Priority, SupportType
from sla.metrics import Metric
from sla.targets import Target, Term

_HOUR = timedelta(hours=1)

REACTION = {
    Priority.CRITICAL: timedelta(minutes=40),
    Priority.HIGH: _HOUR,
    Priority.MEDIUM: 2 * _HOUR,
    Priority.LOW: 2 * _HOUR,
}
ATTENTION_TECHNOLOGICAL = {
    Priority.CRITICAL: _HOUR,
    Priority.HIGH: 4 * _HOUR,
    Priority.MEDIUM: 8 * _HOUR,
    Priority.LOW: 8 * _HOUR,
}
ATTENTION_OTHER = {
    Priority.CRITICAL: 3 * _HOUR,
    Priority.HIGH: 10 * _HOUR,
    Priority.MEDIUM: 20 * _HOUR,
    Priority.LOW: 20 * _HOUR,
}

# Counted from the solution, from the request with its form, from the closing, and from the start of
# the interruption.
LATER: dict[Metric, Target] = {
    Metric.VALIDATION: Term(3, business=False),  # SPEC 3.11; a contract sets its own
    Metric.DELIVERY: Term(7, business=True),  # SPEC 9.2
    Metric.RCA: 72 * _HOUR,  # SPEC 6.3
    Metric.RESTORATION: 3 * _HOUR,  # SPEC 6.2
}

WARNING_PERCENTS = (50, 75, 90)
AT_RISK_PERCENT = 75


def default_target(metric: Metric, priority: Priority, support_type: SupportType) -> Target | None:
    """Return the default target; None for resolution, which exists only if a policy sets it."""
    if metric is Metric.REACTION:
        return REACTION[priority]
    if metric is Metric.ATTENTION:
        table = (
            ATTENTION_TECHNOLOGICAL
            if support_type == SupportType.TECHNOLOGICAL
            else ATTENTION_OTHER
        )
        return table[priority]
    return LATER.get(metric)


def default_calendar(kind: Kind, support_type: SupportType) -> CalendarRole:
    """Return ``CONTINUOUS`` for technological incidents, ``BUSINESS`` for everything else."""
    if kind == Kind.INCIDENT and support_type == SupportType.TECHNOLOGICAL:
        return CalendarRole.CONTINUOUS
    return CalendarRole.BUSINESS
