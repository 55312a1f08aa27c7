"""External audits by the book: every rule of the protocol is a rule of the system (SPEC 9)."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from icalendar import Calendar as ICalendar
from pypdf import PdfReader

from audits import services
from audits.models import AuditRequest, AuditState, Classification, DelayNotice, Evidence, RequestedItem, VisitPlace
from audits.policies import RULES, Act
from audits.queries import needs_delay_notice, view_of, view_of_staff, year_start
from audits.services import AllowanceUsed, NewVisit
from audits.services.base import NotNow
from audits.workbook import FormRefused, read_form
from core.classification import Environment
from core.errors import DomainError, Invalid, NotAllowed, NotFound
from documents.signing import check_json, check_pdf
from notifications.models import OutboxMessage
from reports.queries import build_service_level
from sla.models import Calendar, Clock
from sla.services import publish_calendar_version, rebuild_clocks, settle_ticket
from tests.audits.making import (
    DAY,
    HOUR,
    ITEMS,
    MINUTE,
    approve,
    ask,
    deliver,
    filled,
    leave,
    membership,
    picture,
    prepare,
    text,
    upload,
)
from tests.house import MONDAY_9AM, SETUP, STAFF_EMAILS, House, by, fresh, make_ticket
from tickets.models import Attachment, Message, Ticket
from tickets.services import TransitionDetails, close_unanswered, follow_up_ticket, reply_as_customer, reply_to_customer, transition_ticket

BPO = "bpo"


def again(audit: AuditRequest) -> AuditRequest:
    return AuditRequest.objects.get(pk=audit.pk)


def step(house: House, audit: AuditRequest, name: str, at: datetime, user: Any = None, **details: Any) -> Ticket:
    ticket = fresh(audit.ticket)
    return transition_ticket(ticket=ticket, name=name, details=TransitionDetails(**details), by=by(user or house.agent), at=at)


def told(template: str) -> list[str]:
    return sorted(OutboxMessage.objects.filter(template=template).values_list("to_email", flat=True))


# Asking -----------------------------------------------------------------------------------------------------------------------


def test_a_filled_form_becomes_a_ticket_with_its_items_and_seven_business_days(house: House) -> None:
    audit = ask(house, checklist=[text()])

    assert (audit.state, audit.auditor_name, audit.period_to) == ("open", "Elsa Robles", date(2025, 12, 31))
    assert list(RequestedItem.objects.filter(audit=audit).values_list("number", "description")) == [(1, ITEMS[0][1]), (2, ITEMS[1][1])]
    clock = Clock.objects.get(ticket=audit.ticket, metric="delivery")
    assert clock.due_at == datetime(2026, 3, 12, 1, tzinfo=UTC)  # Wednesday 11 March, 19:00 in Mexico City
    assert set(Attachment.objects.filter(ticket=audit.ticket).values_list("name", flat=True)) == {"solicitud.xlsx", "usuarios.csv"}
    assert told("audit_requested") == ["audit_area@mesa.example", "bpo@mesa.example"]
    assert rebuild_clocks(ticket=fresh(audit.ticket), write=False) == []


def test_the_seven_days_step_over_the_holidays_of_the_customers_country(house: House) -> None:
    audit = ask(house, at=MONDAY_9AM + 7 * DAY)  # Monday the 9th; Monday the 16th is a holiday in Mexico

    assert Clock.objects.get(ticket=audit.ticket, metric="delivery").due_at == datetime(2026, 3, 20, 1, tzinfo=UTC)  # Thursday the 19th
    publish_calendar_version(
        calendar=Calendar.objects.get(organization=house.north, role="business"),
        time_zone="America/Mexico_City",
        hours={str(day): [["09:00", "19:00"]] for day in range(5)},
        holidays={"2026-03-16": "Natalicio", "2026-03-17": "Local"},
        effective_from=MONDAY_9AM + 7 * DAY + HOUR,
        by=SETUP,
        at=MONDAY_9AM + 7 * DAY + HOUR,
    )
    from sla.models import CalendarVersion
    from sla.services import redate_clocks

    redate_clocks(version=CalendarVersion.objects.order_by("-pk")[0], at=MONDAY_9AM + 7 * DAY + HOUR)
    assert Clock.objects.get(ticket=audit.ticket, metric="delivery").due_at == datetime(2026, 3, 21, 1, tzinfo=UTC)


def test_every_wrong_cell_of_the_form_is_named_at_once_and_nothing_is_raised(house: House) -> None:
    wrong = {"C4": None, "C6": "nobody", "C8": "soon", "C10": "Moon"}
    with pytest.raises(FormRefused) as refused:
        ask(house, fields=wrong, items=(("Unknown service", "X"), ("erp", "")))

    cells = {where.partition("!")[2] for where in refused.value.fields}
    assert cells == {"C4", "C6", "C8", "C10", "B2", "C3"}
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("content", [b"PK\x03\x04 not a workbook", b"PK"])
def test_another_file_is_no_form(house: House, content: bytes) -> None:
    with pytest.raises(FormRefused):
        read_form(BytesIO(content), [])


def test_the_form_is_read_in_spanish_as_in_english(house: House) -> None:
    from audits.queries import requestable_services

    wanted = read_form(BytesIO(filled(house, fields={"C10": "producción"})), requestable_services(house.north, MONDAY_9AM))
    assert (wanted.environment, len(wanted.items)) == (Environment.PRODUCTION, 2)


def test_one_audit_a_contract_year_is_included_and_a_further_one_is_the_commercial_areas(house: House) -> None:
    first = ask(house)
    with pytest.raises(AllowanceUsed) as refused:
        ask(house, at=MONDAY_9AM + DAY)
    assert first.ticket.number in str(refused.value)
    assert "commercial area" in str(refused.value) or "comercial" in str(refused.value)

    step(house, first, "cancel", MONDAY_9AM + DAY, reason="Not now.")
    second = ask(house, at=MONDAY_9AM + 2 * DAY)  # what was called off took no allowance
    begins = house.contract.starts_on.replace(year=2027)
    at = datetime(begins.year, begins.month, begins.day, 18, tzinfo=UTC) + DAY
    house.contract.ends_on = None
    house.contract.save()
    house.north.refresh_from_db()
    third = ask(house, at=at)  # the next contract year

    assert (second.year_starts_on, third.year_starts_on) == (year_start(house.contract, date(2026, 3, 4)), begins)


@pytest.mark.parametrize(
    ("start", "day", "expected"),
    [
        (date(2024, 2, 29), date(2026, 2, 27), date(2025, 2, 28)),
        (date(2024, 2, 29), date(2026, 2, 28), date(2026, 2, 28)),
        (date(2024, 7, 1), date(2026, 6, 30), date(2025, 7, 1)),
        (date(2024, 7, 1), date(2026, 7, 1), date(2026, 7, 1)),
    ],
)
def test_contract_years_begin_on_the_day_of_the_contract(house: House, start: date, day: date, expected: date) -> None:
    house.contract.starts_on = start
    assert year_start(house.contract, day) == expected


def test_an_alternate_environment_is_evaluated_first_and_a_declined_one_leaves_the_allowance(house: House) -> None:
    audit = ask(house, fields={"C10": "Test"})
    assert audit.state == AuditState.EVALUATING
    with pytest.raises(NotNow):
        prepare(house, audit)

    area = house.staff["audit_area"]
    services.evaluate_environment(audit=audit, approves=False, reason="Production only.", user=area, by=by(area), at=MONDAY_9AM + HOUR)
    assert again(audit).state == AuditState.DECLINED
    assert Message.objects.filter(ticket=audit.ticket, body__contains="Production only.").exists()

    other = ask(house, fields={"C10": "Pruebas"}, at=MONDAY_9AM + DAY)
    services.evaluate_environment(audit=other, approves=True, reason="As an exception.", user=area, by=by(area), at=MONDAY_9AM + DAY + HOUR)
    assert prepare(house, other, at=MONDAY_9AM + DAY + HOUR).state == "prepared"


def test_only_valid_users_of_the_customer_ask(house: House) -> None:
    form = upload(filled(house), "s.xlsx")
    with pytest.raises(DomainError):
        services.request_audit(
            membership=membership(house, "report_recipient"), form=form, by=by(house.people["report_recipient"]), at=MONDAY_9AM
        )
    with pytest.raises(DomainError):
        services.request_audit(membership=membership(house), form=form, by=by(house.outsider), at=MONDAY_9AM)
    assert not AuditRequest.objects.exists()


# Who, what, when ----------------------------------------------------------------------------------------------------------------


def _acts(house: House) -> dict[Act, Callable[[AuditRequest, Any], Any]]:
    """Return each act as a call that is complete but for who does it."""
    at = MONDAY_9AM + HOUR
    waiting, approved = 1, 2

    def evidence(audit: AuditRequest, number: int) -> int:
        return Evidence.objects.filter(item__audit=audit, item__number=number).order_by("-number").values_list("pk", flat=True).first() or 0

    def visit(audit: AuditRequest) -> int:
        from audits.models import Visit

        return Visit.objects.filter(audit=audit).values_list("pk", flat=True).first() or 0

    return {
        Act.EVALUATE: lambda a, u: services.evaluate_environment(audit=a, approves=True, reason="Y", user=u, by=by(u), at=at),
        Act.PREPARE: lambda a, u: prepare(house, a, 3, user=u, at=at),
        Act.APPROVE: lambda a, u: services.approve_evidence(audit=a, evidence_id=evidence(a, waiting), user=u, by=by(u), at=at),
        Act.REFUSE: lambda a, u: services.refuse_evidence(audit=a, evidence_id=evidence(a, waiting), reason="No", user=u, by=by(u), at=at),
        Act.DELIVER: lambda a, u: services.deliver_evidence(audit=a, evidence_id=evidence(a, approved), user=u, by=by(u), at=at),
        Act.SET_ASIDE: lambda a, u: services.set_aside(audit=a, number=3, reason="None", user=u, by=by(u), at=at),
        Act.WAIVE: lambda a, u: services.waive(audit=a, number=3, reason="Y", agreed_by="Z", user=u, by=by(u), at=at),
        Act.COMPLETE: lambda a, u: services.complete_audit(audit=a, user=u, by=by(u), at=at),
        Act.TELL_DELAY: lambda a, u: services.give_delay_notice(
            audit=a, reason="Late", new_date=date(2026, 3, 20), user=u, by=by(u), at=at
        ),
        Act.SCHEDULE: lambda a, u: services.schedule_conference(
            audit=a, starts_at=at + DAY, minutes=60, place="Sala 1", attendees=["x@y.example"], user=u, by=by(u), at=at
        ),
        Act.ANSWER_VISIT: lambda a, u: services.answer_visit(
            audit=a, visit_id=visit(a), authorizes=True, answer="", user=u, by=by(u), at=at
        ),
        Act.STOP: lambda a, u: services.stop_audit(audit=a, reason="Asked to change a date", user=u, by=by(u), at=at),
        Act.RESUME: lambda a, u: services.resume_audit(audit=a, reason="Decided", user=u, by=by(u), at=at),
    }


ITEMS_OF_TABLE = (("erp", "A"), ("erp", "B"), ("erp", "C"))


def _audit_in(house: House, state: AuditState, act: Act) -> AuditRequest:
    visit = NewVisit(VisitPlace.DATA_CENTRE, date(2026, 3, 9), "Elsa")
    audit = ask(house, items=ITEMS_OF_TABLE, visit=visit)
    prepare(house, audit, 1, user=house.staff["consultant"])
    approve(house, audit, prepare(house, audit, 2, user=house.staff["consultant"]))
    AuditRequest.objects.filter(pk=audit.pk).update(state=state, reopened_at=MONDAY_9AM if act is Act.COMPLETE else None)
    if act is Act.COMPLETE:
        RequestedItem.objects.filter(audit=audit).update(set_aside_reason="Answered before")
    return again(audit)


@pytest.mark.parametrize("state", list(AuditState))
@pytest.mark.parametrize("act", list(Act))
def test_role_by_act_by_state(house: House, act: Act, state: AuditState) -> None:
    """Every role of staff and customers tries every act in every state: exactly the table's get through, the others change nothing."""
    audit = _audit_in(house, state, act)
    call = _acts(house)[act]
    people = {**house.staff, **house.people, "outsider": house.outsider}
    got_through = set()
    for role, person in people.items():
        before = _everything(audit)
        try:
            with transaction.atomic():
                call(audit, person)
                got_through.add(role)
                raise _Undone
        except _Undone:
            pass
        except DomainError:
            assert _everything(audit) == before

    roles, states = RULES[act]
    expected = {name for name, role in STAFF_EMAILS.items() if role in roles} if state in states else set()
    assert got_through == expected


