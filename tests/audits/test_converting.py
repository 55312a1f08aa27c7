"""A worker makes the PDF of evidence: once, again after its death; else it says why not."""

from typing import Any

import pytest

from audits import services, tasks
from audits.models import AuditRequest, Evidence, EvidenceClass, EvidenceState
from audits.queries import due_evidence
from audits.services import NewEvidence, prepare_evidence
from audits.services.converting import LEASE, MAX_ATTEMPTS, RETRY
from foundation.activity.models import Record
from foundation.core.errors import Invalid
from foundation.documents.checking import CheckedFile
from tests.support.audits import approve, ask, convert, prepare, text, told, upload
from tests.support.house import HOUR, MONDAY_9AM, House, by
from tickets.models import Message

DAMAGED = b"%PDF-1.7\nnot a document"


def submit(house: House, file: CheckedFile, audit: AuditRequest | None = None) -> Evidence:
    wanted = NewEvidence(number=1, classification=EvidenceClass.INTERNAL, file=file)
    return prepare_evidence(
        audit=audit or ask(house), wanted=wanted, by=by(house.agent), at=MONDAY_9AM
    )


def test_submitted_evidence_waits_for_the_worker_and_then_for_bpo(house: House) -> None:
    evidence = submit(house, text())
    assert (evidence.state, evidence.deliverable) == (EvidenceState.CONVERTING, None)
    assert told("audit_prepared") == []

    assert services.convert_evidence(evidence_id=evidence.pk, at=MONDAY_9AM) is True

    done = Evidence.objects.get()
    assert done.state == EvidenceState.PREPARED
    assert done.deliverable_file.read()[:5] == b"%PDF-"
    assert told("audit_prepared") == ["bpo@desk.example"]
    assert services.convert_evidence(evidence_id=evidence.pk, at=MONDAY_9AM + LEASE) is False
    assert told("audit_prepared") == ["bpo@desk.example"]


def test_a_damaged_file_comes_back_to_its_preparer_with_the_reason(house: House) -> None:
    evidence = convert(submit(house, upload(DAMAGED, "plan.pdf")), at=MONDAY_9AM)

    assert evidence.state == EvidenceState.UNREADABLE
    assert "plan.pdf" in evidence.decision
    assert told("audit_decided") == ["agent@desk.example"]
    assert told("audit_prepared") == []
    fact = Record.objects.get(verb="audit.evidence_unreadable")
    assert (fact.person_id, fact.payload["item"]) == (None, 1)
    with pytest.raises(Invalid):
        approve(house, evidence.item.audit, evidence)

    again = prepare(house, evidence.item.audit)
    assert [row.state for row in Evidence.objects.order_by("number")] == ["replaced", "prepared"]
    assert again.number == 2


def test_a_type_that_cannot_become_pdf_is_refused_before_anything_is_stored(house: House) -> None:
    audit = ask(house)
    with pytest.raises(Invalid, match="PDF"):
        prepare(house, audit, file=upload(b"PK\x03\x04" + b"x" * 40, "copy.zip"))
    assert not Evidence.objects.exists()


def test_a_claim_keeps_others_away_until_its_lease_ends(house: House, monkeypatch: Any) -> None:
    evidence = submit(house, text())
    killed = MONDAY_9AM + HOUR

    def die(*_args: Any, **_more: Any) -> bytes:
        raise SystemExit  # as a killed worker: no handler of errors runs

    with monkeypatch.context() as patch:
        patch.setattr("audits.services.converting.to_pdf", die)
        with pytest.raises(SystemExit):
            services.convert_evidence(evidence_id=evidence.pk, at=killed)

    assert due_evidence(killed, limit=5) == []
    assert services.convert_evidence(evidence_id=evidence.pk, at=killed) is False
    later = killed + LEASE
    assert due_evidence(later, limit=5) == [(house.north.pk, evidence.pk)]
    assert convert(evidence, at=later).state == EvidenceState.PREPARED
    assert due_evidence(later + HOUR, limit=5) == []


def test_a_worker_that_fails_again_and_again_gives_up_with_a_reason(
    house: House, monkeypatch: Any
) -> None:
    evidence = submit(house, text())

    def fail(*_args: Any, **_more: Any) -> bytes:
        raise OSError("no space left")

    monkeypatch.setattr("audits.services.converting.to_pdf", fail)
    at = MONDAY_9AM
    for _ in range(MAX_ATTEMPTS):
        assert convert(evidence, at=at).state == EvidenceState.CONVERTING
        at += RETRY
    given_up = convert(evidence, at=at)

    assert given_up.state == EvidenceState.UNREADABLE
    assert "usuarios.csv" in given_up.decision


def test_evidence_replaced_while_it_is_converted_stays_replaced(
    house: House, monkeypatch: Any
) -> None:
    evidence = submit(house, text())
    audit = evidence.item.audit

    def slow(*_args: Any, **_more: Any) -> bytes:
        submit(house, text("newer"), audit=audit)
        return b"%PDF-1.7"

    monkeypatch.setattr("audits.services.converting.to_pdf", slow)
    assert services.convert_evidence(evidence_id=evidence.pk, at=MONDAY_9AM) is False

    states = [row.state for row in Evidence.objects.order_by("number")]
    assert states == [EvidenceState.REPLACED, EvidenceState.CONVERTING]
    assert told("audit_prepared") == []


def test_the_sweep_converts_what_the_broker_lost(house: House) -> None:
    submit(house, text())

    assert tasks.sweep_evidence() == 1

    assert Evidence.objects.get().state == EvidenceState.PREPARED
    assert Message.objects.filter(ticket=Evidence.objects.get().item.audit.ticket).count() == 0
