from functools import partial

from django.db import transaction

from reports.events import ReportRequested, SimulationRequested
from reports.tasks import make_report, simulate_part


def on_report_requested(event: ReportRequested) -> None:
    """Start the worker after the commit; without a broker, ``sweep_reports`` makes the PDF."""
    assert event.organization_id is not None
    transaction.on_commit(
        partial(make_report.delay, event.organization_id, event.issue_id), robust=True
    )


def on_simulation_requested(event: SimulationRequested) -> None:
    """Start the worker after the commit; without a broker, ``sweep_simulations`` computes it."""
    assert event.organization_id is not None
    transaction.on_commit(
        partial(simulate_part.delay, event.organization_id, event.part_id), robust=True
    )
