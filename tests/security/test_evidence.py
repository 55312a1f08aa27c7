"""Ways by which evidence could leave before BPO delivers it (issue: undelivered evidence)."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.db import transaction

from audits import services
from audits.models import AuditRequest, AuditState, Evidence, EvidenceClass, EvidenceReader
from audits.queries import get_undelivered_evidence, handlers_of
from audits.services import follow_ticket
from foundation.accounts.models import Membership, User
from foundation.activity.models import Record
from foundation.core.classification import Channel, Impact, Kind, Urgency
from foundation.core.errors import NotAllowed
from foundation.documents.checking import CheckedFile
from tests.support.audits import (
    again,
    approve,
    ask,
    delivered,
    leave,
    membership,
    picture,
    prepare,
    text,
    upload,
)
from tests.support.house import DAY, HOUR, MONDAY_9AM, House, by, fresh, make_ticket
from tickets.models import Attachment, Ticket
from tickets.services import (
    NewTicket,
    add_note,
    raise_ticket,
    reply_as_customer,
    reply_to_customer,
)

LATER = MONDAY_9AM + HOUR
SECRET = "ana;4711;secret\n"


def register(house: House, file: CheckedFile, *, channel: Channel, role: str = "agent") -> Ticket:
    request = NewTicket(
        membership=membership(house),
        subject="As asked",
        description="See the file.",
        kind=Kind.REQUEST,
        service=house.services["erp"],
        impact=Impact.MINOR,
        urgency=Urgency.LOW,
        files=[file],
    )
    with transaction.atomic():
        return raise_ticket(request=request, by=by(house.staff[role], channel), at=LATER)


def send(house: House, file: CheckedFile, *, role: str = "agent") -> None:
    with transaction.atomic():
        reply_to_customer(
            ticket=fresh(make_ticket(house)),
            body="As asked.",
            files=[file],
            by=by(house.staff[role]),
            at=LATER,
        )


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.API, Channel.PHONE, Channel.DESK])
def test_no_channel_of_registration_takes_evidence_out(house: House, channel: Channel) -> None:
    prepare(house, ask(house), classification=EvidenceClass.PUBLIC, file=text(SECRET))

    for role in ("agent", "agent2"):  # who prepared it, and who got the file from them
        with pytest.raises(NotAllowed):
            register(house, text(SECRET), channel=channel, role=role)
    assert not Attachment.objects.filter(name="usuarios.csv").exists()


def test_one_more_byte_does_not_take_evidence_out(house: House) -> None:
    prepare(house, ask(house), file=text(SECRET))

    for act in (send, lambda *args: register(*args, channel=Channel.EMAIL)):
        with pytest.raises(NotAllowed):
            act(house, text(SECRET + " "))


@pytest.mark.once  # closing a file's response closes the connection to PostgreSQL
@pytest.mark.parametrize("kind", ["source", "draft"])
def test_who_opens_evidence_attaches_nothing_until_its_audit_ends(
    house: House, sign_in: Callable[..., Any], kind: str
) -> None:
    audit = ask(house)
    evidence = prepare(house, audit, file=text(SECRET), user=house.staff["consultant"])
    bpo = house.staff["bpo"]
    bpo.staff_roles = ["bpo", "agent"]
    bpo.save()
    send(house, text("a plan"), role="bpo")

    for _ in range(2):
        page = sign_in(bpo).get(
            f"/admin/audits/{audit.ticket.number}/evidence/{evidence.pk}/{kind}/"
        )
        assert page.status_code == 200
        page.close()
    assert EvidenceReader.objects.get().person == bpo
    with pytest.raises(NotAllowed, match=audit.ticket.number):
        send(house, text("a plan"), role="bpo")
    send(house, text("a plan"), role="desk_supervisor")


@pytest.mark.parametrize("kind", ["source", "draft"])
def test_nobody_but_bpo_and_its_preparer_opens_evidence_before_it_leaves(
    house: House, sign_in: Callable[..., Any], kind: str
) -> None:
    """An administrator makes accounts of every role but BPO: with two of them they took evidence
    out alone.
    """
    audit = ask(house)
    evidence = prepare(house, audit, file=text(SECRET), user=house.agent)
    path = f"/admin/audits/{audit.ticket.number}/evidence/{evidence.pk}/{kind}/"
    for role, person in house.staff.items():
        page = sign_in(person).get(f"/admin/audits/{audit.ticket.number}/").content.decode()
        may_open = role in {"agent", "bpo"}
        assert (f"evidence/{evidence.pk}/{kind}/" in page) is may_open, role
        if not may_open:
            assert sign_in(person).get(path).status_code == 403, role
    assert not EvidenceReader.objects.exists()


def test_nobody_takes_over_the_account_of_who_works_with_evidence(
    house: House, sign_in: Callable[..., Any]
) -> None:
    audit = ask(house)
    evidence = prepare(house, audit, user=house.agent)
    client = sign_in(house.staff["administrator"])
    path = f"/admin/accounts/user/{house.agent.pk}/change/"
    form = {
        "email": house.agent.email,
        "full_name": "Renamed",
        "language": "",
        "is_active": "on",
        "staff_roles": house.agent.staff_roles,
    }
    for change in ({"email": "mine@desk.example"}, {"new_password": "horse-77x-yy"}):
        answer = client.post(path, form | change)
        errors = answer.context["adminform"].form.errors
        assert list(errors) == list(change)
        assert audit.ticket.number in str(errors)
    unchanged = User.objects.get(pk=house.agent.pk)
    assert (unchanged.email, unchanged.password) == (house.agent.email, house.agent.password)
    assert client.post(path, form).status_code == 302

    services.refuse_evidence(
        audit=audit, evidence_id=evidence.pk, reason="x", by=by(house.staff["bpo"]), at=LATER
    )

    assert client.post(path, form | {"email": "new@desk.example"}).status_code == 302


def test_who_decided_on_evidence_attaches_nothing_either(house: House) -> None:
    bpo = house.staff["bpo"]
    bpo.staff_roles = ["bpo", "agent"]
    bpo.save()
    audit = ask(house)
    evidence = prepare(
        house, audit, file=text(SECRET), classification=EvidenceClass.POLICY, summary="x"
    )
    send(house, text("a plan"), role="bpo")

    approve(house, audit, evidence)

    with pytest.raises(NotAllowed, match=audit.ticket.number):
        send(house, text("a plan"), role="bpo")


@pytest.mark.parametrize("role", ["agent", "consultant"])
def test_nobody_releases_themselves(house: House, role: str) -> None:
    bpo = house.staff["bpo"]
    bpo.staff_roles = ["bpo", role]
    bpo.save()
    audit = ask(house)
    prepare(house, audit, file=text(SECRET), user=bpo)
    Ticket.objects.filter(pk=audit.ticket_id).update(state="cancelled")
    release = {"audit": again(audit), "reason": "x", "at": LATER}
    another = again(audit)
    another.pk = None
    another.ticket = make_ticket(house)
    another.save()

    with pytest.raises(NotAllowed, match="otro integrante de BPO"):
        services.release_handlers(by=by(bpo), **release)

    other = User.objects.create(email="b2@desk.example", staff_roles=["bpo"])
    services.release_handlers(by=by(other), **release)
    assert handlers_of(again(audit)) == []
    assert (again(audit).released_at, again(another).released_at) == (LATER, None)


def test_a_member_of_the_staff_does_not_send_evidence_as_a_customer(house: House) -> None:
    prepare(house, ask(house), file=text(SECRET))
    Membership.objects.create(user=house.agent, organization=house.north, roles=["coordinator"])
    ticket = fresh(make_ticket(house))

    with pytest.raises(NotAllowed), transaction.atomic():
        reply_as_customer(
            ticket=ticket, body="x", files=[text(SECRET + " ")], by=by(house.agent), at=LATER
        )


def test_the_staff_still_works(house: House) -> None:
    """Notes, other customers, texts without files, and colleagues who saw nothing."""
    prepare(house, ask(house), file=text(SECRET))
    north = fresh(make_ticket(house))
    south = fresh(make_ticket(house, organization=house.south))
    add_note(ticket=north, body="x", files=[text("a plan")], by=by(house.agent), at=LATER)
    reply_to_customer(ticket=north, body="x", by=by(house.agent), at=LATER)
    reply_to_customer(ticket=south, body="x", files=[text("a plan")], by=by(house.agent), at=LATER)
    send(house, text("a plan"), role="agent2")
    reply_as_customer(
        ticket=north, body="x", files=[text(SECRET)], by=by(house.requester), at=LATER
    )


def test_after_the_audit_its_preparer_attaches_files_again_but_not_what_is_kept(
    house: House,
) -> None:
    audit = ask(house)
    leave(
        house,
        audit,
        1,
        classification=EvidenceClass.CONFIDENTIAL,
        file=text(SECRET),
        redacted=picture("black"),
    )
    with pytest.raises(NotAllowed):
        send(house, text("a plan"))
    services.set_aside(
        audit=again(audit), number=2, reason="None.", by=by(house.staff["bpo"]), at=LATER
    )
    assert again(audit).state == AuditState.DELIVERED

    send(house, text("a plan"))
    with pytest.raises(NotAllowed):  # the second net: its bytes
        send(house, text(SECRET))


def test_what_was_delivered_is_the_customers(house: House) -> None:
    delivered(house, at=MONDAY_9AM + DAY)
    row = Evidence.objects.get()
    assert row.delivered is not None

    send(house, upload(row.delivered.read(), "again.pdf"))
    assert BytesIO(row.delivered.read()).getvalue()[:5] == b"%PDF-"


def test_replaced_evidence_does_not_leave_unseen_by_bpo(house: House) -> None:
    audit = ask(house)
    prepare(house, audit, classification=EvidenceClass.PUBLIC, file=text(SECRET))
    prepare(house, audit, classification=EvidenceClass.PUBLIC, file=text("harmless"))
    with pytest.raises(NotAllowed):
        send(house, text(SECRET), role="agent2")


def test_calling_the_audit_off_frees_nothing(house: House) -> None:
    audit = ask(house)
    prepare(house, audit, file=text(SECRET))
    Ticket.objects.filter(pk=audit.ticket_id).update(state="cancelled")
    with pytest.raises(NotAllowed):
        send(house, text(SECRET + " "))


def test_bpo_releases_who_worked_with_an_audit_that_was_called_off(
    house: House, sign_in: Any
) -> None:
    audit = ask(house)
    prepare(house, audit, file=text(SECRET), user=house.agent)
    evidence = prepare(house, audit, 2, user=house.staff["consultant"])
    services.note_reading(evidence=evidence, reader=house.staff["agent2"], at=MONDAY_9AM)
    source = f"/admin/audits/{audit.ticket.number}/evidence/{evidence.pk}/source/"
    path = f"/admin/audits/{audit.ticket.number}/release/0/"
    bpo = sign_in(house.staff["bpo"])
    # while the audit runs, nobody is released
    assert bpo.post(path, {"reason": "Too early"}).status_code == 400
    Ticket.objects.filter(pk=audit.ticket_id).update(state="cancelled")
    assert [person.pk for person in handlers_of(again(audit))] == [
        person.pk for person in (house.agent, house.staff["agent2"], house.staff["consultant"])
    ]
    page = bpo.get(f"/admin/audits/{audit.ticket.number}/").content.decode()
    assert "hasta que BPO lo permita: Agent, Agent2, Consultant." in page

    assert bpo.post(path, {"reason": "The customer called it off."}).status_code == 302

    send(house, text("Something else"))
    assert handlers_of(again(audit)) == []
    row = Record.objects.filter(verb="audit.released").get()
    assert row.payload["reason"] == "The customer called it off."
    # its bytes stay inside, and so do its files
    with pytest.raises(NotAllowed):
        send(house, text(SECRET))
    assert sign_in(house.staff["agent2"]).get(source).status_code == 403
    bpo = sign_in(house.staff["bpo"])
    assert get_undelivered_evidence(house.staff["bpo"], again(audit), evidence.pk) == evidence
    assert bpo.post(path, {"reason": "Again"}).status_code == 400
    assert "release/0/" not in bpo.get(f"/admin/audits/{audit.ticket.number}/").content.decode()


def test_an_audit_that_runs_again_guards_its_evidence_again(house: House) -> None:
    audit = ask(house)
    prepare(house, audit, file=text(SECRET), user=house.agent)
    AuditRequest.objects.filter(pk=audit.pk).update(released_at=MONDAY_9AM)
    send(house, text("Something else"))

    follow_ticket(
        audit=again(audit), from_state="closed", to_state="in_progress", at=MONDAY_9AM + HOUR
    )

    with pytest.raises(NotAllowed):
        send(house, text("Something else again"))
