"""Audits through portal, desk, API and the public checker."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone
from openpyxl import load_workbook

from audits.models import AuditRequest, Evidence, EvidenceClass
from catalog.models import Contract
from foundation.accounts.services import issue_user_token
from foundation.documents.signing import signing_keys
from tests.support.audits import (
    ask,
    convert,
    deliver,
    filled,
    leave,
    picture,
    prepare,
    text,
)
from tests.support.house import MONDAY_9AM, House, by
from tickets.models import Attachment, Ticket


@pytest.fixture(autouse=True)
def _contract(house: House) -> None:
    Contract.objects.update(ends_on=None)
    for organization in (house.north, house.south):
        organization.save()


def bearer(person: Any) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {issue_user_token(user=person, by=by(person), at=MONDAY_9AM)}"
    }


def xlsx(house: House, **more: Any) -> SimpleUploadedFile:
    return SimpleUploadedFile("form.xlsx", filled(house, at=timezone.now(), **more))


def test_a_customer_downloads_the_form_sends_it_and_follows_the_items(
    house: House, sign_in: Any
) -> None:
    client = sign_in(house.requester)
    book = load_workbook(BytesIO(client.get("/audits/form/north/").content))
    assert len(book.worksheets) == 3
    assert client.get("/audits/form/south/").status_code == 404

    wrong = client.post("/audits/new/", {"how": "file", "form": xlsx(house, fields={"C4": None})})
    assert (wrong.status_code, b"!C4" in wrong.content) == (400, True)
    both = client.post(
        "/audits/new/",
        {
            "how": "file",
            "form": xlsx(house, fields={"C5": None}),
            "visitors": "Elsa",
        },
    )
    assert (both.status_code, b"!C5" in both.content, b"field-wrong" in both.content) == (
        400,
        True,
        True,
    )
    assert not Ticket.objects.exists()
    data = {
        "how": "file",
        "form": xlsx(house),
        "visit_on": "2030-01-07",
        "visit_place": "data_centre",
        "visitors": "Elsa",
    }
    sent = client.post("/audits/new/", data)

    audit = AuditRequest.objects.get()
    assert sent.headers["Location"] == f"/audits/{audit.ticket.number}/"
    page = client.get(sent.headers["Location"]).content.decode()
    assert "Política de respaldos" in page
    assert "Jan 7, 2030" in page
    second = client.post("/audits/new/", {"how": "file", "form": xlsx(house)})
    assert (second.status_code, audit.ticket.number in second.content.decode()) == (400, True)
    assert audit.ticket.number in client.get("/audits/").content.decode()


def test_of_two_forms_none_is_read(house: House, sign_in: Any) -> None:
    client = sign_in(house.requester)
    forms = [xlsx(house, fields={"C4": "First auditor"}), xlsx(house, fields={"C4": "Second"})]

    sent = client.post("/audits/new/", {"how": "file", "form": forms})

    assert (sent.status_code, list(sent.context["form"].errors)) == (400, ["form"])
    assert not AuditRequest.objects.exists()


def test_another_customer_sees_nothing_of_an_audit(house: House, sign_in: Any, client: Any) -> None:
    audit = ask(house)
    evidence = leave(house, audit)
    attachment = Attachment.objects.get(blob=evidence.delivered, message__isnull=False)
    number = audit.ticket.number
    stranger = sign_in(house.outsider)
    for path in (
        f"/audits/{number}/",
        f"/audits/{number}/conferences/1/",
        f"/attachments/{attachment.pk}/",
    ):
        assert stranger.get(path).status_code == 404
    assert number not in stranger.get("/audits/").content.decode()
    assert (
        client.get(f"/api/v1/audits/{number}/", headers=bearer(house.outsider)).status_code == 404
    )
    assert client.get("/api/v1/audits/", headers=bearer(house.outsider)).json()["results"] == []


def test_the_customer_sees_delivered_evidence_alone(
    house: House, sign_in: Any, client: Any
) -> None:
    audit = ask(house)
    prepare(
        house,
        audit,
        2,
        classification=EvidenceClass.CONFIDENTIAL,
        file=text("secret"),
        redacted=picture("black"),
    )
    evidence = leave(house, audit, 1)
    page = sign_in(house.requester).get(f"/audits/{audit.ticket.number}/").content.decode()
    data = client.get(
        f"/api/v1/audits/{audit.ticket.number}/", headers=bearer(house.requester)
    ).json()

    assert evidence.delivered is not None
    assert page.count(evidence.delivered.sha256) == 1
    assert "black.png" not in page
    assert [[each["state"] for each in item["evidence"]] for item in data["items"]] == [
        ["delivered"],
        [],
    ]
    assert sign_in(house.requester).get(
        f"/admin/audits/{audit.ticket.number}/evidence/{evidence.pk}/source/"
    ).status_code in {302, 404}


@pytest.mark.parametrize(
    "role",
    [
        "agent",
        "consultant",
        "desk_supervisor",
        "desk_manager",
        "service_delivery",
        "audit_area",
        "administrator",
    ],
)
def test_only_bpo_delivers_through_desk_or_api(
    house: House, sign_in: Any, client: Any, role: str
) -> None:
    from tests.support.audits import approve

    audit = ask(house)
    evidence = approve(house, audit, prepare(house, audit))
    number = audit.ticket.number
    person = house.staff[role]

    answers = [
        sign_in(person).post(f"/admin/audits/{number}/deliver/{evidence.pk}/").status_code,
        client.post(
            f"/api/v1/audits/{number}/evidence/{evidence.pk}/deliver/", headers=bearer(person)
        ).status_code,
    ]

    assert answers == [403, 403]
    assert Evidence.objects.get().state == "approved"
    if role in {"administrator", "service_delivery"}:
        assert (
            sign_in(person).get(f"/admin/audits/{number}/evidence/{evidence.pk}/draft/").status_code
            == 403
        )


def test_the_desk_prepares_and_bpo_approves_and_delivers_on_the_page(
    house: House, sign_in: Any
) -> None:
    audit = ask(house, at=timezone.now())
    number = audit.ticket.number
    agent = house.agent
    bpo = house.staff["bpo"]
    file = SimpleUploadedFile("usuarios.csv", b"ana;admin\n")
    refused = sign_in(agent).post(
        f"/admin/audits/{number}/prepare/1/",
        {"classification": "policy", "file": file, "summary": ""},
    )
    assert refused.status_code == 400
    file.seek(0)
    made = sign_in(agent).post(
        f"/admin/audits/{number}/prepare/1/", {"classification": "internal", "file": file}
    )
    assert made.status_code == 302
    evidence = Evidence.objects.get()
    assert (
        'hx-trigger="every 2s"' in sign_in(agent).get(f"/admin/audits/{number}/").content.decode()
    )
    convert(evidence)
    page = sign_in(agent).get(f"/admin/audits/{number}/").content.decode()
    assert f"/approve/{evidence.pk}/" not in page
    client = sign_in(bpo)
    assert f"/approve/{evidence.pk}/" in client.get(f"/admin/audits/{number}/").content.decode()
    assert client.get(f"/admin/audits/{number}/evidence/{evidence.pk}/draft/").content.startswith(
        b"%PDF"
    )
    assert b"ana;admin" in b"".join(
        client.get(f"/admin/audits/{number}/evidence/{evidence.pk}/source/").streaming_content
    )

    assert client.post(f"/admin/audits/{number}/approve/{evidence.pk}/").status_code == 302
    assert client.post(f"/admin/audits/{number}/deliver/{evidence.pk}/").status_code == 302
    again = client.post(f"/admin/audits/{number}/deliver/{evidence.pk}/")
    aside = client.post(f"/admin/audits/{number}/set_aside/2/", {"reason": "There is none."})

    assert (again.status_code, aside.status_code) == (400, 302)
    assert (AuditRequest.objects.get().state, Ticket.objects.get().state) == ("delivered", "solved")
    assert client.post(f"/admin/audits/{number}/nonsense/1/").status_code == 404


def test_the_whole_protocol_over_the_api(house: House, client: Any) -> None:
    made = client.post("/api/v1/audits/", {"form": xlsx(house)}, headers=bearer(house.requester))
    assert made.status_code == 201, made.content
    number = made.json()["number"]
    assert made.json()["clock"]["target_days"] == 7
    refused = client.post(
        "/api/v1/audits/",
        {"form": xlsx(house, fields={"C8": "soon"})},
        headers=bearer(house.requester),
    )
    assert (
        refused.status_code,
        refused.json()["code"],
        any("C8" in cell for cell in refused.json()["fields"]),
    ) == (
        400,
        "form_refused",
        True,
    )

    body = {"item": 1, "classification": "internal", "file": SimpleUploadedFile("a.csv", b"a;b\n")}
    evidence = client.post(f"/api/v1/audits/{number}/evidence/", body, headers=bearer(house.agent))
    assert evidence.status_code == 201, evidence.content
    assert (evidence.json()["state"], evidence.json()["sha256"]) == ("converting", None)
    convert(Evidence.objects.get(pk=evidence.json()["id"]))
    path = f"/api/v1/audits/{number}/evidence/{evidence.json()['id']}"
    assert client.post(f"{path}/approve/", headers=bearer(house.agent)).status_code == 403
    bpo = bearer(house.staff["bpo"])
    assert client.post(f"{path}/deliver/", headers=bpo).json()["code"] == "not_now"
    assert client.post(f"{path}/approve/", headers=bpo).json()["state"] == "approved"
    delivered = client.post(f"{path}/deliver/", headers=bpo).json()
    body = {"item": 9, "classification": "internal", "file": SimpleUploadedFile("a.csv", b"a;b\n")}
    assert (delivered["state"], len(delivered["sha256"])) == ("delivered", 64)
    assert (
        client.post(
            f"/api/v1/audits/{number}/evidence/", body, headers=bearer(house.agent)
        ).status_code
        == 404
    )
    notice = {"reason": "Offsite.", "new_date": "2030-01-07"}
    told = client.post(
        f"/api/v1/audits/{number}/delay-notices/",
        notice,
        content_type="application/json",
        headers=bpo,
    )
    assert (told.status_code, told.json()["is_in_time"]) == (201, True)
    listed = client.get("/api/v1/audits/", headers=bpo).json()["results"]
    assert [(row["number"], row["items"], row["answered"]) for row in listed] == [(number, 2, 1)]


def test_an_auditor_without_a_login_checks_a_file_on_the_public_page(
    house: House, client: Any
) -> None:
    evidence = leave(house, ask(house))
    assert evidence.delivered is not None
    with evidence.delivered.file.open("rb") as stream:
        content = stream.read()
    touched = bytearray(content)
    touched[500] ^= 1

    whole = client.post("/verify/", {"file": SimpleUploadedFile("a.pdf", content)})
    broken = client.post(
        "/verify/", {"file": SimpleUploadedFile("a.pdf", bytes(touched))}
    ).content.decode()

    assert (whole.status_code, "message-success" in whole.content.decode()) == (200, True)
    assert "message-error" in broken
    assert "500" in broken
    assert client.get("/verify/certificate.pem").content == signing_keys().certificate
    assert client.post("/verify/", {}).status_code == 400
    with time_machine.travel(MONDAY_9AM, tick=False):
        answers = [
            client.post("/verify/", {"file": SimpleUploadedFile("a.pdf", b"x")}).status_code
            for _ in range(12)
        ]
    assert answers == [200] * 10 + [429] * 2  # ten a minute; more have to wait


def test_the_checker_needs_no_server_and_no_database(
    house: House, tmp_path: Path, capsys: Any
) -> None:
    evidence = leave(house, ask(house))
    assert evidence.delivered is not None
    with evidence.delivered.file.open("rb") as stream:
        content = stream.read()
    whole = tmp_path / "whole.pdf"
    broken = tmp_path / "broken.pdf"
    touched = bytearray(content)
    touched[1234] ^= 4
    whole.write_bytes(content)
    broken.write_bytes(touched)
    (tmp_path / "c.pem").write_bytes(signing_keys().certificate)

    call_command("verify", str(whole), certificate=str(tmp_path / "c.pem"))
    assert "intact, signed by Mesa" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("verify", str(whole), str(broken))
    assert "NOT INTACT: it was changed after it was signed (byte 1234)" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("verify", str(tmp_path / "missing.pdf"))


def test_delivered_evidence_is_on_the_ticket_too(house: House, sign_in: Any) -> None:
    audit = ask(house)
    evidence = prepare(house, audit)
    from tests.support.audits import approve

    approve(house, audit, evidence)
    deliver(house, audit, evidence)
    page = sign_in(house.requester).get(f"/tickets/{audit.ticket.number}/").content.decode()
    assert f"{audit.ticket.number}-001-1.pdf" in page
    assert f"/audits/{audit.ticket.number}/" in page


def test_a_repeated_idempotency_key_writes_once(house: House, client: Any) -> None:
    head = bearer(house.requester) | {"Idempotency-Key": "a1"}
    content = filled(house, at=timezone.now())
    sent = [
        client.post(
            "/api/v1/audits/", {"form": SimpleUploadedFile("f.xlsx", content)}, headers=head
        )
        for _ in range(2)
    ]
    other = client.post(
        "/api/v1/audits/", {"form": xlsx(house, fields={"C4": "Others"})}, headers=head
    )
    assert [each.status_code for each in (*sent, other)] == [201, 201, 422]
    number = sent[0].json()["number"]
    assert (sent[1].json()["number"], AuditRequest.objects.count()) == (number, 1)

    head = bearer(house.agent) | {"Idempotency-Key": "a2"}
    for _ in range(2):
        body = {
            "item": 1,
            "classification": "internal",
            "file": SimpleUploadedFile("a.csv", b"a;b\n"),
        }
        made = client.post(f"/api/v1/audits/{number}/evidence/", body, headers=head)
        assert made.status_code == 201
    assert Evidence.objects.count() == 1
    convert(Evidence.objects.get())
    head = bearer(house.staff["bpo"]) | {"Idempotency-Key": "a3"}
    path = f"/api/v1/audits/{number}/evidence/{made.json()['id']}/approve/"
    assert [client.post(path, headers=head).status_code for _ in range(2)] == [200, 200]
