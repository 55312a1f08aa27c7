"""The table of audit acts: each act x role x state of the audit (SPEC 9.4)."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from audits import services
from audits.models import (
    AuditRequest,
    AuditState,
    Conference,
    DelayNotice,
    Evidence,
    RequestedItem,
    VisitPlace,
)
from audits.permissions import Act
from audits.services import NewVisit
from foundation.activity.models import Record
from foundation.core.errors import DomainError, NotAllowed
from foundation.notifications.models import OutboxMessage
from sla.clocks.models import Clock
from tests.support.audits import (
    BPO,
    ITEMS_OF_TABLE,
    TABLE,
    Undone,
    again,
    approve,
    ask,
    confer,
    deliver,
    prepare,
    text,
)
from tests.support.house import (
    DAY,
    HOUR,
    MONDAY_9AM,
    STAFF_EMAILS,
    House,
    by,
    fresh,
)
from tests.support.tickets import step
from tickets.models import Attachment, Message, Ticket
from tickets.services import reply_as_customer, reply_to_customer
from tickets.states import State


def _acts(house: House) -> dict[Act, Callable[[AuditRequest, Any], Any]]:
    """Return each act as a call that is complete but for who does it."""
    at = MONDAY_9AM + HOUR
    waiting = 1
    approved = 2

    def evidence(audit: AuditRequest, number: int) -> int:
        return (
            Evidence.objects.filter(item__audit=audit, item__number=number)
            .order_by("-number")
            .values_list("pk", flat=True)
            .first()
            or 0
        )

    def visit(audit: AuditRequest) -> int:
        from audits.models import Visit

        return Visit.objects.filter(audit=audit).values_list("pk", flat=True).first() or 0

    return {
        Act.EVALUATE: lambda a, u: services.evaluate_environment(
            audit=a, approves=True, reason="Y", by=by(u), at=at
        ),
        Act.PLAN_ITEM: lambda a, u: services.plan_item(
            audit=a,
            number=3,
            preparer=house.staff["consultant"],
            prepare_by=date(2026, 3, 6),
            by=by(u),
            at=at,
        ),
        Act.PREPARE: lambda a, u: prepare(house, a, 3, user=u, at=at),
        Act.APPROVE: lambda a, u: services.approve_evidence(
            audit=a, evidence_id=evidence(a, waiting), by=by(u), at=at
        ),
        Act.REFUSE: lambda a, u: services.refuse_evidence(
            audit=a, evidence_id=evidence(a, waiting), reason="No", by=by(u), at=at
        ),
        Act.DELIVER: lambda a, u: services.deliver_evidence(
            audit=a, evidence_id=evidence(a, approved), by=by(u), at=at
        ),
        Act.SET_ASIDE: lambda a, u: services.set_aside(
            audit=a, number=3, reason="None", by=by(u), at=at
        ),
        Act.WAIVE: lambda a, u: services.waive(
            audit=a, number=3, reason="Y", agreed_by="Z", by=by(u), at=at
        ),
        Act.COMPLETE: lambda a, u: services.complete_audit(audit=a, by=by(u), at=at),
        Act.SEND_DELAY_NOTICE: lambda a, u: services.send_delay_notice(
            audit=a, reason="Late", new_date=date(2026, 3, 20), by=by(u), at=at
        ),
        Act.SCHEDULE: lambda a, u: services.schedule_conference(
            audit=a,
            starts_at=at + DAY,
            minutes=60,
            place="Sala 1",
            attendees=["x@y.example"],
            by=by(u),
            at=at,
        ),
        Act.MOVE_CONFERENCE: lambda a, u: services.move_conference(
            audit=a,
            conference_id=Conference.objects.get(audit=a).pk,
            starts_at=at + 2 * DAY,
            minutes=30,
            place="Sala 2",
            by=by(u),
            at=at,
        ),
        Act.CANCEL_CONFERENCE: lambda a, u: services.cancel_conference(
            audit=a, conference_id=Conference.objects.get(audit=a).pk, by=by(u), at=at
        ),
        Act.ANSWER_VISIT: lambda a, u: services.answer_visit(
            audit=a, visit_id=visit(a), authorizes=True, answer="", by=by(u), at=at
        ),
        Act.STOP: lambda a, u: services.stop_audit(
            audit=a, reason="Asked to change a date", by=by(u), at=at
        ),
        Act.RESUME: lambda a, u: services.resume_audit(audit=a, reason="Decided", by=by(u), at=at),
        Act.RELEASE: lambda a, u: services.release_handlers(audit=a, reason="Y", by=by(u), at=at),
    }


def _audit_in(house: House, state: AuditState, act: Act) -> AuditRequest:
    visit = NewVisit(VisitPlace.DATA_CENTRE, date(2026, 3, 9), "Elsa")
    audit = ask(house, items=ITEMS_OF_TABLE, visit=visit)
    prepare(house, audit, 1, user=house.staff["consultant"])
    approve(house, audit, prepare(house, audit, 2, user=house.staff["consultant"]))
    if act in {Act.MOVE_CONFERENCE, Act.CANCEL_CONFERENCE}:
        confer(house, audit)
    AuditRequest.objects.filter(pk=audit.pk).update(
        state=state, reopened_at=MONDAY_9AM if act is Act.COMPLETE else None
    )
    if act is Act.RELEASE:
        Ticket.objects.filter(pk=audit.ticket_id).update(state=State.CANCELLED)
    if act is Act.COMPLETE:
        RequestedItem.objects.filter(audit=audit).update(set_aside_reason="Answered before")
    return again(audit)


@pytest.mark.once
@pytest.mark.parametrize("state", list(AuditState))
@pytest.mark.parametrize("act", list(Act))
def test_role_by_act_by_state(house: House, act: Act, state: AuditState) -> None:
    """Every role of staff and customers tries every act in every state: exactly the table's get
    through, the others change nothing.
    """
    audit = _audit_in(house, state, act)
    call = _acts(house)[act]
    people = {**house.staff, **house.people, "outsider": house.outsider}
    got_through = set()
    for role, person in people.items():
        before = _everything()
        try:
            with transaction.atomic():
                call(audit, person)
                got_through.add(role)
                raise Undone
        except Undone:
            pass
        except DomainError:
            assert _everything() == before

    roles, states = TABLE[act]
    assert got_through == (roles if state in states else set())


# Act -> the verb that it leaves on the record.
RECORDED = {
    Act.EVALUATE: "audit.evaluated",
    Act.PLAN_ITEM: "audit.item_planned",
    Act.PREPARE: "audit.evidence_prepared",
    Act.APPROVE: "audit.evidence_approved",
    Act.REFUSE: "audit.evidence_refused",
    Act.DELIVER: "audit.evidence_delivered",
    Act.SET_ASIDE: "audit.item_set_aside",
    Act.WAIVE: "audit.waived",
    Act.COMPLETE: "audit.delivered",
    Act.SEND_DELAY_NOTICE: "audit.delay_notice_sent",
    Act.SCHEDULE: "audit.conference_scheduled",
    Act.MOVE_CONFERENCE: "audit.conference_moved",
    Act.CANCEL_CONFERENCE: "audit.conference_cancelled",
    Act.ANSWER_VISIT: "audit.visit_answered",
    Act.STOP: "audit.stopped",
    Act.RESUME: "audit.resumed",
    Act.RELEASE: "audit.released",
}


@pytest.mark.parametrize("act", list(Act))
def test_each_act_is_on_the_record_once_with_its_person(house: House, act: Act) -> None:
    roles, states = TABLE[act]
    audit = _audit_in(house, AuditState(sorted(states)[0]), act)
    person = house.staff[sorted(roles)[0]]
    before = list(Record.objects.values_list("pk", flat=True))

    _acts(house)[act](audit, person)

    new = Record.objects.exclude(pk__in=before).filter(verb__startswith="audit.")
    assert [(row.verb, row.person_id) for row in new if row.verb == RECORDED[act]] == [
        (RECORDED[act], person.pk)
    ]


def test_a_request_and_its_visit_are_on_the_record(house: House) -> None:
    audit = ask(house)
    services.announce_visit(
        audit=audit,
        place=VisitPlace.DATA_CENTRE,
        on=date(2026, 3, 16),
        visitors="Elsa",
        by=by(house.requester),
        at=MONDAY_9AM,
    )
    prepare(house, audit)

    rows = Record.objects.filter(verb__startswith="audit.").order_by("pk")
    assert list(rows.values_list("verb", flat=True)) == [
        "audit.requested",
        "audit.visit_announced",
        "audit.evidence_prepared",
    ]


def _everything() -> list[Any]:
    rows: list[Any] = [OutboxMessage.objects.count()]
    with connection.cursor() as cursor:
        for model in (AuditRequest, RequestedItem, Evidence, DelayNotice, Message, Clock):
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}" ORDER BY id')
            rows.append(cursor.fetchall())
    return rows


def test_only_bpo_delivers_whatever_other_roles_a_person_has(house: House) -> None:
    """An administrator with every other role does not deliver; one who is of BPO does, by that
    role.
    """
    audit = ask(house)
    evidence = approve(house, audit, prepare(house, audit))
    administrator = house.staff["administrator"]
    administrator.staff_roles = [role for role in STAFF_EMAILS.values() if role != BPO]
    administrator.save()
    with pytest.raises(NotAllowed):
        deliver(house, audit, evidence, user=administrator)

    house.staff[BPO].is_active = False
    house.staff[BPO].save()
    with pytest.raises(DomainError):
        deliver(house, audit, evidence)
    assert Evidence.objects.get(pk=evidence.pk).state == "approved"


def test_a_preparer_cannot_approve_even_in_the_database(house: House) -> None:
    audit = ask(house)
    bpo = house.staff[BPO]
    evidence = prepare(house, audit, user=bpo)
    with pytest.raises(NotAllowed):
        approve(house, audit, evidence, user=bpo)
    with pytest.raises(IntegrityError), transaction.atomic():
        Evidence.objects.filter(pk=evidence.pk).update(state="approved", decided_by=bpo)


def test_bpo_of_another_customer_is_refused(house: House) -> None:
    from foundation.accounts.models import Team

    audit = ask(house)
    evidence = prepare(house, audit)
    others = Team.objects.create(name="South only", level=2)
    others.members.set([house.staff[BPO]])
    others.organizations.set([house.south])
    with pytest.raises(NotAllowed):
        approve(house, audit, evidence)


def test_an_agents_attachment_does_not_pass_by_the_delivery(house: House) -> None:
    audit = ask(house)
    for send in (reply_to_customer,):
        with pytest.raises(NotAllowed), transaction.atomic():
            send(
                ticket=fresh(audit.ticket),
                body="Here it is",
                files=[text()],
                by=by(house.agent),
                at=MONDAY_9AM + HOUR,
            )
    with pytest.raises(NotAllowed), transaction.atomic():
        step(house, audit.ticket, "pend_user", MONDAY_9AM + HOUR, message="See", files=[text()])
    reply_to_customer(
        ticket=fresh(audit.ticket), body="We are on it.", by=by(house.agent), at=MONDAY_9AM + HOUR
    )
    reply_as_customer(
        ticket=fresh(audit.ticket),
        body="More",
        files=[text("mine")],
        by=by(house.requester),
        at=MONDAY_9AM + 2 * HOUR,
    )
    assert Attachment.objects.filter(ticket=audit.ticket, message__is_from_staff=True).count() == 0


def _announce(audit: AuditRequest, person: Any) -> None:
    on = date(2026, 4, 1)
    at = MONDAY_9AM + HOUR
    services.announce_visit(
        audit=audit,
        place=VisitPlace.DATA_CENTRE,
        on=on,
        visitors="Elsa",
        by=by(person),
        at=at,
    )


def _call_off(audit: AuditRequest, person: Any) -> None:
    conference = Conference.objects.get(audit=audit)
    services.cancel_conference(
        audit=audit, conference_id=conference.pk, by=by(person), at=MONDAY_9AM + HOUR
    )


@pytest.mark.parametrize("state", list(AuditState))
@pytest.mark.parametrize(
    ("act", "roles"),
    [
        (_announce, {"requester", "coordinator"}),
        (_call_off, {"agent", "desk_supervisor", "desk_manager", "audit_area", "bpo"}),
    ],
)
def test_visits_and_conferences_by_role_and_state(
    house: House, act: Any, roles: set[str], state: AuditState
) -> None:
    audit = ask(house)
    bpo = house.staff[BPO]
    at = MONDAY_9AM + HOUR
    services.schedule_conference(
        audit=audit,
        starts_at=at + DAY,
        minutes=60,
        place="Sala 1",
        attendees=["x@y.example"],
        by=by(bpo),
        at=at,
    )
    AuditRequest.objects.filter(pk=audit.pk).update(state=state)
    got_through = set()
    for role, person in {**house.staff, **house.people, "outsider": house.outsider}.items():
        try:
            with transaction.atomic():
                act(again(audit), person)
                got_through.add(role)
                raise Undone
        except (Undone, DomainError):
            pass
    is_open = state in {AuditState.OPEN, AuditState.EVALUATING} or (
        act is _call_off and state in {"stopped", "delivered"}
    )
    expected = {role for role, staff_role in STAFF_EMAILS.items() if staff_role in roles} | (
        roles & set(house.people)
    )
    assert got_through == (expected if is_open else set())
