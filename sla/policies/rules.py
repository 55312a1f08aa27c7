"""Which rule sets a clock's target: the ones that were asked, in order, and the one that matched
(SPEC 4.10).
"""

from dataclasses import dataclass
from enum import StrEnum

from sla.targets import Target


class RuleSource(StrEnum):
    """Whose rule it is; the strongest first."""

    PERSON = "person"  # the requester's own policy
    CONTRACT = "contract"
    ORGANIZATION = "organization"
    DEFAULT = "default"  # the service guide's


class RuleReach(StrEnum):
    """Which tickets a rule speaks of; the narrowest first."""

    CATEGORY_AND_TYPE = "category_and_support_type"
    CATEGORY = "category"
    SUPPORT_TYPE = "support_type"
    EVERY = "every"


@dataclass(frozen=True)
class TargetRule:
    """``name`` is the policy's, empty where there is none; ``target`` is None where the rule says
    nothing.
    """

    source: RuleSource
    reach: RuleReach
    name: str
    target: Target | None
    matched: bool