class _Undone(Exception):
    pass


def _everything(audit: AuditRequest) -> list[Any]:
    rows = [list(model.objects.order_by("pk").values()) for model in (AuditRequest, RequestedItem, Evidence, DelayNotice, Message, Clock)]
    return [*rows, OutboxMessage.objects.count()]


def test_delivery_is_of_bpo_alone_whatever_else_somebody_is(house: House) -> None:
    """An administrator with every other role does not deliver; one who is of BPO does, by that role."""
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


def test_who_prepared_evidence_does_not_approve_it_not_even_in_the_database(house: House) -> None:
    audit = ask(house)
    bpo = house.staff[BPO]
    evidence = prepare(house, audit, user=bpo)
    with pytest.raises(NotAllowed):
        approve(house, audit, evidence, user=bpo)
    with pytest.raises(IntegrityError), transaction.atomic():
        Evidence.objects.filter(pk=evidence.pk).update(state="approved", decided_by=bpo)


def test_bpo_of_another_customer_does_nothing_here(house: House) -> None:
    from accounts.models import Team

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
            send(ticket=fresh(audit.ticket), body="Here it is", files=[text()], by=by(house.agent), at=MONDAY_9AM + HOUR)
    with pytest.raises(NotAllowed), transaction.atomic():
        step(house, audit, "pend_user", MONDAY_9AM + HOUR, message="See", files=[text()])
    reply_to_customer(ticket=fresh(audit.ticket), body="We are on it.", by=by(house.agent), at=MONDAY_9AM + HOUR)
    reply_as_customer(ticket=fresh(audit.ticket), body="More", files=[text("mine")], by=by(house.requester), at=MONDAY_9AM + 2 * HOUR)
    assert Attachment.objects.filter(ticket=audit.ticket, message__is_from_staff=True).count() == 0


