"""The rules considered for the target of a clock, in order, and the one that matched (SPEC
4.10).
"""

from dataclasses import dataclass
from enum import StrEnum

from sla.targets import Target


class RuleSource(StrEnum):
    """The layer of a rule, strongest first."""

    PERSON = "person"  # the requester's own policy
    CONTRACT = "contract"
    ORGANIZATION = "organization"
    DEFAULT = "default"  # the service guide's


class RuleReach(StrEnum):
    """The tickets to which a rule applies, narrowest first."""

    CATEGORY_AND_TYPE = "category_and_support_type"
    CATEGORY = "category"
    SUPPORT_TYPE = "support_type"
    EVERY = "every"


@dataclass(frozen=True)
class TargetRule:
    """A rule that was considered. ``name`` is its policy's, empty without a policy. ``target`` is
    None if the rule sets none.
    """

    source: RuleSource
    reach: RuleReach
    name: str
    target: Target | None
    matched: bool
