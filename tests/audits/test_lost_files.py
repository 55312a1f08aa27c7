"""Evidence whose bytes are missing in the storage is refused with words, and given again."""

from pathlib import Path
from typing import Any

import pytest

from audits.models import Evidence, EvidenceState
from audits.services import convert_evidence, prepare_evidence, refuse_evidence
from audits.services.base import EvidenceLost
from audits.services.preparing import NewEvidence
from foundation.accounts.services import issue_user_token
from foundation.documents.models import Blob
from tests.support.api import Api
from tests.support.audits import approve, ask, deliver, prepare, text
from tests.support.house import MONDAY_9AM, House, by
from tests.support.html import text_of

pytestmark = [pytest.mark.usefixtures("monday"), pytest.mark.once]
LOST = "The file of this evidence is missing on our side."


def lose(blob: Blob | None) -> None:
    assert blob is not None
    Path(blob.file.path).unlink(missing_ok=True)  # the same bytes are stored once


@pytest.mark.parametrize("as_editable", [False, True])
def test_evidence_without_its_bytes_is_neither_approved_nor_delivered(
    house: House, as_editable: bool
) -> None:
    audit = ask(house)
    first = prepare(house, audit)
    second = approve(house, audit, prepare(house, audit, 2))
    Evidence.objects.update(is_editable=as_editable)
    for evidence in (first, second):
        lose(evidence.deliverable)

    with pytest.raises(EvidenceLost):
        approve(house, audit, first)
    with pytest.raises(EvidenceLost):
        deliver(house, audit, second)

    states = Evidence.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [EvidenceState.PREPARED, EvidenceState.APPROVED]


def test_every_door_says_that_it_is_missing_and_what_to_do(house: House, sign_in: Any) -> None:
    audit = ask(house)
    evidence = approve(house, audit, prepare(house, audit))
    lose(evidence.deliverable)
    bpo = house.staff["bpo"]
    bpo.language = "en"
    bpo.save()
    desk = sign_in(bpo)
    number = audit.ticket.number

    draft = desk.get(f"/admin/audits/{number}/evidence/{evidence.pk}/draft/")
    sent = desk.post(f"/admin/audits/{number}/deliver/{evidence.pk}/")
    api = Api(issue_user_token(user=bpo, by=by(bpo), at=MONDAY_9AM))
    over_api = api.post(f"audits/{number}/evidence/{evidence.pk}/deliver/", {})

    assert (draft.status_code, sent.status_code, over_api.status_code) == (400, 400, 400)
    assert all(LOST in text_of(page.content.decode()) for page in (draft, sent))
    assert over_api.json()["code"] == "file_lost"


def test_it_is_refused_given_again_and_delivered(house: House) -> None:
    audit = ask(house)
    evidence = approve(house, audit, prepare(house, audit))
    lose(evidence.deliverable)
    refuse_evidence(
        audit=audit,
        evidence_id=evidence.pk,
        reason="The file is lost.",
        by=by(house.staff["bpo"]),
        at=MONDAY_9AM,
    )

    again = approve(house, audit, prepare(house, audit))

    assert deliver(house, audit, again).state == EvidenceState.DELIVERED


def test_a_file_that_is_lost_before_it_was_converted_comes_back_to_its_preparer(
    house: House,
) -> None:
    house.agent.language = "en"
    house.agent.save()
    wanted = NewEvidence(number=1, classification="internal", file=text())
    evidence = prepare_evidence(audit=ask(house), wanted=wanted, by=by(house.agent), at=MONDAY_9AM)
    lose(evidence.convert_from)

    assert convert_evidence(evidence_id=evidence.pk, at=MONDAY_9AM) is False

    evidence.refresh_from_db()
    assert evidence.state == EvidenceState.UNREADABLE
    assert evidence.decision == f"“{evidence.name}” is missing on our side. Give the file again."
