"""The desk's page of an audit: which forms each person gets, and the files of evidence."""

from typing import Any

import pytest

from audits.models import AuditRequest, Conference, Evidence
from audits.services import refuse_evidence, set_aside, waive
from tests.support.audits import approve, ask, deliver, leave, prepare
from tests.support.house import MONDAY_9AM, House, by
from tests.support.html import text_of

pytestmark = pytest.mark.usefixtures("monday")


def forms_of(page: Any, evidence: Evidence) -> set[str]:
    """Return the acts that the page offers for the evidence."""
    text = page.content.decode()
    assert page.status_code == 200, page.headers
    acts = ("approve", "refuse", "deliver")
    return {act for act in acts if f"/{act}/{evidence.pk}/" in text}


@pytest.fixture
def audit(house: House) -> AuditRequest:
    return ask(house, items=[("erp", f"List {number}") for number in range(1, 5)])


def test_each_state_of_evidence_offers_its_acts_to_bpo(
    house: House, audit: AuditRequest, sign_in: Any
) -> None:
    prepared = prepare(house, audit)
    approved = approve(house, audit, prepare(house, audit, 2))
    delivered = deliver(house, audit, approve(house, audit, prepare(house, audit, 3)))
    refused = prepare(house, audit, 4)
    refuse_evidence(
        audit=audit,
        evidence_id=refused.pk,
        reason="Wrong month",
        by=by(house.staff["bpo"]),
        at=MONDAY_9AM,
    )

    page = sign_in(house.staff["bpo"]).get(f"/admin/audits/{audit.ticket.number}/")

    assert forms_of(page, prepared) == {"approve", "refuse"}
    assert forms_of(page, approved) == {"deliver", "refuse"}
    assert forms_of(page, delivered) == set()
    assert forms_of(page, refused) == set()


def test_to_stop_an_audit_is_marked_as_danger(
    house: House, audit: AuditRequest, sign_in: Any
) -> None:
    page = sign_in(house.staff["audit_area"]).get(f"/admin/audits/{audit.ticket.number}/")

    form = page.content.decode().split("/stop/0/", 1)[1].split("</form>", 1)[0]
    assert "button-danger" in form


def test_a_preparer_of_bpo_is_not_offered_the_approval(
    house: House, audit: AuditRequest, sign_in: Any
) -> None:
    own = prepare(house, audit, user=house.staff["bpo"])
    others = prepare(house, audit, 2)

    page = sign_in(house.staff["bpo"]).get(f"/admin/audits/{audit.ticket.number}/")

    assert forms_of(page, own) == {"refuse"}
    assert forms_of(page, others) == {"approve", "refuse"}


def test_an_unknown_act_or_kind_of_file_is_not_found(
    house: House, audit: AuditRequest, sign_in: Any
) -> None:
    evidence = prepare(house, audit)
    client = sign_in(house.staff["bpo"])
    path = f"/admin/audits/{audit.ticket.number}/"

    act = client.post(f"{path}bury/{evidence.pk}/")
    file = client.get(f"{path}evidence/{evidence.pk}/thumbnail/")

    assert (act.status_code, file.status_code) == (404, 404)


def test_original_and_draft_have_names_and_are_not_cached(
    house: House, audit: AuditRequest, sign_in: Any
) -> None:
    prepare(house, audit)
    second = prepare(house, audit)
    client = sign_in(house.staff["bpo"])
    number = audit.ticket.number
    path = f"/admin/audits/{number}/evidence/{second.pk}"

    original = client.get(f"{path}/source/")
    assert b"".join(original.streaming_content)
    draft = client.get(f"{path}/draft/")

    assert f'"{number}-001-2-original.' in original["Content-Disposition"]
    assert draft["Content-Type"] == "application/pdf"
    assert draft["Content-Disposition"] == f'inline; filename="draft-{number}-001-2.pdf"'
    assert "no-store" in draft["Cache-Control"]


def test_the_preparer_reads_the_draft_and_others_do_not(
    house: House, audit: AuditRequest, sign_in: Any
) -> None:
    evidence = prepare(house, audit, user=house.staff["consultant"])
    path = f"/admin/audits/{audit.ticket.number}/evidence/{evidence.pk}/draft/"

    answers = {
        role: sign_in(house.staff[role]).get(path).status_code
        for role in ("consultant", "agent", "administrator")
    }

    assert answers == {"consultant": 200, "agent": 403, "administrator": 403}


