"""Services that write escalations, matrices, rule logs and coverage."""

from escalation.services.base import ESCALATOR
from escalation.services.climbing import (
    acknowledge_by_link,
    acknowledge_escalation,
    can_acknowledge,
    climb,
    climb_all,
    deescalate_ticket,
    escalate_ticket,
    request_escalation,
)
from escalation.services.covering import ask_coverage, refresh_coverage, start_drill
from escalation.services.following import follow_clocks
from escalation.services.matrices import (
    check_levels,
    check_matrix,
    number_matrix,
    publish_ladder,
    send_technical_list,
)
from escalation.services.ruling import apply_rules
from escalation.services.silences import (
    break_silence,
    break_silences,
    judge_silence_again,
    plan_rule,
    plan_rules,
    renew_rule,
    watch_silence,
)

__all__ = [
    "ESCALATOR",
    "acknowledge_by_link",
    "acknowledge_escalation",
    "ask_coverage",
    "break_silence",
    "break_silences",
    "check_levels",
    "check_matrix",
    "climb",
    "climb_all",
    "deescalate_ticket",
    "escalate_ticket",
    "follow_clocks",
    "apply_rules",
    "judge_silence_again",
    "refresh_coverage",
    "can_acknowledge",
    "number_matrix",
    "plan_rule",
    "plan_rules",
    "renew_rule",
    "publish_ladder",
    "send_technical_list",
    "request_escalation",
    "start_drill",
    "watch_silence",
]