# Classifications ----------------------------------------------------------------------------------------------------------------


def pages(evidence: Evidence) -> list[str]:
    assert evidence.delivered is not None
    with evidence.delivered.file.open("rb") as stream:
        return [page.extract_text() for page in PdfReader(BytesIO(stream.read())).pages]


def content_of(evidence: Evidence) -> bytes:
    assert evidence.delivered is not None
    with evidence.delivered.file.open("rb") as stream:
        return bytes(stream.read())


def test_evidence_leaves_as_signed_pdf_with_cover_and_watermark_through_the_ticket(house: House) -> None:
    house.north.name = "Grupo Norteado"
    house.north.save()
    audit = again(ask(house))

    evidence = leave(house, audit, at=MONDAY_9AM + HOUR)

    texts = pages(evidence)
    assert evidence.deliverable.sha256 in texts[0].replace("\n", "")
    assert all(word in texts[0] for word in (audit.ticket.number, "Lista de usuarios", "Auditores Reunidos"))
    assert "ana;admin" in texts[1]
    assert "Norteado" in texts[1]
    assert check_pdf(content_of(evidence)).is_intact
    attachment = Attachment.objects.get(ticket=audit.ticket, message__is_from_staff=True)
    assert (attachment.blob_id, attachment.name) == (evidence.delivered_id, f"{audit.ticket.number}-001-1.pdf")
    assert OutboxMessage.objects.filter(template="ticket_reply", to_email=house.requester.email).count() == 1


