"""Delivery of evidence by its classification: signed PDF, partial picture, summary, editable file
(SPEC 9.7, 9.8).
"""

from io import BytesIO

import pytest
from pypdf import PdfReader

from audits import services
from audits.models import Evidence, EvidenceClass
from foundation.core.errors import Invalid, NotAllowed
from foundation.notifications.models import OutboxMessage
from tests.support.audits import (
    BPO,
    again,
    ask,
    leave,
    picture,
    prepare,
    text,
)
from tests.support.house import HOUR, MONDAY_9AM, House, by
from tests.support.signatures import check_pdf
from tickets.models import Attachment


def pages(evidence: Evidence) -> list[str]:
    assert evidence.delivered is not None
    with evidence.delivered.file.open("rb") as stream:
        return [page.extract_text() for page in PdfReader(BytesIO(stream.read())).pages]


def content_of(evidence: Evidence) -> bytes:
    assert evidence.delivered is not None
    with evidence.delivered.file.open("rb") as stream:
        return bytes(stream.read())


def test_evidence_leaves_as_signed_pdf_with_cover_and_watermark_through_the_ticket(
    house: House,
) -> None:
    house.north.name = "Grupo Norteado"
    house.north.save()
    audit = again(ask(house))

    evidence = leave(house, audit, at=MONDAY_9AM + HOUR)

    texts = pages(evidence)
    assert evidence.deliverable.sha256 in texts[0].replace("\n", "")
    assert all(
        word in texts[0]
        for word in (audit.ticket.number, "Lista de usuarios", "Auditores Reunidos")
    )
    assert "ana;admin" in texts[1]
    assert "Norteado" in texts[1]
    assert check_pdf(content_of(evidence)).is_intact
    attachment = Attachment.objects.get(ticket=audit.ticket, message__is_from_staff=True)
    assert (attachment.blob_id, attachment.name) == (
        evidence.delivered_id,
        f"{audit.ticket.number}-001-1.pdf",
    )
    assert (
        OutboxMessage.objects.filter(
            template="ticket_reply", to_email=house.requester.email
        ).count()
        == 1
    )


def test_confidential_evidence_leaves_as_a_partial_picture_and_the_original_never(
    house: House,
) -> None:
    audit = ask(house)
    with pytest.raises(Invalid):
        prepare(house, audit, classification=EvidenceClass.CONFIDENTIAL, file=text())
    with pytest.raises(Invalid):
        prepare(
            house,
            audit,
            classification=EvidenceClass.CONFIDENTIAL,
            file=text(),
            redacted=text("no picture"),
        )
    with pytest.raises(Invalid):
        prepare(
            house,
            audit,
            classification=EvidenceClass.CONFIDENTIAL,
            file=picture(),
            redacted=picture(),
        )

    evidence = leave(
        house,
        audit,
        classification=EvidenceClass.CONFIDENTIAL,
        file=text("secret;wxyz"),
        redacted=picture("black"),
    )

    assert evidence.source is not None
    assert "wxyz" not in "".join(pages(evidence))
    assert evidence.source_id not in {evidence.deliverable_id, evidence.delivered_id}
    assert not Attachment.objects.filter(
        blob_id__in=[evidence.source_id, evidence.deliverable_id]
    ).exists()


def test_of_a_policy_only_the_summary_leaves(house: House) -> None:
    audit = ask(house)
    with pytest.raises(Invalid):
        prepare(
            house,
            audit,
            classification=EvidenceClass.POLICY,
            file=text("the whole policy"),
        )

    evidence = leave(
        house,
        audit,
        classification=EvidenceClass.POLICY,
        file=text("the whole policy"),
        summary="Se respalda a diario.",
    )

    found = "".join(pages(evidence))
    assert "Se respalda a diario." in found
    assert "whole policy" not in found


def test_an_editable_file_needs_a_waiver_and_leaves_as_it_is(house: House) -> None:
    audit = ask(house)
    bpo = house.staff[BPO]
    with pytest.raises(NotAllowed):
        prepare(house, audit, as_editable=True)
    services.waive(
        audit=audit,
        number=1,
        reason="They load it.",
        agreed_by="Elsa Robles",
        by=by(bpo),
        at=MONDAY_9AM,
    )
    with pytest.raises(NotAllowed):
        prepare(
            house,
            audit,
            as_editable=True,
            classification=EvidenceClass.POLICY,
            summary="x",
        )

    evidence = leave(house, audit, as_editable=True)

    assert content_of(evidence) == b"usuario;rol\nana;admin\n"
