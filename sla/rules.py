"""Which rule sets a clock's target: the ones that were asked, in order, and the one that matched (SPEC 4.10)."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class RuleSource(StrEnum):
    CONTRACT_SUPPORT_TYPE = "contract_support_type"  # the contract's policy, for this support type
    CONTRACT = "contract"  # the contract's policy, for every support type
    DEFAULT = "default"  # the service guide's own


@dataclass(frozen=True)
class TargetRule:
    """``name`` is the policy's, empty where the contract has none; ``target`` is None where the rule says nothing."""

    source: RuleSource
    name: str
    target: timedelta | None
    matched: bool