def test_confidential_evidence_leaves_as_a_partial_picture_and_the_original_never(house: House) -> None:
    audit = ask(house)
    with pytest.raises(Invalid):
        prepare(house, audit, classification=Classification.CONFIDENTIAL, file=text())
    with pytest.raises(Invalid):
        prepare(house, audit, classification=Classification.CONFIDENTIAL, file=text(), redacted=text("no picture"))
    with pytest.raises(Invalid):
        prepare(house, audit, classification=Classification.CONFIDENTIAL, file=picture(), redacted=picture())

    evidence = leave(house, audit, classification=Classification.CONFIDENTIAL, file=text("secret;4711"), redacted=picture("black"))

    assert evidence.source is not None
    assert "4711" not in "".join(pages(evidence))
    assert evidence.source_id not in {evidence.deliverable_id, evidence.delivered_id}
    assert not Attachment.objects.filter(blob_id__in=[evidence.source_id, evidence.deliverable_id]).exists()


def test_of_a_policy_only_the_summary_leaves(house: House) -> None:
    audit = ask(house)
    with pytest.raises(Invalid):
        prepare(house, audit, classification=Classification.POLICY, file=text("the whole policy"))

    evidence = leave(house, audit, classification=Classification.POLICY, file=text("the whole policy"), summary="Se respalda a diario.")

    found = "".join(pages(evidence))
    assert "Se respalda a diario." in found
    assert "whole policy" not in found


def test_an_editable_file_needs_a_waiver_and_leaves_as_it_is(house: House) -> None:
    audit = ask(house)
    bpo = house.staff[BPO]
    with pytest.raises(NotAllowed):
        prepare(house, audit, as_editable=True)
    services.waive(audit=audit, number=1, reason="They load it.", agreed_by="Elsa Robles", user=bpo, by=by(bpo), at=MONDAY_9AM)
    with pytest.raises(NotAllowed):
        prepare(house, audit, as_editable=True, classification=Classification.POLICY, summary="x")

    evidence = leave(house, audit, as_editable=True)

    assert content_of(evidence) == b"usuario;rol\nana;admin\n"


# From delivery to the end -----------------------------------------------------------------------------------------------------


def delivered(house: House, at: datetime = MONDAY_9AM + DAY) -> AuditRequest:
    audit = ask(house)
    leave(house, audit, 1, at=at)
    bpo = house.staff[BPO]
    services.set_aside(audit=audit, number=2, reason="There is no such policy.", user=bpo, by=by(bpo), at=at + HOUR)
    return again(audit)


def test_the_last_answer_delivers_the_request_with_its_index_and_three_business_days(house: House) -> None:
    house.contract.validation_days = 30
    house.contract.reopen_days = 10
    house.contract.save()
    house.north.refresh_from_db()

    audit = delivered(house)  # Tuesday

    assert (audit.state, audit.ticket.state) == ("delivered", "solved")
    clock = Clock.objects.get(ticket=audit.ticket, metric="delivery")
    assert (clock.state, clock.is_met, clock.stopped_at) == ("stopped", True, MONDAY_9AM + DAY + HOUR)
    assert audit.ticket.validation_due_at == datetime(2026, 3, 7, 1, tzinfo=UTC)  # Friday at 19:00
    assert rebuild_clocks(ticket=fresh(audit.ticket), write=False) == []
    assert audit.index is not None
    with audit.index.file.open("rb") as stream:
        index = bytes(stream.read())
    assert check_json(index).is_intact
    entries = [json.loads(line) for line in index.splitlines()[1:-2]]
    assert entries[0]["files"][0]["sha256"] == Evidence.objects.get(state="delivered").delivered.sha256
    assert entries[1]["set_aside"] == "There is no such policy."

    close_unanswered(ticket=fresh(audit.ticket), at=MONDAY_9AM + 6 * DAY)
    ended = fresh(audit.ticket)
    assert (ended.state, ended.reopen_until) == ("closed", None)
    later = follow_up_ticket(ticket=ended, body="One more thing", by=by(house.requester), at=MONDAY_9AM + 7 * DAY)
    assert later.continues_id == audit.ticket_id


