"""Issued reports: which issue is found beside others, its page and its PDF."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine

from foundation.core.errors import NotFound
from reports import queries, services
from reports.models import ReportIssue, ReportStatus
from tests.support.house import HOUR, SECOND, House, by

MARCH = date(2026, 3, 1)
FEBRUARY = date(2026, 2, 1)
APRIL_1 = datetime(2026, 4, 1, 12, tzinfo=UTC)


def add(house: House, **values: Any) -> ReportIssue:
    made: ReportIssue = ReportIssue.objects.create(
        **(
            {
                "organization": house.north,
                "month": MARCH,
                "language": "en",
                "is_final": True,
                "data": {},
                "data_sha256": "0" * 64,
                "cutoff_at": APRIL_1,
                "requested_at": APRIL_1,
                "run_after": APRIL_1,
            }
            | values
        )
    )
    return made


def add_others(house: House) -> None:
    """Add issues that differ from the wanted one in a single field, with the highest versions."""
    add(house, organization=house.south, version=8)
    add(house, month=FEBRUARY, version=8, cutoff_at=APRIL_1 - 3 * HOUR)
    add(house, version=9, is_final=False, cutoff_at=APRIL_1 - 3 * HOUR)


def test_the_newest_final_issue_of_the_month_and_language_is_found(house: House) -> None:
    add(house, version=1)
    wanted = add(house, version=2)
    add(house, language="es", version=7)
    add_others(house)
    north = house.north.pk

    assert queries.issued_report(north, MARCH, "en") == wanted
    assert queries.issued_report(north, MARCH, "fr") is None
    assert queries.issued_report(north, date(2026, 1, 1), "en") is None


def test_the_published_figures_are_those_of_the_first_final_issue(house: House) -> None:
    add_others(house)
    ReportIssue.objects.filter(organization=house.south).update(cutoff_at=APRIL_1 - 3 * HOUR)
    later = add(house, version=1, cutoff_at=APRIL_1)
    first = add(house, language="es", cutoff_at=APRIL_1 - HOUR)

    assert queries.published_report(house.north.pk, MARCH) == first != later
    assert queries.published_report(house.north.pk, date(2026, 1, 1)) is None


def test_an_issue_is_found_by_its_id_for_who_may_read_it(house: House) -> None:
    add(house, version=1)
    wanted = add(house, version=2)
    manager = house.staff["desk_manager"]

    assert queries.get_issue(manager, wanted.pk) == wanted
    assert queries.get_issue(house.people["report_recipient"], wanted.pk) == wanted
    for person in (house.requester, house.outsider, house.agent):
        with pytest.raises(NotFound):
            queries.get_issue(person, wanted.pk)
    with pytest.raises(NotFound):
        queries.get_issue(manager, wanted.pk + 1000)


def test_the_oldest_due_issues_come_first_up_to_the_limit(house: House) -> None:
    later = add(house, version=1, status=ReportStatus.MAKING)
    sooner = add(house, version=2, run_after=APRIL_1 - HOUR)
    add(house, version=3, status=ReportStatus.READY)
    add(house, version=4, status=ReportStatus.FAILED)
    north = house.north.pk

    assert queries.due_issues(APRIL_1 - SECOND, 10) == [(north, sooner.pk)]
    assert queries.due_issues(APRIL_1, 1) == [(north, sooner.pk)]
    assert queries.due_issues(APRIL_1, 10) == [(north, sooner.pk), (north, later.pk)]


def test_the_figures_are_those_of_the_issue_and_current_ones_without_it(house: House) -> None:
    add(house, data={"month": "as issued"})

    assert queries.figures(house.north, MARCH, "en", APRIL_1) == {"month": "as issued"}
    assert queries.figures(house.north, MARCH, "es", APRIL_1) == queries.build_service_level(
        house.north, MARCH, APRIL_1
    )


def test_the_page_shows_the_month_asked_for_or_the_local_one(house: House, sign_in: Any) -> None:
    client = sign_in(house.staff["desk_manager"])
    path = "/admin/reports/?organization=north"

    # 04:00 in UTC on the first is still the day before in Mexico City
    with time_machine.travel(datetime(2026, 4, 1, 4, tzinfo=UTC), tick=False):
        current = client.get(path).context
    with time_machine.travel(datetime(2026, 4, 1, 6, tzinfo=UTC), tick=False):
        client.force_login(
            house.staff["desk_manager"],
            backend="allauth.account.auth_backends.AuthenticationBackend",
        )
        past = client.get(f"{path}&month=2026-03").context

    assert (current["month"], current["has_ended"], current["issue"]) == (MARCH, False, None)
    assert (past["month"], past["has_ended"]) == (MARCH, True)
    assert (past["previous"], past["following"]) == (FEBRUARY, date(2026, 4, 1))
    assert past["organization"] == house.north
    assert past["report"]["month"] == "2026-03"


def test_the_page_shows_the_figures_of_the_issued_report(house: House, sign_in: Any) -> None:
    person = house.staff["desk_manager"]
    person.language = "en"
    person.save()
    data = queries.build_service_level(house.north, MARCH, APRIL_1) | {"month": "2026-03"}
    wanted = add(house, data=data | {"marked": "as issued"})

    with time_machine.travel(APRIL_1, tick=False):
        context = sign_in(person).get("/admin/reports/?organization=north&month=2026-03").context

    assert (context["issue"], context["report"]["marked"]) == (wanted, "as issued")


@pytest.mark.parametrize("role", ["desk_manager", "report_recipient"])
def test_the_pdf_is_waited_for_and_then_served(house: House, sign_in: Any, role: str) -> None:
    person = house.staff.get(role) or house.people[role]
    prefix = "/admin" if role in house.staff else ""
    path = f"{prefix}/reports/north/2026-03/pdf/"

    with time_machine.travel(APRIL_1, tick=False):
        client = sign_in(person)
        waits = client.get(path)
        polled = client.get(path, headers={"HX-Request": "true"})
        issue = ReportIssue.objects.get()
        services.make_report(issue_id=issue.pk, at=APRIL_1)
        reloads = client.get(path, headers={"HX-Request": "true"})
        served = client.get(path)

    assert (waits.status_code, polled.status_code) == (202, 202)
    assert waits.context["issue"] == issue
    assert (reloads.status_code, reloads.headers.get("HX-Refresh")) == (200, "true")
    assert served.headers["Content-Type"] == "application/pdf"
    assert 'filename="north-2026-03-v1.pdf"' in served.headers["Content-Disposition"]
    assert b"".join(served.streaming_content if served.streaming else [served.content])[:4] == (
        b"%PDF"
    )
    assert issue.requested_by == person


def test_an_issue_that_is_not_ready_is_not_served_even_with_a_file(
    house: House, sign_in: Any
) -> None:
    with time_machine.travel(APRIL_1, tick=False):
        client = sign_in(house.staff["desk_manager"])
        path = "/admin/reports/north/2026-03/pdf/"
        client.get(path)
        issue = ReportIssue.objects.get()
        services.make_report(issue_id=issue.pk, at=APRIL_1)
        ReportIssue.objects.update(status=ReportStatus.MAKING)

        assert client.get(path).status_code == 202


def test_a_person_without_the_role_cannot_request_a_report(house: House, sign_in: Any) -> None:
    with time_machine.travel(APRIL_1, tick=False):
        assert sign_in(house.agent).get("/admin/reports/north/2026-03/pdf/").status_code == 404
        assert sign_in(house.requester).get("/reports/north/2026-03/pdf/").status_code == 404

    with pytest.raises(Exception, match="may not read"):
        services.request_report(
            organization=house.north,
            month=MARCH,
            language="en",
            by=by(house.requester),
            at=APRIL_1,
        )
    assert not ReportIssue.objects.exists()
