"""Attempts to bypass the rules of an audit."""

from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pytest
from django.db import transaction
from PIL import Image

from audits import services
from audits.models import AuditState, EvidenceClass, EvidenceState, VisitPlace
from audits.queries import view_of
from audits.reading import FormRefused, read_form
from audits.services import AllowanceUsed
from audits.services.base import NotNow
from catalog.models import Contract
from foundation.accounts.services import issue_user_token
from foundation.core.errors import NotAllowed
from reports.queries import build_service_level
from sla.clocks.models import Clock
from tests.support.audits import (
    BPO,
    again,
    ask,
    filled,
    leave,
    membership,
    picture,
    prepare,
    text,
    upload,
)
from tests.support.house import (
    DAY,
    HOUR,
    MONDAY_9AM,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.tickets import step
from tickets.models import Ticket
from tickets.services import reply_to_customer


def test_evidence_that_has_not_left_does_not_leave_by_another_ticket(house: House) -> None:
    from foundation.core.classification import (
        Channel,
        Impact,
        Kind,
        Urgency,
    )
    from tickets.services import NewTicket, raise_ticket

    audit = ask(house)
    evidence = prepare(
        house,
        audit,
        classification=EvidenceClass.CONFIDENTIAL,
        file=text("secret"),
        redacted=picture("black"),
    )
    other = make_ticket(house)
    with evidence.deliverable.file.open("rb") as stream:
        partial = upload(stream.read(), "x.pdf")
    colleague = house.staff["agent2"]  # has not opened the evidence
    for file in (text("secret"), partial):
        with pytest.raises(NotAllowed, match="evidencia de una auditoría"), transaction.atomic():
            reply_to_customer(
                ticket=fresh(other),
                body="Look",
                files=[file],
                by=by(colleague),
                at=MONDAY_9AM + HOUR,
            )
        wanted = NewTicket(
            membership=membership(house),
            subject="By phone",
            description="x",
            kind=Kind.REQUEST,
            service=house.services["erp"],
            impact=Impact.MINOR,
            urgency=Urgency.LOW,
            files=[file],
        )
        with pytest.raises(NotAllowed, match="evidencia de una auditoría"), transaction.atomic():
            raise_ticket(request=wanted, by=by(colleague, Channel.PHONE), at=MONDAY_9AM + HOUR)
    reply_to_customer(
        ticket=fresh(other),
        body="Look",
        files=[text("another file")],
        by=by(colleague),
        at=MONDAY_9AM + HOUR,
    )


def test_a_stop_neither_forgives_a_missed_term_nor_skips_the_evaluation(house: House) -> None:
    area = house.staff["audit_area"]
    late = ask(house)
    at = datetime(2026, 3, 13, 18, tzinfo=UTC)
    services.stop_audit(audit=late, reason="X", by=by(house.agent), at=at)
    services.resume_audit(audit=late, reason="Y", by=by(area), at=at + DAY)
    leave(house, again(late), 1, at=at + DAY)
    leave(house, again(late), 2, at=at + DAY)
    assert Clock.objects.get(ticket=late.ticket, metric="delivery").is_met is False

    # the year's audit is another one
    Ticket.objects.update(received_at=datetime(2020, 1, 7, tzinfo=UTC))
    alternate = ask(house, fields={"C10": "Test"}, at=MONDAY_9AM + 20 * DAY)
    services.stop_audit(audit=alternate, reason="X", by=by(house.agent), at=MONDAY_9AM + 20 * DAY)
    services.resume_audit(audit=alternate, reason="Y", by=by(area), at=MONDAY_9AM + 21 * DAY)
    assert again(alternate).state == AuditState.EVALUATING


def test_a_stopped_audit_is_not_buried_and_one_with_evidence_out_keeps_the_allowance(
    house: House,
) -> None:
    audit = ask(house)
    leave(house, audit, 1)
    services.stop_audit(audit=audit, reason="X", by=by(house.agent), at=MONDAY_9AM + HOUR)
    for name, user in (("cancel", house.requester), ("reject", house.agent)):
        with pytest.raises(NotAllowed), transaction.atomic():
            step(house, audit.ticket, name, MONDAY_9AM + 2 * HOUR, user=user, reason="Bury it")
    assert view_of(again(audit), house.requester).state == AuditState.OPEN
    area = house.staff["audit_area"]
    services.resume_audit(audit=audit, reason="Y", by=by(area), at=MONDAY_9AM + DAY)
    step(
        house,
        audit.ticket,
        "cancel",
        MONDAY_9AM + DAY + HOUR,
        user=house.requester,
        reason="Enough",
    )
    with pytest.raises(AllowanceUsed):
        ask(house, at=MONDAY_9AM + 2 * DAY)


def test_a_declined_audit_runs_no_term(house: House) -> None:
    audit = ask(house, fields={"C10": "Test"})
    area = house.staff["audit_area"]
    services.evaluate_environment(
        audit=audit, approves=False, reason="No", by=by(area), at=MONDAY_9AM + HOUR
    )
    assert Clock.objects.get(ticket=audit.ticket, metric="delivery").state == "withdrawn"


def test_after_comments_bpo_says_when_it_is_complete_and_the_term_stays_met(house: House) -> None:
    audit = ask(house)
    for number in (1, 2):
        leave(house, again(audit), number, at=MONDAY_9AM + DAY)
    step(
        house,
        audit.ticket,
        "decline",
        MONDAY_9AM + 2 * DAY,
        user=house.requester,
        reason="Both lack a page.",
    )
    for number in (1, 2):
        leave(house, again(audit), number, at=MONDAY_9AM + 3 * DAY)
    assert fresh(audit.ticket).state == "in_progress"
    late = datetime(2026, 3, 30, 18, tzinfo=UTC)
    assert (
        build_service_level(house.north, date(2026, 3, 1), at=late)["audits"][0]["verdict"] == "met"
    )
    bpo = house.staff[BPO]
    services.complete_audit(audit=again(audit), by=by(bpo), at=MONDAY_9AM + 3 * DAY + HOUR)
    assert (again(audit).state, fresh(audit.ticket).state) == ("delivered", "solved")


def test_the_contract_of_an_audit_does_not_change(house: House) -> None:
    from catalog.models import Contract, ContractService
    from tickets.services import change_contract

    audit = ask(house)
    other = Contract.objects.create(
        organization=house.north, reference="Other", starts_on=date(2026, 1, 1)
    )
    ContractService.objects.create(
        organization=house.north, contract=other, service=house.services["erp"]
    )
    house.north.refresh_from_db()
    supervisor = house.staff["desk_supervisor"]
    with pytest.raises(NotAllowed), transaction.atomic():
        change_contract(
            ticket=fresh(audit.ticket),
            contract=other,
            reason="X",
            from_start=False,
            by=by(supervisor),
            at=MONDAY_9AM + HOUR,
        )


def test_a_form_of_very_many_cells_and_damaged_ones_are_refused(house: House) -> None:
    from zipfile import ZIP_DEFLATED, ZipFile

    from openpyxl import load_workbook

    services_of = [house.services["erp"]]
    book = load_workbook(BytesIO(filled(house)))
    book.worksheets[1]["C251"] = "too far down"
    book.worksheets[1]["B251"] = house.services["erp"].name_es
    far = BytesIO()
    book.save(far)
    with pytest.raises(FormRefused) as refused:
        read_form(far, services_of, at=MONDAY_9AM)
    assert any(where.endswith("C251") for where in refused.value.fields)
    bomb = BytesIO()
    with ZipFile(bomb, "w", ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 20_000_000)
    damaged = bytearray(filled(house))
    damaged[3000:3050] = b"x" * 50
    for content in (bomb.getvalue(), bytes(damaged)):
        with pytest.raises(FormRefused):
            read_form(BytesIO(content), services_of, at=MONDAY_9AM)


def test_an_internal_file_may_answer_several_items(house: House) -> None:
    audit = ask(house)
    same = text("same")

    found = [prepare(house, audit, number, file=same) for number in (1, 2)]

    assert [each.classification for each in found] == [EvidenceClass.INTERNAL] * 2


def test_confidential_evidence_is_not_delivered_under_another_name(house: House) -> None:
    audit = ask(house)
    secret = text("secret")
    first = prepare(
        house,
        audit,
        1,
        classification=EvidenceClass.CONFIDENTIAL,
        file=secret,
        redacted=picture("black"),
    )
    for number in (1, 2):
        with pytest.raises(NotAllowed):
            prepare(house, audit, number, file=secret)
    bpo = house.staff[BPO]
    services.refuse_evidence(
        audit=audit,
        evidence_id=first.pk,
        reason="It is internal.",
        by=by(bpo),
        at=MONDAY_9AM,
    )
    assert prepare(house, audit, 1, file=secret).classification == EvidenceClass.INTERNAL

    other = text("another")
    prepare(
        house,
        audit,
        2,
        classification=EvidenceClass.CONFIDENTIAL,
        file=other,
        redacted=picture("black"),
    )
    again_ = prepare(
        house,
        audit,
        2,
        classification=EvidenceClass.CONFIDENTIAL,
        file=other,
        redacted=picture("blue"),
    )
    services.refuse_evidence(
        audit=audit, evidence_id=again_.pk, reason="Public.", by=by(bpo), at=MONDAY_9AM
    )
    assert prepare(house, audit, 2, classification=EvidenceClass.PUBLIC, file=other).number == 3

    packed = BytesIO()
    Image.open(picture("red").stream).save(packed, "PNG", compress_level=0)
    same = prepare(
        house,
        audit,
        2,
        classification=EvidenceClass.CONFIDENTIAL,
        file=picture("red"),
        redacted=upload(packed.getvalue(), "partial.png"),
    )
    assert (same.state, same.deliverable) == (EvidenceState.UNREADABLE, None)
    assert same.decision.startswith("The partial picture is the original itself")


def test_evidence_does_not_leave_on_a_ticket_of_another_customer(house: House) -> None:
    prepare(house, ask(house), 1, file=text("secret"))
    south = make_ticket(house, organization=house.south, requester=house.outsider)
    with pytest.raises(NotAllowed), transaction.atomic():
        reply_to_customer(
            ticket=south,
            body="See",
            files=[text("secret")],
            by=by(house.agent),
            at=MONDAY_9AM + HOUR,
        )


def test_the_customer_does_not_hear_of_a_stop(house: House, sign_in: Any, client: Any) -> None:
    Contract.objects.update(ends_on=None)
    house.north.save()
    audit = ask(house)
    services.stop_audit(
        audit=audit,
        reason="Asked to change a date",
        by=by(house.agent),
        at=MONDAY_9AM + HOUR,
    )
    with pytest.raises(NotAllowed) as refused, transaction.atomic():
        step(
            house,
            audit.ticket,
            "cancel",
            MONDAY_9AM + 2 * HOUR,
            user=house.requester,
            reason="Never mind",
        )
    assert not {"stopped", "detuvo", "detenida"} & set(str(refused.value).lower().split())

    number = audit.ticket.number
    seen = {}
    for person in (house.requester, house.agent):
        token = issue_user_token(user=person, by=by(person), at=MONDAY_9AM)
        answer = client.get(
            f"/api/v1/tickets/{number}/", headers={"Authorization": f"Bearer {token}"}
        ).json()
        seen[person.email] = "delivery" in [clock["metric"] for clock in answer["clocks"]]
    assert seen == {house.requester.email: False, house.agent.email: True}
    portal = sign_in(house.requester)
    assert portal.get(f"/tickets/{number}/clocks/delivery/").status_code == 404
    assert "clocks/delivery" not in portal.get(f"/tickets/{number}/").content.decode()
    (row,) = build_service_level(
        house.north, date(2026, 3, 1), at=datetime(2026, 3, 4, 12, tzinfo=UTC)
    )["audits"]
    assert (row["state"], row["verdict"]) == ("open", "running")


def test_the_name_of_a_policys_file_stays_inside(house: House) -> None:
    evidence = leave(
        house,
        ask(house),
        classification=EvidenceClass.POLICY,
        file=upload(b"a;b\n", "SECRET-merger.csv"),
        summary="We do.",
    )
    assert evidence.name == "summary.txt"


def test_no_visit_is_announced_for_an_audit_that_was_called_off(house: House) -> None:
    audit = ask(house)
    step(
        house, audit.ticket, "cancel", MONDAY_9AM + HOUR, user=house.requester, reason="Never mind"
    )
    with pytest.raises(NotNow):
        services.announce_visit(
            audit=audit,
            place=VisitPlace.DATA_CENTRE,
            on=date(2026, 4, 1),
            visitors="Elsa",
            by=by(house.requester),
            at=MONDAY_9AM + 2 * HOUR,
        )


def test_the_original_is_read_inside_under_a_name_of_its_kind(house: House, sign_in: Any) -> None:
    evidence = prepare(
        house,
        ask(house),
        classification=EvidenceClass.POLICY,
        file=upload(b"a;b\n", "SECRET.csv"),
        summary="We do.",
    )
    path = f"/admin/audits/{evidence.item.audit.ticket.number}/evidence/{evidence.pk}/source/"
    answer = sign_in(house.agent).get(path)
    assert (
        b"".join(answer.streaming_content),
        "-001-1-original.csv" in answer["Content-Disposition"],
    ) == (b"a;b\n", True)
    assert sign_in(house.requester).get(path).status_code in {302, 403, 404}