def test_a_flipped_byte_of_the_index_is_named_by_its_entry(house: House) -> None:
    audit = delivered(house)
    assert audit.index is not None
    with audit.index.file.open("rb") as stream:
        index = bytearray(stream.read())
    index[index.index(b"There is no such")] ^= 1
    assert check_json(bytes(index)).entries == ("2",)


def test_nobody_solves_an_audit_before_its_delivery(house: House) -> None:
    audit = ask(house)
    step(house, audit, "start", MONDAY_9AM + HOUR)
    with pytest.raises(NotAllowed), transaction.atomic():
        step(house, audit, "solve", MONDAY_9AM + 2 * HOUR, solution_type="definitive", message="Done")
    assert fresh(audit.ticket).state == "in_progress"


def test_comments_within_the_three_days_open_the_listed_items_again(house: House) -> None:
    audit = delivered(house)
    step(house, audit, "decline", MONDAY_9AM + 2 * DAY, user=house.requester, reason="A page is missing.")
    assert again(audit).state == "open"

    second = leave(house, again(audit), 1, at=MONDAY_9AM + 2 * DAY + HOUR)
    bpo = house.staff[BPO]
    services.complete_audit(audit=again(audit), user=bpo, by=by(bpo), at=MONDAY_9AM + 2 * DAY + 2 * HOUR)

    assert second.number == 2
    assert (again(audit).state, fresh(audit.ticket).state) == ("delivered", "solved")
    assert Clock.objects.get(ticket=audit.ticket, metric="delivery").is_met is True


def test_what_is_not_on_the_list_is_refused_and_offered_as_a_new_ticket(house: House) -> None:
    audit = ask(house)
    with pytest.raises(NotFound) as refused:
        prepare(house, audit, 9)
    assert "ticket" in str(refused.value)


def test_evidence_that_came_back_does_not_leave_and_a_new_version_replaces_it(house: House) -> None:
    audit = ask(house)
    bpo = house.staff[BPO]
    first = prepare(house, audit)
    services.refuse_evidence(audit=audit, evidence_id=first.pk, reason="Unreadable", user=bpo, by=by(bpo), at=MONDAY_9AM)
    with pytest.raises(NotNow):
        deliver(house, audit, first)
    second = prepare(house, audit)
    third = prepare(house, audit)
    with pytest.raises(NotNow):
        approve(house, audit, second)
    assert [each.state for each in Evidence.objects.order_by("number")] == ["refused", "replaced", "prepared"]
    assert told("audit_decided") == ["agent@mesa.example"]
    deliver(house, audit, approve(house, audit, third))
    with pytest.raises(NotNow):
        deliver(house, audit, third)  # twice is once
    assert Attachment.objects.filter(ticket=audit.ticket, message__is_from_staff=True).count() == 1


# Obligations ------------------------------------------------------------------------------------------------------------------


def test_the_delay_notice_is_demanded_while_there_is_time_and_the_report_says_whether_it_was_given(house: House) -> None:
    audit = ask(house)
    due_at = datetime(2026, 3, 12, 1, tzinfo=UTC)
    settle_ticket(ticket_id=audit.ticket_id, at=MONDAY_9AM + 4 * DAY)
    assert (told("audit_delay_wanted"), needs_delay_notice(view_of_staff(audit), MONDAY_9AM + 4 * DAY)) == ([], False)

    early = datetime(2026, 3, 10, 20, tzinfo=UTC)  # three quarters of the open time are used; a day and more is left
    settle_ticket(ticket_id=audit.ticket_id, at=early)
    settle_ticket(ticket_id=audit.ticket_id, at=early + MINUTE)
    assert told("audit_delay_wanted") == ["audit_area@mesa.example", "bpo@mesa.example"]
    assert needs_delay_notice(view_of_staff(audit), early)

    bpo = house.staff[BPO]
    with pytest.raises(Invalid):
        services.give_delay_notice(audit=audit, reason="Late", new_date=date(2026, 3, 10), user=bpo, by=by(bpo), at=early)
    notice = services.give_delay_notice(
        audit=audit, reason="The backup is offsite.", new_date=date(2026, 3, 17), user=bpo, by=by(bpo), at=early
    )
    assert (notice.is_in_time, notice.was_due_at) == (True, due_at)
    assert not needs_delay_notice(view_of_staff(audit), due_at + HOUR)
    assert Message.objects.filter(ticket=audit.ticket, body__contains="The backup is offsite.").exists()

    data = build_service_level(house.north, date(2026, 3, 1), at=datetime(2026, 4, 1, 12, tzinfo=UTC))
    (row,) = data["audits"]
    assert (row["verdict"], row["delay_notice"], row["items"]) == ("missed", "before", 2)


