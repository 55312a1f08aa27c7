"""What an act on an audit leaves: the returned row, the fact on the record, the letter."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from audits import paper, services
from audits.models import AuditRequest, AuditState, Evidence, VisitPlace
from audits.queries import (
    DEMAND_PERCENT,
    attachments_of,
    index_attachment,
    needs_delay_notice,
    reported_audits,
    rows_of,
    view_of_staff,
)
from audits.services.base import NotNow
from foundation.accounts.models import User
from foundation.activity.models import Record
from foundation.core.errors import Invalid
from foundation.notifications.models import OutboxMessage
from sla.clocks.models import Clock
from tests.support.audits import BPO, again, ask, confer, delivered, leave, prepare
from tests.support.house import DAY, HOUR, MONDAY_9AM, SECOND, House, by, make_ticket
from tests.support.tickets import step
from tickets.models import Attachment

LATER = MONDAY_9AM + DAY
YEARS_AHEAD = MONDAY_9AM + timedelta(days=730)


def last_fact(audit: AuditRequest, verb: str) -> Record:
    found = Record.objects.filter(object_id=audit.ticket_id, verb=verb).order_by("-pk").first()
    assert found is not None
    return found


def last_letter(template: str) -> OutboxMessage:
    found = OutboxMessage.objects.filter(template=template).order_by("-pk").first()
    assert found is not None
    return found


def test_a_delivery_is_recorded_with_its_digest_and_mailed_to_the_requester(house: House) -> None:
    audit = ask(house)
    evidence = leave(house, audit, at=MONDAY_9AM + HOUR)

    fact = last_fact(audit, "audit.evidence_delivered")
    letter = last_letter("ticket_reply")

    assert (fact.at, fact.person_id) == (MONDAY_9AM + HOUR, house.staff[BPO].pk)
    assert fact.payload == {
        "audit": audit.pk,
        "item": 1,
        "evidence": evidence.pk,
        "sha256": evidence.delivered.sha256,
        "classification": "internal",
    }
    assert letter.to_email == house.requester.email
    assert evidence.delivered.sha256 in letter.context["body"]


def test_an_item_set_aside_replaces_its_pending_evidence_alone(house: House) -> None:
    audit = ask(house)
    first = prepare(house, audit, 1)
    second = prepare(house, audit, 2)
    bpo = by(house.staff[BPO])

    item = services.set_aside(
        audit=audit, number=2, reason=" None exists. ", by=bpo, at=MONDAY_9AM + HOUR
    )

    assert (item.number, item.set_aside_reason, item.set_aside_by) == (
        2,
        "None exists.",
        house.staff[BPO],
    )
    states = [Evidence.objects.get(pk=each.pk).state for each in (first, second)]
    assert states == ["prepared", "replaced"]
    assert last_fact(audit, "audit.item_set_aside").payload == {"audit": audit.pk, "item": 2}
    with pytest.raises(NotNow):
        services.set_aside(audit=audit, number=2, reason="Again.", by=bpo, at=MONDAY_9AM)


def test_an_answered_visit_is_returned_recorded_and_told_to_the_customer(house: House) -> None:
    audit = ask(house)
    visit = services.announce_visit(
        audit=audit,
        place=VisitPlace.values[0],
        on=date(2026, 3, 20),
        visitors="Elsa Robles",
        by=by(house.requester),
        at=MONDAY_9AM,
    )
    announced = OutboxMessage.objects.filter(template="audit_visit")

    answered = services.answer_visit(
        audit=audit,
        visit_id=visit.pk,
        authorizes=False,
        answer=" The site is closed. ",
        by=by(house.staff[BPO]),
        at=MONDAY_9AM + HOUR,
    )

    assert {message.context["on"] for message in announced} == {"2026-03-20"}
    assert house.staff["audit_area"].email in {message.to_email for message in announced}
    assert (answered.pk, answered.is_authorized, answered.answer) == (
        visit.pk,
        False,
        "The site is closed.",
    )
    fact = last_fact(audit, "audit.visit_answered")
    assert fact.payload == {"audit": audit.pk, "visit": visit.pk, "authorized": False}
    assert "The site is closed." in last_letter("ticket_reply").context["body"]


def test_a_stopped_audit_is_returned_as_it_was_stopped(house: House) -> None:
    stopped = services.stop_audit(
        audit=ask(house), reason="Asked to alter a log.", by=by(house.staff[BPO]), at=MONDAY_9AM
    )

    assert (stopped.state, stopped.stopped_from, stopped.decision) == (
        "stopped",
        "open",
        "Asked to alter a log.",
    )


def test_a_customer_sees_a_stopped_audit_as_it_stood_before(house: House) -> None:
    audit = ask(house)
    AuditRequest.objects.filter(pk=audit.pk).update(
        state=AuditState.STOPPED, stopped_from=AuditState.EVALUATING
    )

    def state_for(user: User) -> AuditState:
        return rows_of([again(audit)], user, MONDAY_9AM)[0].state

    assert state_for(house.requester) is AuditState.EVALUATING
    assert state_for(house.staff[BPO]) is AuditState.STOPPED


def test_a_conference_is_at_most_two_years_ahead_and_its_invitation_names_the_place(
    house: House,
) -> None:
    audit = ask(house)
    with pytest.raises(Invalid) as refused:
        confer(house, audit, YEARS_AHEAD + SECOND)

    conference = confer(house, audit, YEARS_AHEAD)

    assert list(refused.value.fields) == ["starts_at"]
    assert conference.starts_at == YEARS_AHEAD
    event = paper.invitation(audit, conference)
    assert b"LOCATION:Sala 1\r\n" in event
    title = f"SUMMARY:{audit.ticket.number} · {audit.auditor_company}\r\n"
    assert title.encode() in event


def test_a_conference_lasts_from_a_minute_to_a_day(house: House) -> None:
    audit = ask(house)

    def lasting(minutes: int) -> int:
        return services.schedule_conference(
            audit=audit,
            starts_at=MONDAY_9AM + DAY,
            minutes=minutes,
            place="Sala 1",
            attendees=["x@y.example"],
            by=by(house.agent),
            at=MONDAY_9AM,
        ).minutes

    assert [lasting(minutes) for minutes in (1, 1440)] == [1, 1440]
    for wrong in (0, 1441):
        with pytest.raises(Invalid) as refused:
            lasting(wrong)
        assert list(refused.value.fields) == ["minutes"]


def test_an_invitation_comes_from_the_desk_and_asks_every_attendee_for_an_answer(
    house: House, settings: Any
) -> None:
    settings.DEFAULT_FROM_EMAIL = "Mesa <desk@mesa.example>"
    audit = ask(house)

    event = paper.invitation(audit, confer(house, audit))

    assert b"ORGANIZER:mailto:desk@mesa.example\r\n" in event
    assert b"ATTENDEE;RSVP=TRUE:mailto:x@y.example\r\n" in event


def test_a_delay_notice_is_missing_from_the_instant_of_three_quarters_on(house: House) -> None:
    audit = ask(house)
    AuditRequest.objects.filter(pk=audit.pk).update(state="open")
    clock = Clock.objects.get(ticket=audit.ticket, metric="delivery")
    assert clock.due_at is not None
    Clock.objects.filter(pk=clock.pk).update(announced_percent=0)
    view = view_of_staff(again(audit))
    limit = clock.started_at + (clock.due_at - clock.started_at) * DEMAND_PERCENT / 100

    missing = [needs_delay_notice(view, at) for at in (limit - SECOND, limit)]

    assert missing == [False, True]


def test_evidence_and_index_are_the_attachments_of_messages_to_the_customer(house: House) -> None:
    audit = delivered(house)

    found = attachments_of(view_of_staff(audit))

    evidence = Evidence.objects.get(item__audit=audit, state="delivered")
    assert list(found) == [evidence.pk]
    attachment = Attachment.objects.get(pk=found[evidence.pk])
    assert (attachment.ticket_id, attachment.blob_id) == (audit.ticket_id, evidence.delivered_id)
    index = Attachment.objects.get(pk=index_attachment(audit))
    assert (index.ticket_id, index.blob_id) == (audit.ticket_id, audit.index_id)
    assert index_attachment(AuditRequest(ticket_id=audit.ticket_id)) is None


def test_a_report_lists_the_audits_that_were_asked_for_before_its_end(house: House) -> None:
    audit = ask(house)
    make_ticket(house)
    start = MONDAY_9AM - DAY

    def listed(end: Any) -> list[str]:
        return [row["number"] for row in reported_audits(house.north, start, end, end)]

    assert listed(MONDAY_9AM) == []
    assert listed(MONDAY_9AM + SECOND) == [audit.ticket.number]


def test_a_report_says_how_an_audit_stood_at_its_end(house: House) -> None:
    """Whenever it is computed: what happened later belongs to a later month."""
    audit = ask(house)
    due = Clock.objects.get(ticket=audit.ticket, metric="delivery").due_at
    assert due is not None

    def reported(at: datetime) -> tuple[str, str, str]:
        (row,) = reported_audits(house.north, MONDAY_9AM - DAY, at, at)
        return row["state"], row["delivered_at"], row["verdict"]

    def all_reported() -> list[tuple[str, str, str]]:
        return [reported(at) for at in (MONDAY_9AM + HOUR, due + HOUR)]

    before = [("open", "", "running"), ("open", "", "missed")]
    assert all_reported() == before

    leave(house, audit, 1, at=due + DAY)
    services.set_aside(
        audit=again(audit), number=2, reason="None.", by=by(house.staff[BPO]), at=due + 2 * DAY
    )
    assert all_reported() == before
    delivery = ("delivered", (due + 2 * DAY).isoformat(), "missed")
    assert reported(due + 2 * DAY) == delivery

    step(
        house,
        audit.ticket,
        "decline",
        due + 3 * DAY,
        user=house.requester,
        reason="A page is missing.",
    )
    assert all_reported() == before
    assert reported(due + 2 * DAY) == delivery
    assert reported(due + 3 * DAY) == ("open", "", "missed")


def test_a_report_leaves_out_audits_that_were_called_off_by_its_end(house: House) -> None:
    audit = ask(house)
    step(house, audit.ticket, "cancel", LATER, reason="Called off.")

    def count(at: datetime) -> int:
        return len(reported_audits(house.north, MONDAY_9AM - DAY, at, at))

    assert (count(LATER - HOUR), count(LATER)) == (1, 0)


def test_a_report_says_how_an_evaluation_and_a_stop_stood_at_its_end(house: House) -> None:
    audit = ask(house, fields={"C10": "Test"})
    area = by(house.staff["audit_area"])
    services.evaluate_environment(audit=audit, approves=True, reason="Once.", by=area, at=LATER)
    services.stop_audit(audit=again(audit), reason="Stop.", by=area, at=LATER + DAY)
    services.resume_audit(audit=again(audit), reason="Go on.", by=area, at=LATER + 2 * DAY)

    def reported(at: datetime) -> str:
        (row,) = reported_audits(house.north, MONDAY_9AM - DAY, at, at)
        return str(row["state"])

    assert [reported(at) for at in (LATER - HOUR, LATER, LATER + DAY, LATER + 2 * DAY)] == [
        "evaluating",
        "open",
        "open",
        "open",
    ]


def test_the_sweep_counts_the_open_audits_that_it_checked(house: House) -> None:
    audit = ask(house)

    assert services.demand_delay_notices(at=MONDAY_9AM) == 1
    services.stop_audit(audit=audit, reason="Stop.", by=by(house.staff[BPO]), at=MONDAY_9AM)
    assert services.demand_delay_notices(at=MONDAY_9AM) == 0


def test_the_customer_reads_in_their_own_language_and_else_in_the_organizations(
    house: House,
) -> None:
    audit = ask(house)
    bodies = []
    for language, day in (("es", date(2026, 4, 1)), ("", date(2026, 4, 2))):
        User.objects.filter(pk=house.requester.pk).update(language=language)
        services.send_delay_notice(
            audit=again(audit), reason="Late.", new_date=day, by=by(house.agent), at=MONDAY_9AM
        )
        bodies.append(last_letter("ticket_reply").context["body"])

    assert "1 abr 2026" in bodies[0]
    assert "Apr 2, 2026" in bodies[1]


def test_a_reported_audit_says_when_it_was_due(house: House) -> None:
    audit = ask(house)
    due = Clock.objects.get(ticket=audit.ticket, metric="delivery").due_at
    assert due is not None

    (row,) = reported_audits(house.north, MONDAY_9AM - DAY, MONDAY_9AM + DAY, MONDAY_9AM)

    assert (row["due_at"], row["delivered_at"]) == (due.isoformat(), "")
