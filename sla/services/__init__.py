"""The verbs that write calendars, clocks and their announcements."""

from sla.services.clocks import (
    follow_state,
    settle_ticket,
    start_clocks,
    start_promise,
    stop_clocks_for_message,
    stop_promise,
    withdraw_promise,
)
from sla.services.exchange import export_terms, import_terms
from sla.services.previewing import (
    ClockChange,
    Move,
    preview_calendar,
    preview_classification,
    preview_contract,
)
from sla.services.publishing import (
    check_targets,
    check_version,
    hold_organization,
    number_version,
    publish_policy,
)
from sla.services.reach import check_calendar_version
from sla.services.rebuilding import Difference, rebuild_clocks
from sla.services.redating import GRACE, redate_clocks
from sla.services.retargeting import HidesBreach, rebind_clocks, retarget_clocks
from sla.services.terms import set_terms, set_validation

__all__ = [
    "GRACE",
    "ClockChange",
    "Difference",
    "HidesBreach",
    "Move",
    "check_calendar_version",
    "check_targets",
    "check_version",
    "export_terms",
    "follow_state",
    "hold_organization",
    "import_terms",
    "number_version",
    "preview_calendar",
    "preview_classification",
    "preview_contract",
    "publish_policy",
    "rebind_clocks",
    "rebuild_clocks",
    "redate_clocks",
    "retarget_clocks",
    "set_terms",
    "set_validation",
    "settle_ticket",
    "start_clocks",
    "start_promise",
    "stop_clocks_for_message",
    "stop_promise",
    "withdraw_promise",
]