def test_a_notice_after_the_deadline_is_late_and_none_is_none(house: House) -> None:
    audit = ask(house)
    bpo = house.staff[BPO]
    at = datetime(2026, 3, 13, 18, tzinfo=UTC)
    data = build_service_level(house.north, date(2026, 3, 1), at=at)
    assert data["audits"][0]["delay_notice"] == "none"
    services.give_delay_notice(audit=audit, reason="Sorry", new_date=date(2026, 3, 20), user=bpo, by=by(bpo), at=at)
    assert build_service_level(house.north, date(2026, 3, 1), at=at + HOUR)["audits"][0]["delay_notice"] == "late"


def test_a_visit_is_announced_with_the_request_or_five_business_days_ahead(house: House) -> None:
    soon = NewVisit(VisitPlace.DATA_CENTRE, date(2026, 3, 3), "Elsa Robles")
    audit = ask(house, visit=soon)  # with the request any day will do

    def announce(on: date, user: Any = house.requester) -> Any:
        return services.announce_visit(
            audit=audit, place=VisitPlace.ADMINISTRATION, on=on, visitors="Elsa", user=user, by=by(user), at=MONDAY_9AM + HOUR
        )

    with pytest.raises(Invalid) as refused:
        announce(date(2026, 3, 6))
    assert "2026-03-09" in str(refused.value)
    with pytest.raises(NotAllowed):
        announce(date(2026, 3, 9), house.outsider)
    visit = announce(date(2026, 3, 9))  # Monday of the next week is the fifth business day
    with pytest.raises(Invalid):
        announce(date(2026, 3, 9))

    area = house.staff["audit_area"]
    with pytest.raises(Invalid):
        services.answer_visit(audit=audit, visit_id=visit.pk, authorizes=False, answer=" ", user=area, by=by(area), at=MONDAY_9AM + HOUR)
    services.answer_visit(
        audit=audit, visit_id=visit.pk, authorizes=True, answer="Bring your badge.", user=area, by=by(area), at=MONDAY_9AM + HOUR
    )
    assert Message.objects.filter(ticket=audit.ticket, body__contains="Bring your badge.").exists()


def test_a_conference_is_an_invitation_that_calendars_understand(house: House) -> None:
    audit = ask(house)
    starts_at = datetime(2026, 3, 5, 16, tzinfo=UTC)
    made = services.schedule_conference(
        audit=audit,
        starts_at=starts_at,
        minutes=45,
        place="https://meet.example/x",
        attendees=["Elsa@auditores.example", "elsa@auditores.example", "bpo@mesa.example"],
        user=house.agent,
        by=by(house.agent),
        at=MONDAY_9AM,
    )
    services.cancel_conference(audit=audit, conference_id=made.pk, user=house.agent, by=by(house.agent), at=MONDAY_9AM + HOUR)

    from documents.models import Blob

    letters = OutboxMessage.objects.filter(template="audit_conference", to_email="elsa@auditores.example").order_by("pk")
    found = []
    for letter in letters:
        with Blob.objects.get(pk=letter.attachment_id).file.open("rb") as stream:
            calendar = ICalendar.from_ical(stream.read())
        (event,) = calendar.walk("VEVENT")
        found.append((str(calendar["METHOD"]), str(event["UID"]), int(event["SEQUENCE"]), event["DTSTART"].dt, event["DTEND"].dt))
    assert [(method, sequence) for method, _uid, sequence, *_rest in found] == [("REQUEST", 0), ("CANCEL", 1)]
    assert found[0][1] == found[1][1]
    assert (found[0][3], found[0][4]) == (starts_at, starts_at + timedelta(minutes=45))
    with pytest.raises(Invalid):
        services.schedule_conference(
            audit=audit,
            starts_at=starts_at,
            minutes=45,
            place="x",
            attendees=["nobody"],
            user=house.agent,
            by=by(house.agent),
            at=MONDAY_9AM,
        )


def test_a_request_to_manipulate_stops_the_audit_and_is_reported(house: House, settings: Any) -> None:
    settings.MESA_ETHICS_EMAILS = ["etica@mesa.example"]
    audit = ask(house)
    evidence = approve(house, audit, prepare(house, audit))

    services.stop_audit(audit=audit, reason="Asked to change a date.", user=house.agent, by=by(house.agent), at=MONDAY_9AM + HOUR)

    assert told("audit_stopped") == ["etica@mesa.example"]
    assert Clock.objects.get(ticket=audit.ticket, metric="delivery").state == "withdrawn"
    with pytest.raises(NotNow):
        deliver(house, audit, evidence)
    assert not Message.objects.filter(ticket=audit.ticket, is_from_staff=True).exists()  # the customer is not told by the system
    area = house.staff["audit_area"]
    services.resume_audit(audit=audit, reason="Cleared up.", user=area, by=by(area), at=MONDAY_9AM + 2 * DAY)
    clock = Clock.objects.get(ticket=audit.ticket, metric="delivery")
    assert (clock.state, clock.started_at) == ("running", MONDAY_9AM + 2 * DAY)
    assert rebuild_clocks(ticket=fresh(audit.ticket), write=False) == []
    deliver(house, audit, evidence, at=MONDAY_9AM + 2 * DAY)


