"""Services that write clocks and their announcements."""

from sla.clocks.services.previewing import (
    ClockChange,
    Move,
    preview_calendar,
    preview_classification,
    preview_contract,
    preview_raising,
)
from sla.clocks.services.reach import check_calendar_version
from sla.clocks.services.rebuilding import Difference, rebuild_clocks
from sla.clocks.services.redating import GRACE, redate_clocks
from sla.clocks.services.retargeting import (
    HidesBreach,
    rebind_clocks,
    require_same_terms,
    retarget_clocks,
)
from sla.clocks.services.settling import settle_ticket, settle_tickets
from sla.clocks.services.starting import start_clocks, start_promise
from sla.clocks.services.stopping import (
    reinstate_clocks,
    stop_clocks_for_message,
    stop_promise,
    stop_reaction,
    update_clocks_for_state,
    withdraw_promise,
)
from sla.clocks.services.validation import set_answer_term, set_terms, set_validation

__all__ = [
    "ClockChange",
    "Difference",
    "GRACE",
    "HidesBreach",
    "Move",
    "check_calendar_version",
    "update_clocks_for_state",
    "preview_calendar",
    "preview_classification",
    "preview_contract",
    "preview_raising",
    "rebind_clocks",
    "require_same_terms",
    "rebuild_clocks",
    "redate_clocks",
    "reinstate_clocks",
    "retarget_clocks",
    "set_answer_term",
    "set_terms",
    "set_validation",
    "settle_ticket",
    "settle_tickets",
    "start_clocks",
    "start_promise",
    "stop_clocks_for_message",
    "stop_promise",
    "stop_reaction",
    "withdraw_promise",
]
