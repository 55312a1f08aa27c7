"""The rows of this app, by subject."""

from escalation.models.coverage import Coverage, Drill
from escalation.models.escalations import Cause, Escalation
from escalation.models.matrices import (
    MAX_ACKNOWLEDGE_MINUTES,
    EscalationLevel,
    EscalationMatrix,
    MatrixKind,
)
from escalation.models.rules import Action, Change, EscalationRule, RuleLog, SilenceWatch, Trigger

__all__ = [
    "Action",
    "Cause",
    "Change",
    "Coverage",
    "Drill",
    "Escalation",
    "EscalationLevel",
    "EscalationMatrix",
    "EscalationRule",
    "MAX_ACKNOWLEDGE_MINUTES",
    "MatrixKind",
    "RuleLog",
    "SilenceWatch",
    "Trigger",
]
