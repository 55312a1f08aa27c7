"""Issued reports: which issue a reader gets, which are due, and what a failed one leaves alone."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from foundation.core.errors import NotFound
from reports import services
from reports.models import ReportIssue, ReportStatus
from reports.queries.issues import due_issues, get_issue, issued_report, published_report
from tests.support.house import HOUR, House, by

MARCH = date(2026, 3, 1)
APRIL_1 = datetime(2026, 4, 1, 12, tzinfo=UTC)


def request(house: House, language: str, at: datetime = APRIL_1) -> ReportIssue:
    return services.request_report(
        organization=house.north,
        month=MARCH,
        language=language,
        by=by(house.staff["desk_manager"]),
        at=at,
    )


def test_a_reader_gets_the_issue_of_the_given_key(house: House) -> None:
    first = request(house, "es")
    second = request(house, "en")

    found = [get_issue(house.staff["desk_manager"], issue.pk) for issue in (second, first)]

    assert found == [second, first]


def test_an_agent_and_an_unknown_key_get_the_same_refusal(house: House) -> None:
    issue = request(house, "es")

    for user, key in ((house.agent, issue.pk), (house.staff["desk_manager"], issue.pk + 1)):
        with pytest.raises(NotFound):
            get_issue(user, key)


def test_each_language_has_its_own_issue_and_the_first_is_the_published_one(house: House) -> None:
    spanish = request(house, "es")
    english = request(house, "en", APRIL_1 + HOUR)

    assert issued_report(house.north.pk, MARCH, "es") == spanish
    assert issued_report(house.north.pk, MARCH, "en") == english
    assert published_report(house.north.pk, MARCH) == spanish
    assert published_report(house.north.pk, date(2026, 2, 1)) is None


def test_due_issues_are_the_oldest_waiting_ones_up_to_the_limit(house: House) -> None:
    spanish = request(house, "es")
    english = request(house, "en", APRIL_1 + HOUR)
    at = APRIL_1 + HOUR

    assert due_issues(at, 5) == [(house.north.pk, spanish.pk), (house.north.pk, english.pk)]
    assert due_issues(at, 1) == [(house.north.pk, spanish.pk)]
    assert due_issues(APRIL_1, 5) == [(house.north.pk, spanish.pk)]
    ReportIssue.objects.filter(pk=spanish.pk).update(status=ReportStatus.READY)
    assert due_issues(at, 5) == [(house.north.pk, english.pk)]


def test_an_issue_that_fails_leaves_the_other_issues_as_they_are(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = request(house, "es")
    other = request(house, "en")

    def broken(*_args: Any, **_options: Any) -> bytes:
        raise ValueError("No fonts.")

    monkeypatch.setattr("reports.services.issuing.service_level_pdf", broken)
    assert services.make_report(issue_id=failing.pk, at=APRIL_1) is False

    failing.refresh_from_db()
    other.refresh_from_db()
    assert (failing.status, failing.attempts, failing.last_error) == ("queued", 1, "No fonts.")
    assert (other.status, other.attempts, other.last_error) == ("queued", 0, "")
    assert other.run_after == APRIL_1
