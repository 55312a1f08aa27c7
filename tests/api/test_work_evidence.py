"""Marked stays, remote sessions, functional analyses and causes over the API."""

from typing import Any

import pytest

from tests.support.house import MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import started, step
from tickets import services
from tickets.models import FunctionalAnalysis, RemoteSession, StateInterval

pytestmark = pytest.mark.usefixtures("monday")
SESSION = {
    "tool": "Screen",
    "started_at": "2026-03-02T14:00:00Z",
    "ended_at": "2026-03-02T14:45:00Z",
    "consent_by": "Ana Ruiz",
    "consent": "phone",
    "summary": "The printer was paused.",
}
ANALYSIS = {
    "kind": "delete",
    "environment": "test",
    "tables": "invoices",
    "finding": "Two rows of one invoice.",
    "change": "DELETE FROM invoices WHERE id = 7;",
    "undoing": "INSERT from the copy of today.",
}


def test_a_mark_is_set_read_and_taken_off(house: House, api: Any) -> None:
    ticket = started(house)
    client = api(house.agent)
    url = f"tickets/{ticket.number}/mark/"
    body = {"mark": "spare_parts", "reason": "A disk.", "expected_on": "2026-03-06"}

    made = client.post(url, body)

    assert made.status_code == 200
    assert made.json()["stay_mark"] == "spare_parts"
    read = api(house.requester).get(f"tickets/{ticket.number}/").json()["stay"]
    assert (read["reason"], read["expected_on"]) == ("A disk.", "2026-03-06")
    stale = client.delete(url, If_Match='"1"')
    assert stale.status_code == 412
    assert client.delete(url, If_Match=made["ETag"]).json()["stay_mark"] == ""
    assert client.delete(url).status_code == 400
    for wrong in (
        {"mark": "lunch", "reason": "A."},
        {"mark": "spare_parts"},
        {**body, "reason": " "},
    ):
        assert client.post(url, wrong).status_code == 400
    assert api(house.requester).post(url, body).status_code == 403


def test_sessions_are_noted_by_the_desk_and_read_by_the_customer(house: House, api: Any) -> None:
    ticket = make_ticket(house)
    client = api(house.agent)
    url = f"tickets/{ticket.number}/remote-sessions/"

    made = client.post(url, SESSION)

    assert made.status_code == 201
    row = {
        "id": RemoteSession.objects.get().pk,
        "ticket": ticket.number,
        "person": house.agent.full_name,
        "recording": "",
        **SESSION,
    }
    assert made.json() == [row]
    assert api(house.requester).get(url).json() == [row]
    assert api(house.outsider).get(url).status_code == 404
    assert api(house.requester).post(url, SESSION).status_code == 403
    assert api(house.requester).delete(f"{url}{row['id']}/").status_code == 403
    assert client.post(url, {**SESSION, "ended_at": SESSION["started_at"]}).status_code == 400
    assert client.delete(f"{url}{row['id']}/").status_code == 204
    assert client.delete(f"{url}{row['id']}/").status_code == 204
    assert client.get(url).json() == []


def test_an_analysis_is_recorded_and_its_change_noted(house: House, api: Any) -> None:
    ticket = started(house)
    client = api(house.agent)
    url = f"tickets/{ticket.number}/analyses/"

    made = client.post(url, ANALYSIS)

    assert made.status_code == 201
    analysis = FunctionalAnalysis.objects.get()
    (row,) = made.json()
    assert {name: row[name] for name in ANALYSIS} == ANALYSIS
    assert (row["author"], row["run_at"], row["rows"]) == (house.agent.email, None, None)
    assert client.post(f"{url}{analysis.pk}/", {"rows": -1}).status_code == 400
    noted = client.post(f"{url}{analysis.pk}/", {"rows": 2})
    assert noted.status_code == 200
    assert (noted.json()["rows"], noted.json()["run_by"]) == (2, house.agent.email)
    assert client.delete(f"{url}{analysis.pk}/").status_code == 400
    assert client.post(f"{url}999/", {"rows": 2}).status_code == 404
    assert client.delete(f"{url}999/").status_code == 204
    assert client.post(url, {**ANALYSIS, "undoing": " "}).status_code == 400
    for path in (url, f"{url}{analysis.pk}/"):
        assert api(house.requester).post(path, ANALYSIS).status_code == 403
    assert api(house.requester).get(url).status_code == 403


def test_a_step_says_why_the_ticket_ends(house: House, api: Any) -> None:
    first = make_ticket(house)
    ticket = make_ticket(house)
    client = api(house.agent)
    url = f"tickets/{ticket.number}/transitions/"
    cancel = {"transition": "cancel", "reason": "Twice."}

    refused = client.post(url, cancel)
    unknown = client.post(url, {**cancel, "cause": "duplicate", "duplicate_of": "TK-999999"})
    stranger = client.post(
        url,
        {
            **cancel,
            "cause": "requested",
            "asked_by": house.outsider.email,
            "asked_channel": "phone",
        },
    )
    done = client.post(url, {**cancel, "cause": "duplicate", "duplicate_of": first.number})

    assert [each.status_code for each in (refused, unknown, stranger, done)] == [400, 400, 400, 200]
    assert set(refused.json()["fields"]) == {"cause"}
    assert set(unknown.json()["fields"]) == {"duplicate_of"}
    assert set(stranger.json()["fields"]) == {"asked_by"}
    assert done.json()["end_cause"] == "duplicate"
    assert done.json()["stay"]["duplicate_of"] == first.number
    assert fresh(ticket).state == "cancelled"


def test_the_customer_who_cancels_needs_no_cause(house: House, api: Any) -> None:
    ticket = make_ticket(house)

    done = api(house.requester).post(
        f"tickets/{ticket.number}/transitions/", {"transition": "cancel", "reason": "Solved."}
    )

    assert done.json()["end_cause"] == "requested"
    assert StateInterval.objects.get(cause="requested").asked_channel == "api"


def test_a_customer_learns_no_number_that_they_may_not_see(house: House, api: Any) -> None:
    first = make_ticket(house, requester=house.people["coordinator"])
    ticket = make_ticket(house)
    step(
        house, ticket, "cancel", MONDAY_9AM, cause="duplicate", duplicate_of=first, reason="Twice."
    )
    client = api(house.requester)

    stale = client.post(
        f"tickets/{ticket.number}/transitions/", {"transition": "cancel"}, If_Match='"1"'
    )

    assert stale.status_code == 412
    assert "Duplicate of another ticket" in stale.json()["changes"][0]["what"]
    assert first.number not in stale.content.decode()
    read = client.get(f"tickets/{ticket.number}/")
    assert read.json()["stay"]["duplicate_of"] is None
    assert first.number not in read.content.decode()
    seen = api(house.people["coordinator"]).get(f"tickets/{ticket.number}/").json()
    assert seen["stay"]["duplicate_of"] == first.number


def test_what_a_merged_ticket_has_is_listed_for_the_desk(house: House, api: Any) -> None:
    survivor = make_ticket(house)
    ticket = make_ticket(house)
    client = api(house.agent)
    client.post(f"tickets/{ticket.number}/analyses/", ANALYSIS)
    client.post(f"tickets/{ticket.number}/remote-sessions/", SESSION)
    services.merge_tickets(ticket=ticket, survivor=survivor, by=by(house.agent), at=MONDAY_9AM)

    for path in ("analyses", "remote-sessions"):
        (row,) = client.get(f"tickets/{survivor.number}/{path}/").json()
        assert row["ticket"] == ticket.number
    assert api(house.requester).get(f"tickets/{survivor.number}/remote-sessions/").json() == []
