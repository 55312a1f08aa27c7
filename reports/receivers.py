from functools import partial

from django.db import transaction

from reports.events import ReportRequested, SimulationRequested
from reports.tasks import make_report, simulate_part


def on_report_requested(event: ReportRequested) -> None:
    """Wake the worker after commit; when the broker is away the sweep makes the report."""
    assert event.organization_id is not None
    transaction.on_commit(
        partial(make_report.delay, event.organization_id, event.issue_id), robust=True
    )


def on_simulation_requested(event: SimulationRequested) -> None:
    """Wake the worker after commit; when the broker is away the sweep computes the part."""
    assert event.organization_id is not None
    transaction.on_commit(
        partial(simulate_part.delay, event.organization_id, event.part_id), robust=True
    )
