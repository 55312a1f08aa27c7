"""The API: tokens, tickets, idempotency, versions, refusals as {code, detail, fields}, reports."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from api.idempotency import lock_numbers
from api.tickets.serializers import ClockSerializer, TicketListSerializer, TicketSerializer
from escalation.models import Escalation
from foundation.accounts.models import ApiToken, Membership
from foundation.accounts.services import issue_service_account_token, issue_user_token
from foundation.notifications.models import OutboxMessage
from reports.services import make_report
from tests.support.api import Api
from tests.support.house import (
    MONDAY_9AM,
    SETUP,
    House,
    make_ticket,
)
from tickets.models import Message, Ticket

NEW = {
    "subject": "Tax is doubled",
    "description": "Since the patch.",
    "kind": "incident",
    "service": "erp",
    "impact": "minor",
    "urgency": "critical",
}
STALE_ETAG = '"99"'


def test_the_main_job_over_the_api(house: House, api: Any) -> None:
    customer = api(house.requester)
    agent = api(house.agent)
    with time_machine.travel(MONDAY_9AM, tick=False) as clock:
        created = customer.post("tickets/", NEW)
        body = created.json()
        assert created.status_code == 201
        assert (body["number"], body["priority"], body["state"], created["ETag"]) == (
            Ticket.objects.get().number,
            "high",
            "new",
            '"1"',
        )
        assert [(c["metric"], c["state"], c["due_at"]) for c in body["clocks"]] == [
            ("reaction", "running", "2026-03-02T16:00:00Z"),
            ("attention", "running", "2026-03-03T01:00:00Z"),
        ]
        path = f"tickets/{body['number']}/"
        clock.shift(timedelta(minutes=5))
        assert agent.post(f"{path}replies/", {"body": "We look."}).status_code == 201
        assert (
            agent.post(
                f"{path}replies/",
                {"body": "Plan.", "kind": "statement", "estimated_at": "2026-03-02T20:00:00Z"},
            ).status_code
            == 201
        )
        assert (
            agent.post(f"{path}transitions/", {"transition": "start"}).json()["state"]
            == "in_progress"
        )
        clock.shift(timedelta(minutes=5))
        solved = agent.post(
            f"{path}transitions/",
            {"transition": "solve", "solution_type": "definitive", "message": "Done."},
        )
        assert solved.json()["state"] == "solved"
        closed = customer.post(f"{path}transitions/", {"transition": "approve"}).json()
    assert (closed["state"], closed["closure_code"], [c["is_met"] for c in closed["clocks"]]) == (
        "closed",
        "approved",
        [True, True, True],
    )


def test_the_same_idempotency_key_raises_one_ticket(house: House, api: Any) -> None:
    customer = api(house.requester)

    first = customer.post("tickets/", NEW, Idempotency_Key="k1")
    second = customer.post("tickets/", NEW, Idempotency_Key="k1")
    other = customer.post("tickets/", {**NEW, "subject": "Another"}, Idempotency_Key="k1")
    stranger = api(house.outsider).post("tickets/", NEW, Idempotency_Key="k1")

    assert (first.status_code, second.status_code, second["Idempotent-Replay"]) == (
        201,
        201,
        "true",
    )
    assert first.json() == second.json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert stranger.status_code == 201
    assert Ticket.objects.count() == 2
    assert OutboxMessage.objects.filter(template="ticket_received").count() == 2


def test_a_step_sent_twice_under_one_key_is_taken_once_and_answered_twice(
    house: House, api: Any
) -> None:
    ticket = make_ticket(house)
    agent = api(house.agent)
    path = f"tickets/{ticket.number}/transitions/"
    step = {"transition": "start"}

    first, second = (agent.post(path, step, Idempotency_Key="s1") for _ in range(2))

    assert (first.status_code, second.status_code, second["Idempotent-Replay"]) == (
        200,
        200,
        "true",
    )
    assert first.json() == second.json()
    assert agent.post(path, step).status_code == 409  # without the key the step is impossible now


@pytest.mark.skipif(
    connection.vendor != "postgresql",
    reason="SQLite has one writer at a time: nothing is ever in flight beside another",
)
def test_a_key_that_is_still_at_work_elsewhere_is_409(house: House, api: Any) -> None:
    customer = api(house.requester)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_lock(%s, %s)",
            lock_numbers(f"token {ApiToken.objects.get().pk}", "k1"),
        )
    try:
        busy = customer.post("tickets/", NEW, Idempotency_Key="k1")
    finally:
        other.close()
    after = customer.post("tickets/", NEW, Idempotency_Key="k1")

    assert (busy.status_code, busy.json()["code"], after.status_code) == (
        409,
        "idempotency_key_in_flight",
        201,
    )
    assert Ticket.objects.count() == 1


def test_answers_have_the_shape_that_the_schema_promises(house: House, api: Any) -> None:
    created = api(house.requester).post("tickets/", NEW).json()
    listed = api(house.requester).get("tickets/").json()["results"][0]
    shown = api(house.requester).get(f"tickets/{created['number']}/").json()

    assert set(created) == set(shown) == set(TicketSerializer().fields)
    assert set(listed) == set(TicketListSerializer().fields)
    assert {name: shown[name] for name in listed} == listed
    assert created == shown
    assert set(listed["clocks"][0]) == set(ClockSerializer().fields)
    assert listed["next_due_at"] == listed["clocks"][0]["due_at"]
    assert listed["turn"] == "desk"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"service": "nonsense"}, "service"),
        ({"impact": "huge"}, "impact"),
        ({"subject": ""}, "subject"),
        ({"organization": "south"}, "organization"),
    ],
)
def test_wrong_fields_are_listed_and_nothing_is_written(
    house: House, api: Any, change: dict[str, str], field: str
) -> None:
    response = api(house.requester).post("tickets/", {**NEW, **change})

    assert response.status_code == 400
    assert set(response.json()) == {"code", "detail", "fields"}
    assert field in response.json()["fields"]
    assert Ticket.objects.count() == 0


def test_another_customers_ticket_does_not_exist(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    stranger = api(house.outsider)

    for response in (
        stranger.get(f"tickets/{ticket.number}/"),
        stranger.post(f"tickets/{ticket.number}/replies/", {"body": "x"}),
        stranger.post(
            f"tickets/{ticket.number}/transitions/", {"transition": "cancel", "reason": "x"}
        ),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert stranger.get("tickets/").json()["results"] == []
    report = stranger.get("reports/service-level/?organization=north&month=2026-03")
    assert report.status_code == 404
    Membership.objects.filter(user=house.outsider).update(roles=["report_recipient"])
    report = stranger.get("reports/service-level/?organization=north&month=2026-03")
    assert (report.status_code, list(report.json()["fields"])) == (400, ["organization"])


def test_a_stale_version_gets_412_with_changes_and_an_impossible_step_409_with_possible_steps(
    house: House, api: Any
) -> None:
    ticket = make_ticket(house)
    agent = api(house.agent)

    stale = agent.post(
        f"tickets/{ticket.number}/transitions/", {"transition": "start"}, If_Match=STALE_ETAG
    )
    impossible = agent.post(
        f"tickets/{ticket.number}/transitions/",
        {"transition": "solve", "solution_type": "definitive", "message": "x"},
    )

    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    assert (impossible.status_code, impossible.json()["possible"]) == (
        409,
        ["register", "start", "assign", "reject", "cancel"],
    )


def test_customers_cannot_write_notes_and_never_read_them(house: House, api: Any) -> None:
    ticket = make_ticket(house)

    refused = api(house.requester).post(
        f"tickets/{ticket.number}/replies/", {"body": "x", "kind": "note"}
    )
    api(house.agent).post(f"tickets/{ticket.number}/replies/", {"body": "Secret.", "kind": "note"})

    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["kind"])
    assert Message.objects.get().kind == "note"
    assert "Secret." not in api(house.requester).get(f"tickets/{ticket.number}/").content.decode()


def test_list_filters_and_pages_by_cursor(house: House, api: Any) -> None:
    for number in range(53):
        make_ticket(house, subject=f"Case {number}")
    agent = api(house.agent)

    first = agent.get("tickets/?organization=north&state=new&priority=high").json()
    assert first["next"].startswith(f"{settings.MESA_URL}/api/v1/tickets/?cursor=")
    second = agent.client.get(first["next"], headers=agent.headers).json()

    assert (len(first["results"]), len(second["results"]), second["next"]) == (50, 3, None)
    assert first["results"][0]["subject"] == "Case 52"
    assert agent.get("tickets/?q=Case 47").json()["results"][0]["subject"] == "Case 47"
    assert agent.get("tickets/?state=nonsense").status_code == 400


def test_tokens_wrong_revoked_and_absent_are_401(house: House, api: Any) -> None:
    good = api(house.requester)
    ApiToken.objects.update(revoked_at=MONDAY_9AM)

    for client in (good, Api("mesa_wrong")):
        response = client.get("tickets/")
        assert (response.status_code, response.json()["code"]) == (401, "authentication_failed")
    assert Client().get("/api/v1/tickets/").json()["code"] == "not_authenticated"


def test_a_service_account_acts_for_its_contact_inside_one_organization(house: House) -> None:
    secret = issue_service_account_token(
        name="Watcher",
        organization=house.north,
        contact=house.people["coordinator"],
        by=SETUP,
        at=MONDAY_9AM,
    )

    created = Api(secret).post("tickets/", NEW)

    assert (created.status_code, created.json()["organization"], created.json()["requester"]) == (
        201,
        "north",
        "coordinator@north.example",
    )
    with pytest.raises(CommandError, match="coordinator"):
        call_command(
            "api_token",
            service_account="W",
            organization="north",
            contact="requester@north.example",
        )


def test_the_report_as_json_and_as_the_stored_pdf(house: House, api: Any) -> None:
    make_ticket(house)
    manager = api(house.staff["desk_manager"])
    query = "?organization=north&month=2026-03"

    figures = manager.get(f"reports/service-level/{query}").json()
    waiting = manager.get(f"reports/service-level.pdf{query}")
    assert (figures["raised"], figures["month"], waiting.status_code, waiting["Retry-After"]) == (
        1,
        "2026-03",
        202,
        "2",
    )
    issue_id = int(waiting["Location"].rstrip("/").rpartition("/")[2])
    assert make_report(issue_id=issue_id, at=MONDAY_9AM + timedelta(days=400))

    ready = manager.get(f"reports/service-level/{query}", Accept="application/pdf")
    assert (ready.status_code, ready["Content-Type"], b"".join(ready.streaming_content)[:5]) == (
        200,
        "application/pdf",
        b"%PDF-",
    )
    assert manager.get("reports/service-level/?organization=north&month=March").json()[
        "fields"
    ] == {"month": "Escríbalo como AAAA-MM."}


def test_the_schema_is_complete_and_served_offline(house: House, sign_in: Any) -> None:
    client = sign_in(house.requester)

    schema = client.get("/api/v1/schema/?format=json").json()
    page = client.get("/api/docs/").content.decode()

    assert set(schema["paths"]) >= {
        "/api/v1/tickets/",
        "/api/v1/tickets/{number}/replies/",
        "/api/v1/tickets/{number}/transitions/",
    }
    assert "cdn" not in page
    assert "http://" not in page.replace("http://www.w3.org", "").replace("http://testserver", "")


def test_the_list_costs_the_same_for_one_ticket_and_for_three(house: House, api: Any) -> None:
    agent = api(house.agent)
    agent.get("tickets/")  # notes the use of the token, once an hour
    counts = []
    for rows in (1, 2):
        for _ in range(rows):
            make_ticket(house)
        with CaptureQueriesContext(connection) as queries:
            assert len(agent.get("tickets/").json()["results"]) == Ticket.objects.count()
        counts.append(len(queries) - 1)  # the count above is the test's own

    assert counts[0] == counts[1]
    assert counts[0] <= 6


def test_a_customer_escalates_and_reads_the_ladder_and_another_customer_does_neither(
    house: House, client: Any
) -> None:
    ticket = make_ticket(house)
    path = f"/api/v1/tickets/{ticket.number}/escalations/"
    mine, other = (
        {
            "Authorization": f"Bearer {issue_user_token(user=user, by=SETUP, at=MONDAY_9AM)}",
            "Accept-Language": "en",
        }
        for user in (house.requester, house.outsider)
    )

    def ask(headers: dict[str, str], body: dict[str, str]) -> Any:
        return client.post(path, body, content_type="application/json", headers=headers)

    made = ask(mine | {"Idempotency-Key": "e1"}, {"reason": "Nobody answers."})
    again = ask(mine | {"Idempotency-Key": "e1"}, {"reason": "Nobody answers."})

    assert (made.status_code, made.json()["position"], made.json()["level"]) == (201, 1, "Level 1")
    assert again.json() == made.json()
    assert [step["cause"] for step in client.get(path, headers=mine).json()] == ["request"]
    assert ask(mine, {}).status_code == 400
    assert ask(other, {"reason": "Mine too."}).status_code == 404
    assert client.get(path, headers=other).status_code == 404
    assert Escalation.objects.count() == 1
