"""The report's PDF over the API: while it is made, when it failed, and refusals as JSON."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from reports.models import ReportIssue, ReportStatus
from reports.services import make_report
from tests.support.house import DAY, MONDAY_9AM, House, make_ticket

QUERY = "?organization=north&month=2026-03"


pytestmark = pytest.mark.usefixtures("monday")


def test_an_unfinished_report_names_the_address_to_poll(house: House, api: Any) -> None:
    make_ticket(house)
    manager = api(house.staff["desk_manager"])
    waiting = manager.get(f"reports/service-level.pdf{QUERY}")
    address = urlsplit(waiting["Location"]).path.removeprefix("/api/v1/")
    issue = ReportIssue.objects.get()

    still = manager.get(address)
    make_report(issue_id=issue.pk, at=MONDAY_9AM + 400 * DAY)
    ready = manager.get(address)

    assert (waiting.status_code, waiting["Content-Type"]) == (202, "application/json")
    assert waiting["Location"] == f"{settings.MESA_URL}/api/v1/{address}"
    assert waiting.json() == {"status": issue.status, "location": waiting["Location"]}
    assert (still.status_code, still["Retry-After"]) == (202, "2")
    assert (ready.status_code, b"".join(ready.streaming_content)[:5]) == (200, b"%PDF-")


def test_a_failed_report_is_answered_as_failed(house: House, api: Any) -> None:
    make_ticket(house)
    manager = api(house.staff["desk_manager"])
    waiting = manager.get(f"reports/service-level.pdf{QUERY}")
    ReportIssue.objects.update(status=ReportStatus.FAILED)

    refused = manager.get(urlsplit(waiting["Location"]).path.removeprefix("/api/v1/"))

    assert (refused.status_code, refused.json()["code"]) == (400, "report_failed")


def test_a_refused_pdf_is_answered_as_json(house: House, api: Any) -> None:
    refused = api(house.requester).get("reports/service-level.pdf?organization=south&month=2026-03")

    assert (refused.status_code, refused["Content-Type"]) == (404, "application/json")
    assert refused.json()["code"] == "not_found"


def test_another_person_does_not_get_the_report(house: House, api: Any) -> None:
    make_ticket(house)
    waiting = api(house.staff["desk_manager"]).get(f"reports/service-level.pdf{QUERY}")

    address = urlsplit(waiting["Location"]).path.removeprefix("/api/v1/")

    assert api(house.outsider).get(address).status_code == 404