# Keeping ------------------------------------------------------------------------------------------------------------------------


def refused_by_the_database(act: Callable[[], Any]) -> bool:
    try:
        with transaction.atomic():
            act()
    except DatabaseError as error:
        return "vidence" in str(error)
    return False


def test_the_database_keeps_evidence_and_does_not_let_delivered_change(house: House) -> None:
    audit = ask(house)
    waiting, left = prepare(house, audit, 2), leave(house, audit)

    def raw(statement: str) -> Callable[[], Any]:
        def run() -> None:
            with connection.cursor() as cursor:
                cursor.execute(statement)

        return run

    assert refused_by_the_database(raw(f"DELETE FROM audits_evidence WHERE id = {waiting.pk}"))
    assert refused_by_the_database(raw(f"DELETE FROM audits_evidence WHERE id = {left.pk}"))
    assert refused_by_the_database(raw(f"UPDATE audits_evidence SET name = 'x' WHERE id = {left.pk}"))
    assert refused_by_the_database(raw(f"UPDATE audits_evidence SET state = 'replaced' WHERE id = {left.pk}"))
    assert refused_by_the_database(raw(f"UPDATE audits_evidence SET retain_until = '2020-01-01' WHERE id = {left.pk}"))
    assert services.purge_evidence(at=datetime.now(UTC)) == 0
    assert Evidence.objects.count() == 2


def test_after_the_contract_evidence_is_kept_by_the_policy_and_then_goes_with_its_files(house: House, settings: Any) -> None:
    settings.MESA_EVIDENCE_RETENTION_DAYS = 300
    audit = ask(house)
    evidence = leave(house, audit, classification=Classification.CONFIDENTIAL, file=text("secret"), redacted=picture("black"))
    source = evidence.source
    assert source is not None
    today = datetime.now(UTC).date()
    house.contract.starts_on, house.contract.ends_on = date(2020, 1, 1), today - timedelta(days=250)
    house.contract.save()
    assert services.purge_evidence(at=datetime.now(UTC)) == 0
    assert Evidence.objects.get().retain_until == today + timedelta(days=50)
    settings.MESA_EVIDENCE_RETENTION_DAYS = 30  # what was promised when it was made is not shortened
    assert services.purge_evidence(at=datetime.now(UTC)) == 0
    ended = today - timedelta(days=200)
    assert refused_by_the_database(lambda: Evidence.objects.update(retain_until=ended))

    house.contract.ends_on = today - timedelta(days=400)
    house.contract.save()
    assert services.purge_evidence(at=datetime.now(UTC)) == 1
    from documents.models import Blob

    assert (Evidence.objects.count(), Blob.objects.filter(pk=source.pk).exists()) == (0, False)
    assert RequestedItem.objects.filter(audit=audit).count() == 2  # the request and its record stay


def test_without_a_contract_there_is_nothing_to_audit(house: House) -> None:
    form = filled(house)
    house.contract.ends_on = date(2026, 2, 1)
    house.contract.save()
    house.north.refresh_from_db()
    with pytest.raises(Invalid):
        services.request_audit(membership=membership(house), form=upload(form, "s.xlsx"), by=by(house.requester), at=MONDAY_9AM)


# What an attacker tried ---------------------------------------------------------------------------------------------------------


def test_evidence_that_has_not_left_does_not_leave_by_another_ticket(house: House) -> None:
    from core.classification import Channel, Impact, Kind, Urgency
    from tickets.services import NewTicket, raise_ticket

    audit = ask(house)
    evidence = prepare(house, audit, classification=Classification.CONFIDENTIAL, file=text("secret"), redacted=picture("black"))
    other = make_ticket(house)
    with evidence.deliverable.file.open("rb") as stream:
        partial = upload(stream.read(), "x.pdf")
    for file in (text("secret"), partial):
        with pytest.raises(NotAllowed), transaction.atomic():
            reply_to_customer(ticket=fresh(other), body="Look", files=[file], by=by(house.agent), at=MONDAY_9AM + HOUR)
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
        with pytest.raises(NotAllowed), transaction.atomic():
            raise_ticket(request=wanted, by=by(house.agent, Channel.PHONE), at=MONDAY_9AM + HOUR)
    reply_to_customer(ticket=fresh(other), body="Look", files=[text("another file")], by=by(house.agent), at=MONDAY_9AM + HOUR)


