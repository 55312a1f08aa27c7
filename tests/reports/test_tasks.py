"""The tasks of reports: one claim each, a lapsed claim is taken over, one failure does not stop the
others.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from foundation.notifications.models import OutboxMessage
from reports import services, tasks
from reports.models import ReportIssue, ReportStatus, SimulationPart
from reports.services import NewSimulation
from reports.services.issuing import LEASE
from sla.simulation.drafts import IN_FORCE
from tests.support.house import HOUR, House, by, make_ticket

MARCH = date(2026, 3, 1)
APRIL_1 = datetime(2026, 4, 1, 12, tzinfo=UTC)


def request(house: House, organization: Any = None, language: str = "es") -> ReportIssue:
    return services.request_report(
        organization=organization or house.north,
        month=MARCH,
        language=language,
        by=by(house.staff["desk_manager"]),
        at=APRIL_1,
    )


def simulate_both(house: House) -> None:
    """Ask for a simulation of two customers, with a ticket each."""
    make_ticket(house)
    make_ticket(house, organization=house.south, requester=house.outsider)
    services.request_simulation(
        wanted=NewSimulation(
            name="Trial",
            draft=IN_FORCE.as_data(),
            organizations=[house.north, house.south],
            first_month=MARCH,
            last_month=MARCH,
        ),
        by=by(house.staff["desk_manager"]),
        at=APRIL_1,
    )


def state(issue: ReportIssue) -> tuple[str, int]:
    issue.refresh_from_db()
    return issue.status, issue.attempts


def test_a_report_that_one_worker_makes_is_not_made_by_a_second(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue = request(house)
    second = []

    def pdf(*_args: Any, **_options: Any) -> bytes:
        second.append(services.make_report(issue_id=issue.pk, at=APRIL_1 + timedelta(seconds=1)))
        return b"%PDF-1.7 made once"

    monkeypatch.setattr("reports.services.issuing.service_level_pdf", pdf)

    assert services.make_report(issue_id=issue.pk, at=APRIL_1) is True
    assert second == [False]
    assert state(issue) == (ReportStatus.READY, 1)
    assert services.make_report(issue_id=issue.pk, at=APRIL_1 + HOUR) is False
    assert state(issue) == (ReportStatus.READY, 1)


def test_the_claim_of_a_worker_that_died_lapses(house: House) -> None:
    issue = request(house)
    ReportIssue.objects.filter(pk=issue.pk).update(
        status=ReportStatus.MAKING, run_after=APRIL_1 + LEASE, attempts=1
    )

    assert services.make_report(issue_id=issue.pk, at=APRIL_1 + LEASE - HOUR / 3600) is False
    assert services.make_report(issue_id=issue.pk, at=APRIL_1 + LEASE) is True
    assert state(issue) == (ReportStatus.READY, 2)


def test_the_sweep_makes_each_customers_report_in_its_scope(house: House) -> None:
    issues = [request(house), request(house, house.south, "en")]

    with time_machine.travel(APRIL_1 - HOUR, tick=False):
        assert tasks.sweep_reports() == 0
    with time_machine.travel(APRIL_1, tick=False):
        assert tasks.sweep_reports() == 2
        assert tasks.sweep_reports() == 0

    assert [state(issue) for issue in issues] == [(ReportStatus.READY, 1)] * 2
    assert all(issue.pdf_id for issue in issues)


def test_a_report_that_fails_is_tried_again_and_given_up_visibly(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue = request(house)

    def broken(*_args: Any, **_options: Any) -> bytes:
        raise RuntimeError("no fonts")

    monkeypatch.setattr("reports.services.issuing.service_level_pdf", broken)
    found = []
    for hour in range(10):
        services.make_report(issue_id=issue.pk, at=APRIL_1 + hour * HOUR)
        found.append(state(issue)[0])
        if found[-1] == ReportStatus.FAILED:
            break

    assert found[:-1] == [ReportStatus.QUEUED] * (len(found) - 1)
    assert found[-1] == ReportStatus.FAILED
    assert (len(found), issue.last_error) == (issue.attempts, "no fonts")


def test_a_failed_report_does_not_stop_the_reports_of_other_customers(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_ticket(house)
    issue_one = services.issue_monthly_report

    def fail_north(*, organization: Any, at: datetime) -> Any:
        if organization == house.north:
            raise RuntimeError("north fails")
        return issue_one(organization=organization, at=at)

    monkeypatch.setattr(services, "issue_monthly_report", fail_north)
    with time_machine.travel(APRIL_1, tick=False):
        tasks.issue_monthly_reports()
        tasks.issue_monthly_reports()

    found = ReportIssue.objects.values_list("organization__slug", "month", "is_final")
    assert list(found) == [("south", MARCH, True)]
    assert f"organization {house.north.pk}" in caplog.text
    assert not OutboxMessage.objects.filter(template="monthly_report").exists()


def test_parts_of_simulations_are_swept_once(house: House) -> None:
    simulate_both(house)

    with time_machine.travel(APRIL_1, tick=False):
        assert tasks.sweep_simulations() == 2
        assert tasks.sweep_simulations() == 0

    assert set(SimulationPart.objects.values_list("status", flat=True)) == {"ready"}


def test_a_part_that_ends_leaves_the_part_of_another_worker_alone(house: House) -> None:
    simulate_both(house)
    first, second = SimulationPart.objects.order_by("pk")
    SimulationPart.objects.filter(pk=second.pk).update(
        status="running", attempts=1, run_after=APRIL_1 + HOUR
    )

    services.run_part(part_id=first.pk, at=APRIL_1)

    states = SimulationPart.objects.order_by("pk").values_list("status", flat=True)
    assert list(states) == ["ready", "running"]


def test_a_pdf_that_is_lost_is_made_again_from_the_same_figures(house: House) -> None:
    issue = request(house)
    services.make_report(issue_id=issue.pk, at=APRIL_1)
    issue.refresh_from_db()
    assert issue.pdf is not None
    Path(issue.pdf.file.path).unlink()

    again = request(house)
    waiting = state(issue)
    made = services.make_report(issue_id=issue.pk, at=APRIL_1)

    assert (again.pk, waiting, made) == (issue.pk, (ReportStatus.QUEUED, 0), True)
    whole = ReportIssue.objects.get(pk=issue.pk)
    assert whole.pdf is not None
    assert (whole.pdf.is_whole, whole.data_sha256) == (True, issue.data_sha256)
    assert request(house).status == ReportStatus.READY


def test_each_customer_and_language_counts_its_own_versions(house: House) -> None:
    at = datetime(2026, 3, 20, 12, tzinfo=UTC)

    def issue(organization: Any, language: str) -> tuple[int, int]:
        made = services.request_report(
            organization=organization,
            month=MARCH,
            language=language,
            by=by(house.staff["desk_manager"]),
            at=at,
        )
        return made.organization_id, made.version

    first = issue(house.north, "es")
    make_ticket(house)
    second = issue(house.north, "es")

    assert (first, second) == ((house.north.pk, 1), (house.north.pk, 2))
    assert issue(house.south, "es") == (house.south.pk, 1)
    assert issue(house.north, "en") == (house.north.pk, 1)
