"""The rows of policies, by subject."""

from sla.policies.models.targets import MAX_DAYS, MAX_MINUTES, PROMISED, UNSTARTED, PolicyTarget
from sla.policies.models.versions import (
    PAUSES,
    POLICY_CALENDARS,
    POLICY_SAYS,
    PolicyVersion,
)

__all__ = [
    "MAX_DAYS",
    "MAX_MINUTES",
    "PAUSES",
    "POLICY_CALENDARS",
    "POLICY_SAYS",
    "PROMISED",
    "PolicyTarget",
    "PolicyVersion",
    "UNSTARTED",
]
