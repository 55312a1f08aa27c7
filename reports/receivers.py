from foundation.core.enqueuing import enqueue_after_commit
from reports.events import ReportRequested, SimulationRequested
from reports.tasks import make_report, simulate_part


def on_report_requested(event: ReportRequested) -> None:
    """Start the worker after the commit; without a broker, ``sweep_reports`` makes the PDF."""
    assert event.organization_id is not None
    enqueue_after_commit(make_report, event.organization_id, event.issue_id)


def on_simulation_requested(event: SimulationRequested) -> None:
    """Start the worker after the commit; without a broker, ``sweep_simulations`` computes it."""
    assert event.organization_id is not None
    enqueue_after_commit(simulate_part, event.organization_id, event.part_id)
