"""Claims of reports and of parts of a simulation: attempts, leases, and which row is written."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from foundation.activity.models import Record
from foundation.notifications.models import OutboxMessage
from reports import services
from reports.models import PartStatus, ReportIssue, ReportStatus, SimulationPart
from reports.rendering import service_level_pdf
from reports.services import NewSimulation, issuing, simulating
from sla.simulation.drafts import IN_FORCE
from tests.support.house import HOUR, House, by, make_ticket

MARCH = date(2026, 3, 1)
APRIL_1 = datetime(2026, 4, 1, 12, tzinfo=UTC)


def request(house: House, organization: Any) -> ReportIssue:
    return services.request_report(
        organization=organization,
        month=MARCH,
        language="es",
        by=by(house.staff["desk_manager"]),
        at=APRIL_1,
    )


def part_of(house: House) -> SimulationPart:
    make_ticket(house)
    wanted = NewSimulation(
        name="Trial",
        draft=IN_FORCE.as_data(),
        organizations=[house.north],
        first_month=MARCH,
        last_month=MARCH,
    )
    services.request_simulation(wanted=wanted, by=by(house.staff["desk_manager"]), at=APRIL_1)
    return SimulationPart.objects.get()


def broken(*_args: Any, **_options: Any) -> Any:
    raise RuntimeError("x" * 3000)


def test_a_failure_is_noted_on_its_own_report_and_tried_again_after_the_pause(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = request(house, house.south)
    issue = request(house, house.north)
    monkeypatch.setattr("reports.services.issuing.service_level_pdf", broken)

    assert services.make_report(issue_id=issue.pk, at=APRIL_1) is False

    issue.refresh_from_db()
    other.refresh_from_db()
    assert (issue.status, issue.attempts, len(issue.last_error)) == (ReportStatus.QUEUED, 1, 2000)
    assert issue.run_after == APRIL_1 + issuing.RETRY
    assert f"The PDF of report {issue.pk} could not be made" in caplog.text
    assert (other.status, other.attempts, other.last_error) == (ReportStatus.QUEUED, 0, "")


def test_a_report_is_given_up_after_the_last_attempt_and_not_before(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue = request(house, house.north)
    monkeypatch.setattr("reports.services.issuing.service_level_pdf", broken)

    states = []
    for attempt in range(issuing.MAX_ATTEMPTS):
        services.make_report(issue_id=issue.pk, at=APRIL_1 + attempt * HOUR)
        issue.refresh_from_db()
        states.append(issue.status)

    assert states == [ReportStatus.QUEUED] * (issuing.MAX_ATTEMPTS - 1) + [ReportStatus.FAILED]


def test_only_the_finished_report_becomes_ready(house: House) -> None:
    other = request(house, house.south)
    issue = request(house, house.north)

    assert services.make_report(issue_id=issue.pk, at=APRIL_1) is True

    issue.refresh_from_db()
    other.refresh_from_db()
    assert (issue.status, other.status, other.pdf_id) == (
        ReportStatus.READY,
        ReportStatus.QUEUED,
        None,
    )
    assert not OutboxMessage.objects.filter(template="monthly_report").exists()


def test_a_simulation_is_recorded_for_each_of_its_customers(house: House) -> None:
    part = part_of(house)

    row = Record.objects.get(verb="simulation.requested")
    assert (row.organization_id, row.object_type, row.object_id, row.at) == (
        house.north.pk,
        "simulation",
        part.simulation_id,
        APRIL_1,
    )
    assert row.person_id == house.staff["desk_manager"].pk


def test_a_part_counts_its_attempts_and_is_given_up_after_the_last(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = part_of(house)
    monkeypatch.setattr(simulating, "_compute", broken)

    found = []
    for attempt in range(simulating.MAX_ATTEMPTS):
        at = APRIL_1 + (attempt + 1) * simulating.LEASE
        assert services.run_part(part_id=part.pk, at=at) is False
        assert services.run_part(part_id=part.pk, at=at + simulating.LEASE / 2) is False
        part.refresh_from_db()
        found.append((part.status, part.attempts))

    queued = [(PartStatus.QUEUED, number) for number in range(1, simulating.MAX_ATTEMPTS)]
    assert found == [*queued, (PartStatus.FAILED, simulating.MAX_ATTEMPTS)]
    assert len(part.last_error) == 2000
    assert services.run_part(part_id=part.pk, at=APRIL_1 + 100 * HOUR) is False


def test_a_finished_part_is_not_computed_again(house: House) -> None:
    part = part_of(house)

    assert services.run_part(part_id=part.pk, at=APRIL_1) is True
    assert services.run_part(part_id=part.pk, at=APRIL_1 + 100 * HOUR) is False

    part.refresh_from_db()
    assert (part.status, part.attempts) == (PartStatus.READY, 1)


def test_a_report_that_a_rival_has_made_meanwhile_keeps_the_rivals_pdf_and_is_sent_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue = request(house, house.north)
    ReportIssue.objects.filter(pk=issue.pk).update(send_when_ready=True)
    real = service_level_pdf

    def slow(*args: Any, **options: Any) -> bytes:
        monkeypatch.setattr("reports.services.issuing.service_level_pdf", real)
        services.make_report(issue_id=issue.pk, at=APRIL_1 + 2 * issuing.LEASE)
        issue.refresh_from_db()
        return b"the PDF of the slow worker"

    monkeypatch.setattr("reports.services.issuing.service_level_pdf", slow)
    services.make_report(issue_id=issue.pk, at=APRIL_1)

    rivals = issue.pdf_id
    issue.refresh_from_db()
    assert (issue.status, issue.pdf_id) == (ReportStatus.READY, rivals)
    assert OutboxMessage.objects.filter(template="monthly_report").count() == 1