def test_a_refused_act_returns_its_form_with_the_typed_values(
    house: House, audit: AuditRequest, sign_in: Any
) -> None:
    evidence = prepare(house, audit)

    page = sign_in(house.staff["bpo"]).post(
        f"/admin/audits/{audit.ticket.number}/refuse/{evidence.pk}/", {"reason": ""}
    )

    assert page.status_code == 400
    assert "field-wrong" in page.content.decode()
    assert Evidence.objects.get(pk=evidence.pk).state == "prepared"


def test_a_conference_at_a_time_that_the_clocks_skip_is_refused_at_its_field(
    house: House, audit: AuditRequest, sign_in: Any
) -> None:
    house.north.time_zone = "Europe/Madrid"
    house.north.save()

    page = sign_in(house.staff["bpo"]).post(
        f"/admin/audits/{audit.ticket.number}/schedule/0/",
        {
            "starts_at": "2026-03-29T02:30",
            "minutes": "60",
            "place": "Sala 1",
            "attendees": "x@aud.example",
        },
    )

    text = text_of(page.content.decode())
    assert page.status_code == 400
    assert "02:30" in text
    assert page.content.decode().count("field-wrong") == 1
    assert not Conference.objects.exists()


def test_each_state_of_an_item_offers_its_acts_to_bpo(
    house: House, audit: AuditRequest, sign_in: Any
) -> None:
    who = by(house.staff["bpo"])
    set_aside(audit=audit, number=2, reason="There is none.", by=who, at=MONDAY_9AM)
    waive(audit=audit, number=3, reason="Not needed.", agreed_by="Ana", by=who, at=MONDAY_9AM)
    leave(house, audit, 4)

    page = sign_in(house.staff["bpo"]).get(f"/admin/audits/{audit.ticket.number}/")

    offered = {
        each["view"].item.number: [(form.act, form.target) for form in each["acts"]]
        for each in page.context["items"]
    }
    assert offered == {
        1: [("prepare", 1), ("plan_item", 1), ("set_aside", 1), ("waive", 1)],
        2: [],
        3: [("prepare", 3), ("plan_item", 3), ("set_aside", 3)],
        4: [("prepare", 4), ("waive", 4)],
    }


def test_a_refused_form_is_open_on_its_own_evidence_alone_and_a_done_act_says_so(
    house: House, audit: AuditRequest, sign_in: Any
) -> None:
    first = prepare(house, audit)
    second = prepare(house, audit, 2)
    bpo = house.staff["bpo"]
    bpo.language = "en"
    bpo.save()
    client = sign_in(bpo)
    path = f"/admin/audits/{audit.ticket.number}/refuse"

    refused = client.post(f"{path}/{second.pk}/", {"reason": ""})
    done = client.post(f"{path}/{second.pk}/", {"reason": "Wrong month"}, follow=True)

    forms = [
        (form.act, form.target, form.is_open)
        for each in refused.context["items"]
        for _row, acts, _attachment, _opens in each["evidence"]
        for form in acts
    ]
    assert forms == [
        ("approve", first.pk, False),
        ("refuse", first.pk, False),
        ("approve", second.pk, False),
        ("refuse", second.pk, True),
    ]
    assert done.redirect_chain == [(f"/admin/audits/{audit.ticket.number}/", 302)]
    assert [str(each) for each in done.context["messages"]] == [
        "The evidence was sent back to its preparer."
    ]


def test_the_draft_of_editable_evidence_is_the_file_to_be_delivered(
    house: House, audit: AuditRequest, sign_in: Any
) -> None:
    who = by(house.staff["bpo"])
    waive(audit=audit, number=1, reason="As a table.", agreed_by="Ana", by=who, at=MONDAY_9AM)
    evidence = prepare(house, audit, as_editable=True)

    draft = sign_in(house.staff["bpo"]).get(
        f"/admin/audits/{audit.ticket.number}/evidence/{evidence.pk}/draft/"
    )

    assert draft.status_code == 200
    assert b"ana" in b"".join(draft.streaming_content)


def test_htmx_receives_only_the_form_of_the_refused_act(
    house: House, audit: AuditRequest, sign_in: Any
) -> None:
    url = f"/admin/audits/{audit.ticket.number}/stop/0/"
    client = sign_in(house.staff["audit_area"])

    part = client.post(url, {"reason": ""}, headers={"HX-Request": "true"})
    done = client.post(url, {"reason": "Altered figures."}, headers={"HX-Request": "true"})

    assert part.status_code == 400
    assert f'hx-post="{url}"' in part.content.decode()
    assert "<main" not in part.content.decode()
    assert part.content.decode().count("field-wrong") == 1
    assert done.headers["HX-Redirect"] == f"/admin/audits/{audit.ticket.number}/"
