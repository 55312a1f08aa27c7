"""The monthly report: figures, issued reports that never change, a PDF with equal figures, sending
on the first of the month.
"""

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any

import pypdf
import pytest
import time_machine

from catalog.services import publish_matrix
from foundation.activity.models import Record
from foundation.core.classification import DEFAULT_MATRIX, Priority
from foundation.core.errors import Invalid
from foundation.notifications.models import OutboxMessage
from reports import queries, services
from reports.models import ReportIssue
from reports.queries.issues import hash_of
from sla.clocks.services import redate_clocks
from sla.policies.models import PolicyTarget
from sla.policies.services import publish_policy
from tests.support.calendars import publish, version_of
from tests.support.clocks import sweep
from tests.support.house import (
    DAY,
    HOUR,
    MONDAY_9AM,
    SETUP,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.tickets import step
from tickets import services as tickets
from tickets.models import Ticket
from tickets.services import TransitionDetails

MARCH = date(2026, 3, 1)
APRIL_1 = datetime(2026, 4, 1, 12, tzinfo=UTC)


def row(data: dict, metric: str, priority: str | None = None) -> dict:
    return next(r for r in data["compliance"] if (r["metric"], r["priority"]) == (metric, priority))


def test_figures_count_each_clock_once(house: House) -> None:
    served, late, rejected, running = (
        make_ticket(house, at=MONDAY_9AM + n * timedelta(seconds=1)) for n in range(4)
    )
    tickets.reply_to_customer(
        ticket=fresh(served),
        body="Hello.",
        by=by(house.agent),
        at=MONDAY_9AM + timedelta(minutes=10),
    )
    tickets.transition_ticket(
        ticket=fresh(rejected),
        name="reject",
        details=TransitionDetails(reason="No.", cause="other"),
        by=by(house.agent),
        at=MONDAY_9AM + timedelta(minutes=10),
    )
    tickets.reply_to_customer(
        ticket=fresh(late), body="Late.", by=by(house.agent), at=MONDAY_9AM + 2 * HOUR
    )

    data = queries.build_service_level(house.north, MARCH, MONDAY_9AM + timedelta(minutes=30))

    assert data["raised"] == 4
    assert {r["code"]: r["count"] for r in data["by_state"] if r["count"]} == {
        "new": 3,
        "rejected": 1,
    }
    assert row(data, "reaction", "high") == {
        "metric": "reaction",
        "priority": "high",
        "met": 1,
        "missed": 1,
        "running": 1,
        "withdrawn": 1,
        "earlier": 0,
        "compliance": 50.0,
    }
    assert [b["number"] for b in data["breaches"]] == [late.number]
    assert running.number in {t["number"] for t in data["tickets"]}


def test_a_month_is_the_customers_own_month(house: House) -> None:
    # 23:59 of 31 March in Mexico City
    make_ticket(house, at=datetime(2026, 4, 1, 5, 59, tzinfo=UTC))
    make_ticket(house, at=datetime(2026, 4, 1, 6, 0, tzinfo=UTC))

    assert queries.build_service_level(house.north, MARCH, APRIL_1)["raised"] == 1


def test_the_time_of_each_side_is_summed_within_the_month(house: House) -> None:
    ticket = make_ticket(house)
    details = tickets.TransitionDetails
    for name, hours, more in (("start", 1, {}), ("pend_user", 2, {"message": "Which?"})):
        at = MONDAY_9AM + hours * HOUR
        tickets.transition_ticket(
            ticket=fresh(ticket), name=name, details=details(**more), by=by(house.agent), at=at
        )
    tickets.reply_as_customer(
        ticket=fresh(ticket), body="This.", by=by(house.requester), at=MONDAY_9AM + 5 * HOUR
    )
    # half an hour before closing time, less than the reaction, on the last day but one
    late = make_ticket(house, at=datetime(2026, 3, 31, 0, 30, tzinfo=UTC))

    data = queries.build_service_level(house.north, MARCH, MONDAY_9AM + 6 * HOUR)
    assert data["turns"] == {"desk": 2 * 3600, "customer": 3 * 3600}  # what runs is not over
    (breach,) = [row for row in data["breaches"] if row["metric"] == "attention"] or [None]
    assert breach is None

    whole = queries.build_service_level(house.north, MARCH, APRIL_1 + timedelta(days=5))
    assert (
        whole["turns"]
        == queries.build_service_level(house.north, MARCH, APRIL_1 + timedelta(days=9))["turns"]
    )
    assert {row["number"]: row["turns"]["desk"] for row in whole["breaches"]}.get(
        late.number
    ) == 29.5 * 3600


def test_a_month_without_tickets_is_zeros(house: House) -> None:
    data = queries.build_service_level(house.north, MARCH, APRIL_1)

    assert (data["raised"], row(data, "reaction")["compliance"], data["tickets"]) == (0, None, [])


def served_month(house: House) -> Ticket:
    """Three tickets that were answered and solved, and one that waits; return that one."""
    for number, minutes in ((0, 10), (1, 90), (2, 200)):
        ticket = make_ticket(house, at=MONDAY_9AM + timedelta(hours=number))
        tickets.reply_to_customer(
            ticket=fresh(ticket),
            body="Hello.",
            by=by(house.agent),
            at=ticket.received_at + timedelta(minutes=minutes),
        )
        step(house, ticket, "start", ticket.received_at + 3 * HOUR)
        step(
            house,
            ticket,
            "solve",
            ticket.received_at + 4 * HOUR,
            message="Done.",
            solution_type="definitive",
        )
    return make_ticket(house, at=MONDAY_9AM + timedelta(days=28))


def change_every_term(house: House, at: datetime) -> None:
    """Publish other policies, another matrix and another calendar, and end the contract."""
    targets = [
        PolicyTarget(metric="reaction", priority=priority, minutes=1) for priority in Priority
    ]
    published: dict[str, Any] = {"effective_from": at, "by": SETUP, "at": at}
    publish_policy(organization=house.north, contract=house.contract, targets=targets, **published)
    publish_policy(organization=house.north, targets=targets, **published)
    publish_matrix(
        contract=house.contract, cells=dict.fromkeys(DEFAULT_MATRIX, Priority.LOW), **published
    )
    version = publish(house, at=at, effective_from=at)
    redate_clocks(version=version_of(version), at=at + HOUR)
    house.contract.ends_on = date(2026, 3, 31)
    house.contract.save()


def test_a_month_issued_again_after_every_term_has_changed_has_the_same_figures(
    house: House,
) -> None:
    waiting = served_month(house)
    month: dict[str, Any] = {"organization": house.north, "month": MARCH, "by": SETUP}
    first = services.request_report(**month, language="es", at=APRIL_1)
    at = APRIL_1 + HOUR
    change_every_term(house, at)
    tickets.reply_to_customer(
        ticket=fresh(waiting), body="At last.", by=by(house.agent), at=at + HOUR
    )

    later = at + 2 * HOUR
    again = services.request_report(**month, language="es", at=later)
    english = services.request_report(**month, language="en", at=later)

    assert (again.pk, english.data_sha256, english.cutoff_at) == (
        first.pk,
        first.data_sha256,
        first.cutoff_at,
    )
    ended = [row for row in first.data["compliance"] if row["running"] == 0]
    now = queries.build_service_level(house.north, MARCH, later)["compliance"]
    assert [row for row in now if row in ended] == ended


def test_an_issued_report_never_changes(house: House) -> None:
    make_ticket(house)
    first = services.request_report(
        organization=house.north, month=MARCH, language="es", by=SETUP, at=APRIL_1
    )
    sweep(APRIL_1)

    again = services.request_report(
        organization=house.north, month=MARCH, language="es", by=SETUP, at=APRIL_1 + HOUR
    )

    assert (again.pk, again.data_sha256) == (first.pk, first.data_sha256)
    row = Record.objects.get(verb="report.issued")
    assert (row.object_id, row.payload["sha256"]) == (first.pk, first.data_sha256)
    assert queries.figures(house.north, MARCH, "es", APRIL_1 + HOUR) == first.data


def test_a_running_month_is_made_anew_only_when_its_figures_changed(house: House) -> None:
    at = MONDAY_9AM + timedelta(minutes=1)
    make_ticket(house)
    one = services.request_report(
        organization=house.north, month=MARCH, language="es", by=SETUP, at=at
    )
    same = services.request_report(
        organization=house.north, month=MARCH, language="es", by=SETUP, at=at + HOUR / 4
    )
    make_ticket(house)
    two = services.request_report(
        organization=house.north, month=MARCH, language="es", by=SETUP, at=at + HOUR / 2
    )

    assert (one.pk == same.pk, two.version, two.data["raised"]) == (True, 2, 2)


@pytest.mark.parametrize(
    ("language", "title"),
    [("es", "Reporte de niveles de servicio"), ("en", "Service-level report")],
)
def test_the_pdf_shows_the_figures(house: House, language: str, title: str) -> None:
    ticket = make_ticket(house, subject="Canary <b>bold</b>")
    issue = services.request_report(
        organization=house.north, month=MARCH, language=language, by=SETUP, at=APRIL_1
    )

    assert services.make_report(issue_id=issue.pk, at=APRIL_1) is True
    assert services.make_report(issue_id=issue.pk, at=APRIL_1) is False

    issue = ReportIssue.objects.select_related("pdf").get(pk=issue.pk)
    assert issue.pdf is not None
    with issue.pdf.file.open("rb") as stream:
        text = " ".join(
            page.extract_text() for page in pypdf.PdfReader(BytesIO(stream.read())).pages
        )
    for expected in (title, ticket.number, "Canary <b>bold</b>", issue.data_sha256[:20]):
        assert expected in " ".join(text.split()), expected


def test_last_months_report_is_sent_by_itself_once_on_the_first(house: House) -> None:
    make_ticket(house)
    assert (
        services.issue_monthly_report(
            organization=house.north, at=datetime(2026, 3, 31, 12, tzinfo=UTC)
        )
        is None
    )

    issue = services.issue_monthly_report(organization=house.north, at=APRIL_1)
    again = services.issue_monthly_report(organization=house.north, at=APRIL_1 + HOUR)
    assert issue is not None
    assert again == issue
    services.make_report(issue_id=issue.pk, at=APRIL_1)

    sent = OutboxMessage.objects.filter(template="monthly_report")
    assert [(m.to_email, m.attachment_name) for m in sent] == [
        ("report_recipient@north.example", "north-2026-03-v1.pdf")
    ]


def test_a_report_asked_for_before_the_first_of_the_month_is_sent_once_it_is_ready(
    house: House,
) -> None:
    issue = services.request_report(
        organization=house.north,
        month=MARCH,
        language=house.contract.report_language,
        by=SETUP,
        at=APRIL_1,
    )
    assert services.issue_monthly_report(organization=house.north, at=APRIL_1 + HOUR) == issue
    assert not OutboxMessage.objects.filter(template="monthly_report").exists()

    services.make_report(issue_id=issue.pk, at=APRIL_1 + 2 * HOUR)

    assert OutboxMessage.objects.filter(template="monthly_report").count() == 1


def test_a_report_that_an_outage_delayed_is_sent_until_the_third(house: House) -> None:
    on_the_third = services.issue_monthly_report(organization=house.north, at=APRIL_1 + 2 * DAY)

    assert services.issue_monthly_report(organization=house.south, at=APRIL_1 + 3 * DAY) is None
    assert on_the_third is not None
    assert on_the_third.month == MARCH


def test_the_waiting_page_reloads_as_soon_as_the_pdf_exists(house: House, sign_in: Any) -> None:
    client = sign_in(house.people["coordinator"])
    path = "/reports/north/2026-03/pdf/"
    with time_machine.travel(APRIL_1, tick=False):
        assert client.get(path).status_code == 202
    services.make_report(issue_id=ReportIssue.objects.get().pk, at=APRIL_1)

    client = sign_in(house.people["coordinator"])  # the other session has been idle since April
    polled = client.get(path, headers={"HX-Request": "true"})
    assert (polled.status_code, polled["HX-Refresh"], polled.content) == (200, "true", b"")
    pdf = client.get(path)
    assert (pdf["Content-Type"], pdf.getvalue()[:5]) == ("application/pdf", b"%PDF-")
    pdf.close()


@pytest.mark.parametrize("text", ["2000-01", "2100-12"])
def test_a_month_of_this_century_is_read(text: str) -> None:
    assert queries.parse_month(text).isoformat() == f"{text}-01"


@pytest.mark.parametrize("text", ["2026-13", "March", "", "2026-03-01", "1999-12", "2101-01"])
def test_a_wrong_month_says_how_to_write_it(text: str) -> None:
    with pytest.raises(Invalid, match="YYYY-MM|AAAA-MM"):
        queries.parse_month(text)


def test_the_digest_of_figures_does_not_depend_on_their_order() -> None:
    assert hash_of({"b": [1, "ñ"], "a": 2}) == hash_of({"a": 2, "b": [1, "ñ"]})
    assert hash_of({"a": 2, "b": [1, "ñ"]}) == sha256('{"a":2,"b":[1,"ñ"]}'.encode()).hexdigest()


def test_months_follow_each_other_over_the_year() -> None:
    assert queries.following_month(date(2026, 12, 1)) == date(2027, 1, 1)
    assert queries.preceding_month(date(2026, 1, 1)) == date(2025, 12, 1)
