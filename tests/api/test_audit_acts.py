"""Audits over the API: registering and typing one, its conferences, visits, items and plan."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from audits.models import AuditRequest
from catalog.models import Contract
from tests.support.audits import ask, filled, leave
from tests.support.house import House
from tickets.models import Attachment

pytestmark = pytest.mark.usefixtures("monday")

WANTED = {
    "auditor_company": "Auditores Reunidos",
    "auditor_name": "Elsa Robles",
    "auditor_email": "elsa@auditores.example",
    "purpose": "Controles de TI",
    "period_from": "2025-01-01",
    "period_to": "2025-12-31",
    "items": [
        {"service": "network", "description": "Lista de usuarios"},
        {"service": "erp", "description": "Registro de accesos"},
    ],
}
CONFERENCE = {
    "starts_at": "2026-03-04T10:00:00-06:00",
    "minutes": 45,
    "place": "Sala 1",
    "attendees": ["elsa@auditores.example"],
}


def test_a_customer_asks_with_the_fields_of_the_form(house: House, api: Any) -> None:
    client = api(house.requester)

    made = client.post("audits/", WANTED)

    assert made.status_code == 201
    data = made.json()
    assert [(each["service"], each["description"]) for each in data["items"]] == [
        ("network", "Lista de usuarios"),
        ("erp", "Registro de accesos"),
    ]
    audit = AuditRequest.objects.get()
    assert (data["number"], data["environment"]) == (audit.ticket.number, "production")
    assert Attachment.objects.get(ticket=audit.ticket).blob.sha256 == audit.form.sha256


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"auditor_name": ""}, "auditor_name"),
        ({"period_to": "soon"}, "period_to"),
        ({"environment": "moon"}, "environment"),
        ({"items": []}, "items"),
        ({"items": [{"service": "unknown", "description": "X"}]}, "items"),
        ({"items": [{"service": "erp"}]}, "items"),
        ({"visit": {"on": "2026-03-01", "place": "data_centre", "visitors": "E"}}, "visit_on"),
        ({"requester": "coordinator@north.example"}, "requester"),
        ({"channel": "phone"}, "channel"),
        ({"other": 1}, "other"),
    ],
)
def test_a_wrong_request_is_refused_by_field(
    house: House, api: Any, changes: dict[str, Any], field: str
) -> None:
    refused = api(house.requester).post("audits/", WANTED | changes)

    assert (refused.status_code, list(refused.json()["fields"])) == (400, [field])
    assert not AuditRequest.objects.exists()


def test_a_form_beside_its_fields_is_refused(house: House, api: Any) -> None:
    client = api(house.requester)
    form = SimpleUploadedFile("form.xlsx", filled(house))

    both = client.client.post(
        "/api/v1/audits/", {"form": form, "auditor_company": "Otra"}, headers=client.headers
    )
    other = client.post("audits/?organization=south", WANTED | {"organization": "north"})

    assert (both.status_code, list(both.json()["fields"])) == (400, ["auditor_company"])
    assert (other.status_code, list(other.json()["fields"])) == (400, ["organization"])
    assert not AuditRequest.objects.exists()


def test_wrong_items_are_told_under_one_name(house: House, api: Any) -> None:
    long = {"service": "erp", "description": "x" * 2001}

    refused = api(house.requester).post("audits/", WANTED | {"items": [long]})

    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["items"])


def test_without_items_the_form_is_asked_for(house: House, api: Any) -> None:
    wanted = {name: value for name, value in WANTED.items() if name != "items"}

    refused = api(house.requester).post("audits/", wanted)

    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["form"])


def test_the_audit_area_registers_for_a_customer(house: House, api: Any) -> None:
    client = api(house.staff["audit_area"])
    wanted = WANTED | {
        "organization": "north",
        "requester": house.requester.email,
        "channel": "email",
        "received_at": "2026-02-27T10:00:00-06:00",
    }

    nobody = client.post("audits/", WANTED)
    made = client.post("audits/", wanted)

    assert (nobody.status_code, list(nobody.json()["fields"])) == (400, ["requester"])
    assert made.status_code == 201
    ticket = AuditRequest.objects.get().ticket
    assert (ticket.requester, ticket.state, ticket.owner) == (house.requester, "new", None)
    assert ticket.received_at.isoformat() == "2026-02-27T16:00:00+00:00"
    assert made.json()["clock"]["started_at"] == "2026-02-27T16:00:00Z"


def test_a_conference_is_scheduled_moved_and_cancelled(house: House, api: Any) -> None:
    root = f"audits/{ask(house).ticket.number}/"
    desk = api(house.agent)

    made = desk.post(f"{root}conferences/", CONFERENCE)
    one = f"{root}conferences/{made.json()['id']}/"
    moved = desk.post(f"{one}move/", {"starts_at": "2026-03-05T10:00:00-06:00", "place": "Sala 2"})
    shown = api(house.requester).get(root).json()["conferences"]
    cancelled = desk.post(f"{one}cancel/", {})

    assert [each.status_code for each in (made, moved, cancelled)] == [201, 200, 200]
    assert (moved.json()["starts_at"], moved.json()["minutes"], moved.json()["place"]) == (
        "2026-03-05T16:00:00Z",
        60,
        "Sala 2",
    )
    assert shown == [moved.json() | {"attendees": []}]
    assert desk.get(root).json()["conferences"][0]["attendees"] == CONFERENCE["attendees"]
    assert cancelled.json()["is_cancelled"] is True
    assert desk.post(f"{one}move/", CONFERENCE | {"attendees": None}).status_code == 400
    assert desk.post(f"{root}conferences/99999/cancel/", {}).status_code == 404


def test_the_same_key_schedules_one_conference(house: House, api: Any) -> None:
    root = f"audits/{ask(house).ticket.number}/"
    desk = api(house.agent)

    first = desk.post(f"{root}conferences/", CONFERENCE, Idempotency_Key="one")
    again = desk.post(f"{root}conferences/", CONFERENCE, Idempotency_Key="one")

    assert (first.status_code, again.json()["id"]) == (201, first.json()["id"])
    assert len(desk.get(root).json()["conferences"]) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"starts_at": "2026-03-04T10:00:00"}, "starts_at"),
        ({"starts_at": "2026-03-01T10:00:00Z"}, "starts_at"),
        ({"minutes": 0}, "minutes"),
        ({"place": " "}, "place"),
        ({"attendees": []}, "attendees"),
        ({"attendees": ["nobody"]}, "attendees"),
    ],
)
def test_a_wrong_conference_is_refused_by_field(
    house: House, api: Any, changes: dict[str, Any], field: str
) -> None:
    root = f"audits/{ask(house).ticket.number}/"

    refused = api(house.agent).post(f"{root}conferences/", CONFERENCE | changes)

    assert (refused.status_code, list(refused.json()["fields"])) == (400, [field])
    assert api(house.agent).get(root).json()["conferences"] == []


def test_a_customer_schedules_no_conference_and_sees_none_of_another(
    house: House, api: Any
) -> None:
    root = f"audits/{ask(house).ticket.number}/"

    assert api(house.requester).post(f"{root}conferences/", CONFERENCE).status_code == 403
    assert api(house.outsider).post(f"{root}conferences/", CONFERENCE).status_code == 404


def test_a_visit_is_announced_and_answered(house: House, api: Any) -> None:
    root = f"audits/{ask(house).ticket.number}/"
    visit = {"on": "2026-03-12", "place": "data_centre", "visitors": "Elsa"}

    early = api(house.requester).post(f"{root}visits/", visit | {"on": "2026-03-03"})
    made = api(house.requester).post(f"{root}visits/", visit)
    without = api(house.agent).post(
        f"{root}visits/{made.json()['id']}/answer/", {"authorizes": False}
    )
    answered = api(house.agent).post(
        f"{root}visits/{made.json()['id']}/answer/", {"authorizes": True, "answer": "Puerta 2"}
    )

    assert (early.status_code, list(early.json()["fields"])) == (400, ["on"])
    assert (made.status_code, made.json()["is_authorized"]) == (201, None)
    assert (without.status_code, list(without.json()["fields"])) == (400, ["answer"])
    assert (answered.json()["is_authorized"], answered.json()["answer"]) == (True, "Puerta 2")


def test_an_item_is_planned_and_its_plan_is_the_desks_alone(house: House, api: Any) -> None:
    root = f"audits/{ask(house).ticket.number}/"
    desk = api(house.agent)
    plan = {"preparer": house.staff["consultant"].email, "prepare_by": "2026-03-06"}

    planned = desk.post(f"{root}items/1/plan/", plan)

    assert planned.status_code == 200
    shown = [
        (
            client.get(root).json()["items"][0]["preparer"],
            client.get(root).json()["items"][0]["prepare_by"],
        )
        for client in (desk, api(house.requester))
    ]
    assert shown == [(plan["preparer"], "2026-03-06"), (None, None)]
    for wrong in ("nobody@x.example", house.requester.email):
        refused = desk.post(f"{root}items/1/plan/", {"preparer": wrong})
        assert (refused.status_code, list(refused.json()["fields"])) == (400, ["preparer"])
    assert desk.post(f"{root}items/99/plan/", plan).status_code == 404
    assert desk.post(f"{root}items/1/plan/", {}).json()["items"][0]["preparer"] is None


def test_bpo_sets_an_item_aside_and_waives_over_the_api(house: House, api: Any) -> None:
    root = f"audits/{ask(house).ticket.number}/"
    bpo = api(house.staff["bpo"])

    waived = bpo.post(f"{root}items/1/waive/", {"reason": "Asked", "agreed_by": "Elsa"})
    aside = bpo.post(f"{root}items/1/set-aside/", {"reason": "Delivered last year"})
    denied = api(house.agent).post(f"{root}items/2/set-aside/", {"reason": "X"})

    assert (waived.status_code, aside.status_code, denied.status_code) == (200, 200, 403)
    assert aside.json()["items"][0]["set_aside_reason"] == "Delivered last year"


def test_an_audit_is_evaluated_stopped_and_resumed_over_the_api(house: House, api: Any) -> None:
    root = f"audits/{ask(house, fields={'C10': 'Pruebas'}).ticket.number}/"
    area = api(house.staff["audit_area"])

    states = [
        area.post(f"{root}evaluate/", {"approves": True, "reason": "Fine"}).json()["state"],
        area.post(f"{root}stop/", {"reason": "Asked to change a date"}).json()["state"],
        area.post(f"{root}resume/", {"reason": "Decided"}).json()["state"],
    ]

    assert states == ["open", "stopped", "open"]
    assert area.post(f"{root}evaluate/", {"approves": True, "reason": "X"}).status_code == 400
    assert api(house.staff["bpo"]).post(f"{root}complete/", {}).status_code == 400
    assert api(house.staff["bpo"]).post(f"{root}release/", {"reason": "X"}).status_code == 400


def test_a_stopped_audit_shows_its_customer_nothing_of_the_stop(house: House, api: Any) -> None:
    audit = ask(house)
    leave(house, audit, 1)
    root = f"audits/{audit.ticket.number}/"
    before = api(house.requester).get(root).json()
    api(house.agent).post(f"{root}stop/", {"reason": "Asked to change a date"})

    after = api(house.requester).get(root).json()

    assert after == before | {"clock": None}


def test_audits_are_planned_over_the_api(house: House, api: Any) -> None:
    area = api(house.staff["audit_area"])
    contract = Contract.objects.get(organization=house.north).reference
    body = {"organization": "north", "contract": contract, "expected_on": "2026-04-06"}

    made = area.post("planned-audits/", body)
    path = f"planned-audits/{made.json()['id']}/"
    changed = area.put(path, body | {"notes": "Norma 27001"}, If_Match='"1"')
    stale = area.put(path, body, If_Match='"1"')
    listed = area.get("planned-audits/").json()["results"]
    ended = area.post(f"{path}end/", {"reason": "Other year"})

    assert (made.status_code, made.headers["ETag"]) == (201, '"1"')
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert stale.status_code == 412
    assert [(each["notes"], each["audit"]) for each in listed] == [("Norma 27001", None)]
    assert (ended.status_code, ended.json()["end_reason"]) == (200, "Other year")
    assert area.put(path, body).status_code == 400
    for wrong, field in (
        ({"contract": "None"}, "contract"),
        ({"organization": "nowhere"}, "organization"),
        ({"expected_on": "2026-01-01"}, "expected_on"),
    ):
        refused = area.post("planned-audits/", body | wrong)
        assert (refused.status_code, list(refused.json()["fields"])) == (400, [field])
    assert api(house.requester).get("planned-audits/").status_code == 403
    assert api(house.staff["bpo"]).get(path).status_code == 404