def test_a_stop_neither_forgives_a_missed_term_nor_skips_the_evaluation(house: House) -> None:
    area = house.staff["audit_area"]
    late = ask(house)
    at = datetime(2026, 3, 13, 18, tzinfo=UTC)
    services.stop_audit(audit=late, reason="X", user=house.agent, by=by(house.agent), at=at)
    services.resume_audit(audit=late, reason="Y", user=area, by=by(area), at=at + DAY)
    leave(house, again(late), 1, at=at + DAY)
    leave(house, again(late), 2, at=at + DAY)
    assert Clock.objects.get(ticket=late.ticket, metric="delivery").is_met is False

    AuditRequest.objects.update(year_starts_on=date(2020, 1, 1))
    alternate = ask(house, fields={"C10": "Test"}, at=MONDAY_9AM + 20 * DAY)
    services.stop_audit(audit=alternate, reason="X", user=house.agent, by=by(house.agent), at=MONDAY_9AM + 20 * DAY)
    services.resume_audit(audit=alternate, reason="Y", user=area, by=by(area), at=MONDAY_9AM + 21 * DAY)
    assert again(alternate).state == AuditState.EVALUATING


def test_a_stopped_audit_is_not_buried_and_one_with_evidence_out_keeps_the_allowance(house: House) -> None:
    audit = ask(house)
    leave(house, audit, 1)
    services.stop_audit(audit=audit, reason="X", user=house.agent, by=by(house.agent), at=MONDAY_9AM + HOUR)
    for name, user in (("cancel", house.requester), ("reject", house.agent)):
        with pytest.raises(NotAllowed), transaction.atomic():
            step(house, audit, name, MONDAY_9AM + 2 * HOUR, user=user, reason="Bury it")
    assert view_of(again(audit), house.requester).state == AuditState.OPEN
    area = house.staff["audit_area"]
    services.resume_audit(audit=audit, reason="Y", user=area, by=by(area), at=MONDAY_9AM + DAY)
    step(house, audit, "cancel", MONDAY_9AM + DAY + HOUR, user=house.requester, reason="Enough")
    with pytest.raises(AllowanceUsed):
        ask(house, at=MONDAY_9AM + 2 * DAY)


def test_a_declined_audit_runs_no_term(house: House) -> None:
    audit = ask(house, fields={"C10": "Test"})
    area = house.staff["audit_area"]
    services.evaluate_environment(audit=audit, approves=False, reason="No", user=area, by=by(area), at=MONDAY_9AM + HOUR)
    assert Clock.objects.get(ticket=audit.ticket, metric="delivery").state == "withdrawn"


def test_after_comments_bpo_says_when_it_is_complete_and_the_term_stays_met(house: House) -> None:
    audit = ask(house)
    for number in (1, 2):
        leave(house, again(audit), number, at=MONDAY_9AM + DAY)
    step(house, audit, "decline", MONDAY_9AM + 2 * DAY, user=house.requester, reason="Both lack a page.")
    for number in (1, 2):
        leave(house, again(audit), number, at=MONDAY_9AM + 3 * DAY)
    assert fresh(audit.ticket).state == "in_progress"
    late = datetime(2026, 3, 30, 18, tzinfo=UTC)
    assert build_service_level(house.north, date(2026, 3, 1), at=late)["audits"][0]["verdict"] == "met"
    bpo = house.staff[BPO]
    services.complete_audit(audit=again(audit), user=bpo, by=by(bpo), at=MONDAY_9AM + 3 * DAY + HOUR)
    assert (again(audit).state, fresh(audit.ticket).state) == ("delivered", "solved")


def test_the_contract_of_an_audit_does_not_change(house: House) -> None:
    from catalog.models import Contract, ContractService
    from tickets.services import change_contract

    audit = ask(house)
    other = Contract.objects.create(organization=house.north, reference="Other", starts_on=date(2026, 1, 1))
    ContractService.objects.create(organization=house.north, contract=other, service=house.services["erp"])
    house.north.refresh_from_db()
    supervisor = house.staff["desk_supervisor"]
    with pytest.raises(NotAllowed), transaction.atomic():
        change_contract(ticket=fresh(audit.ticket), contract=other, reason="X", from_start=False, by=by(supervisor), at=MONDAY_9AM + HOUR)


def test_a_form_of_very_many_cells_and_damaged_ones_are_refused(house: House) -> None:
    from zipfile import ZIP_DEFLATED, ZipFile

    from openpyxl import load_workbook

    services_of = [house.services["erp"]]
    book = load_workbook(BytesIO(filled(house)))
    book.worksheets[1]["C251"], book.worksheets[1]["B251"] = "too far down", house.services["erp"].name_es
    far = BytesIO()
    book.save(far)
    with pytest.raises(FormRefused) as refused:
        read_form(far, services_of)
    assert any(where.endswith("C251") for where in refused.value.fields)
    bomb = BytesIO()
    with ZipFile(bomb, "w", ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 20_000_000)
    damaged = bytearray(filled(house))
    damaged[3000:3050] = b"x" * 50
    for content in (bomb.getvalue(), bytes(damaged)):
        with pytest.raises(FormRefused):
            read_form(BytesIO(content), services_of)
