"""Services of reports: issue the monthly report, and simulate other terms."""

from reports.services.issuing import (
    issue_monthly_report,
    make_report,
    report_file_name,
    request_report,
)
from reports.services.simulating import (
    COLUMNS,
    NewSimulation,
    cancel_simulation,
    put_in_force,
    request_simulation,
    run_part,
)

__all__ = [
    "COLUMNS",
    "NewSimulation",
    "cancel_simulation",
    "issue_monthly_report",
    "make_report",
    "put_in_force",
    "report_file_name",
    "request_report",
    "request_simulation",
    "run_part",
]
