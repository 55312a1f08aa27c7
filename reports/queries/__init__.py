"""Queries of reports, by subject."""

from reports.queries.issues import (
    due_issues,
    figures,
    get_issue,
    hash_of,
    issued_report,
    oldest_report,
    published_report,
)
from reports.queries.months import bounds, following_month, parse_month, preceding_month
from reports.queries.readers import (
    can_see_reports,
    reads_any_report,
    reported_organization,
    reported_organizations,
    require_reader,
)
from reports.queries.service_level import build_service_level
from reports.queries.simulations import (
    SHOWN_CHANGES,
    SHOWN_SIMULATIONS,
    ShownChange,
    SimulationResult,
    due_parts,
    get_simulation,
    simulation_result,
    simulations_of,
)

__all__ = [
    "SHOWN_CHANGES",
    "SHOWN_SIMULATIONS",
    "ShownChange",
    "SimulationResult",
    "bounds",
    "build_service_level",
    "due_issues",
    "oldest_report",
    "due_parts",
    "figures",
    "following_month",
    "get_issue",
    "get_simulation",
    "hash_of",
    "issued_report",
    "can_see_reports",
    "parse_month",
    "preceding_month",
    "published_report",
    "reads_any_report",
    "reported_organization",
    "reported_organizations",
    "require_reader",
    "simulation_result",
    "simulations_of",
]
