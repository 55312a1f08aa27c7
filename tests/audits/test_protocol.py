"""Delay notices, visits, conferences and stops, with their deadlines (SPEC 9.2, 9.3, 9.6)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from icalendar import Calendar as ICalendar

from audits import services, verbs
from audits.models import VisitPlace
from audits.queries import get_evidence, needs_delay_notice, rows_of, view_of_staff
from audits.services import NewVisit
from audits.services.base import NotNow
from foundation.accounts.models import User
from foundation.activity.models import Record
from foundation.core.errors import Invalid, NotAllowed, NotFound
from foundation.notifications.models import OutboxMessage
from reports.queries import build_service_level
from sla.clocks.models import Clock
from sla.clocks.services import rebuild_clocks, settle_ticket
from tests.support.audits import BPO, again, approve, ask, deliver, prepare, told
from tests.support.house import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY_9AM,
    House,
    by,
    fresh,
)
from tests.support.tickets import step
from tickets.models import Message


def test_the_delay_notice_is_demanded_while_there_is_time_and_the_report_says_whether_it_was_given(
    house: House,
) -> None:
    audit = ask(house)
    due_at = datetime(2026, 3, 12, 1, tzinfo=UTC)
    settle_ticket(ticket_id=audit.ticket_id, at=MONDAY_9AM + 4 * DAY)
    assert (
        told("audit_delay_wanted"),
        needs_delay_notice(view_of_staff(audit), MONDAY_9AM + 4 * DAY),
    ) == ([], False)

    # three quarters of the open time are used; a day and more is left
    early = datetime(2026, 3, 10, 20, tzinfo=UTC)
    settle_ticket(ticket_id=audit.ticket_id, at=early)
    settle_ticket(ticket_id=audit.ticket_id, at=early + MINUTE)
    assert told("audit_delay_wanted") == ["audit_area@desk.example", "bpo@desk.example"]
    assert needs_delay_notice(view_of_staff(audit), early)

    bpo = house.staff[BPO]
    with pytest.raises(Invalid, match="12 mar 2026"):  # the day after the promised one
        services.send_delay_notice(
            audit=audit, reason="Late", new_date=date(2026, 3, 11), by=by(bpo), at=early
        )
    notice = services.send_delay_notice(
        audit=audit,
        reason="The backup is offsite.",
        new_date=date(2026, 3, 17),
        by=by(bpo),
        at=early,
    )
    assert (notice.is_in_time, notice.was_due_at) == (True, due_at)
    assert not needs_delay_notice(view_of_staff(audit), due_at + HOUR)
    said = Message.objects.get(ticket=audit.ticket, body__contains="The backup is offsite.").body
    assert "Mar 17, 2026" in said or "17 mar 2026" in said  # in the language of who asked

    data = build_service_level(
        house.north, date(2026, 3, 1), at=datetime(2026, 4, 1, 12, tzinfo=UTC)
    )
    (row,) = data["audits"]
    assert (row["verdict"], row["delay_notice"], row["items"]) == ("missed", "before", 2)


def test_a_notice_after_the_deadline_is_late_and_none_is_none(house: House) -> None:
    audit = ask(house)
    bpo = house.staff[BPO]
    at = datetime(2026, 3, 13, 18, tzinfo=UTC)
    data = build_service_level(house.north, date(2026, 3, 1), at=at)
    assert data["audits"][0]["delay_notice"] == "none"
    services.send_delay_notice(
        audit=audit, reason="Sorry", new_date=date(2026, 3, 20), by=by(bpo), at=at
    )
    assert (
        build_service_level(house.north, date(2026, 3, 1), at=at + HOUR)["audits"][0][
            "delay_notice"
        ]
        == "late"
    )


def test_a_visit_is_announced_with_the_request_or_five_business_days_ahead(house: House) -> None:
    with pytest.raises(Invalid, match="20"):
        ask(house, visit=NewVisit(VisitPlace.DATA_CENTRE, date(9999, 12, 31), "Elsa"))
    soon = NewVisit(VisitPlace.DATA_CENTRE, date(2026, 3, 3), "Elsa Robles")
    audit = ask(house, visit=soon)  # with the request any day will do

    def announce(on: date, user: Any = house.requester) -> Any:
        return services.announce_visit(
            audit=audit,
            place=VisitPlace.ADMINISTRATION,
            on=on,
            visitors="Elsa",
            by=by(user),
            at=MONDAY_9AM + HOUR,
        )

    with pytest.raises(Invalid) as refused, translation.override("en"):
        announce(date(2026, 3, 6))
    assert "Mar 9, 2026" in str(refused.value)
    with pytest.raises(NotAllowed):
        announce(date(2026, 3, 9), house.outsider)
    with pytest.raises(Invalid, match="20"):
        announce(date(9999, 12, 31))
    visit = announce(date(2026, 3, 9))  # Monday of the next week is the fifth business day
    with pytest.raises(Invalid):
        announce(date(2026, 3, 9))

    area = house.staff["audit_area"]
    with pytest.raises(Invalid):
        services.answer_visit(
            audit=audit,
            visit_id=visit.pk,
            authorizes=False,
            answer=" ",
            by=by(area),
            at=MONDAY_9AM + HOUR,
        )
    services.answer_visit(
        audit=audit,
        visit_id=visit.pk,
        authorizes=True,
        answer="Bring your badge.",
        by=by(area),
        at=MONDAY_9AM + HOUR,
    )
    assert Message.objects.filter(ticket=audit.ticket, body__contains="Bring your badge.").exists()
    fact = Record.objects.get(verb=verbs.VISIT_ANNOUNCED)
    assert (fact.payload["visit"], fact.payload["on"]) == (visit.pk, "2026-03-09")


def test_a_conference_is_an_invitation_that_calendars_understand(house: House) -> None:
    audit = ask(house)
    starts_at = datetime(2026, 3, 5, 16, tzinfo=UTC)
    made = services.schedule_conference(
        audit=audit,
        starts_at=starts_at,
        minutes=45,
        place="https://meet.example/x",
        attendees=["Elsa@auditores.example", "elsa@auditores.example", "bpo@desk.example"],
        by=by(house.agent),
        at=MONDAY_9AM,
    )
    services.cancel_conference(
        audit=audit,
        conference_id=made.pk,
        by=by(house.agent),
        at=MONDAY_9AM + HOUR,
    )

    from foundation.documents.models import Blob

    letters = OutboxMessage.objects.filter(
        template="audit_conference", to_email="elsa@auditores.example"
    ).order_by("pk")
    found = []
    for letter in letters:
        with Blob.objects.get(pk=letter.attachment_id).file.open("rb") as stream:
            calendar = ICalendar.from_ical(stream.read())
        (event,) = calendar.walk("VEVENT")
        found.append(
            (
                str(calendar["METHOD"]),
                str(event["UID"]),
                int(event["SEQUENCE"]),
                event["DTSTART"].dt,
                event["DTEND"].dt,
            )
        )
    assert [(method, sequence) for method, _uid, sequence, *_rest in found] == [
        ("REQUEST", 0),
        ("CANCEL", 1),
    ]
    assert found[0][1] == found[1][1]
    assert (found[0][3], found[0][4]) == (starts_at, starts_at + timedelta(minutes=45))
    with pytest.raises(Invalid):
        services.schedule_conference(
            audit=audit,
            starts_at=starts_at,
            minutes=45,
            place="x",
            attendees=["nobody"],
            by=by(house.agent),
            at=MONDAY_9AM,
        )


def test_a_request_to_manipulate_stops_the_audit_and_is_reported(
    house: House, settings: Any
) -> None:
    settings.MESA_ETHICS_EMAILS = ["etica@mesa.example"]
    audit = ask(house)
    evidence = approve(house, audit, prepare(house, audit))

    services.stop_audit(
        audit=audit,
        reason="Asked to change a date.",
        by=by(house.agent),
        at=MONDAY_9AM + HOUR,
    )

    assert told("audit_stopped") == ["etica@mesa.example"]
    assert Clock.objects.get(ticket=audit.ticket, metric="delivery").state == "withdrawn"
    with pytest.raises(NotNow):
        deliver(house, audit, evidence)
    assert not Message.objects.filter(
        ticket=audit.ticket, is_from_staff=True
    ).exists()  # the customer is not told by the system
    area = house.staff["audit_area"]
    resumed = services.resume_audit(
        audit=audit, reason="Cleared up.", by=by(area), at=MONDAY_9AM + 2 * DAY
    )
    assert (resumed.pk, resumed.state, resumed.decision) == (audit.pk, "open", "Cleared up.")
    clock = Clock.objects.get(ticket=audit.ticket, metric="delivery")
    assert (clock.state, clock.started_at) == ("running", MONDAY_9AM + 2 * DAY)
    assert rebuild_clocks(ticket=fresh(audit.ticket), write=False) == []
    deliver(house, audit, evidence, at=MONDAY_9AM + 2 * DAY)


def test_evidence_of_another_audit_does_not_exist(house: House) -> None:
    first = ask(house)
    evidence = prepare(house, first)
    step(house, first.ticket, "cancel", MONDAY_9AM + DAY, reason="Not now.")
    second = ask(house, at=MONDAY_9AM + 2 * DAY)

    with pytest.raises(NotFound):
        get_evidence(second, evidence.pk)
    assert get_evidence(first, evidence.pk) == evidence


def test_only_roles_that_prepare_evidence_see_in_the_list_that_an_audit_is_stopped(
    house: House,
) -> None:
    audit = ask(house)
    services.stop_audit(audit=audit, reason="Asked.", by=by(house.agent), at=MONDAY_9AM + HOUR)

    def seen_by(user: User) -> list[str]:
        return [row.state.value for row in rows_of([again(audit)], user, MONDAY_9AM + HOUR)]

    assert seen_by(house.agent) == ["stopped"]
    assert seen_by(house.staff["commercial"]) == ["open"]
    assert seen_by(house.requester) == ["open"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks no rows")
def test_an_act_locks_the_ticket_before_the_audit(house: House) -> None:
    audit = ask(house)

    with CaptureQueriesContext(connection) as captured:
        services.stop_audit(audit=audit, reason="Asked.", by=by(house.agent), at=MONDAY_9AM + HOUR)

    locks = [each["sql"] for each in captured if "FOR UPDATE" in each["sql"]]
    assert [sql.split('FROM "')[1].split('"')[0] for sql in locks][:2] == [
        "tickets_ticket",
        "audits_auditrequest",
    ]


def test_the_delay_notice_is_demanded_at_any_warning_and_again_when_its_day_has_passed(
    house: House,
) -> None:
    audit = ask(house)
    Clock.objects.filter(ticket=audit.ticket).update(next_event_at=None)  # as if nothing had warned
    early = datetime(2026, 3, 10, 20, tzinfo=UTC)
    for _time in range(2):
        services.demand_delay_notices(at=early)
    assert told("audit_delay_wanted") == ["audit_area@desk.example", "bpo@desk.example"]

    bpo = house.staff[BPO]
    with pytest.raises(Invalid):  # before the day that was promised
        services.send_delay_notice(
            audit=audit, reason="Late", new_date=date(2026, 3, 11), by=by(bpo), at=early
        )
    services.send_delay_notice(
        audit=audit, reason="Late", new_date=date(2026, 3, 17), by=by(bpo), at=early
    )
    services.demand_delay_notices(at=early + 3 * DAY)
    assert len(told("audit_delay_wanted")) == 2
    for _time in range(2):
        services.demand_delay_notices(at=early + 8 * DAY)
    assert len(told("audit_delay_wanted")) == 4


def test_a_delay_notice_is_recorded_with_its_new_date(house: House) -> None:
    audit = ask(house)
    bpo = house.staff[BPO]

    def send(day: date) -> None:
        services.send_delay_notice(
            audit=audit,
            reason="A backup comes from outside",
            new_date=day,
            by=by(bpo),
            at=MONDAY_9AM,
        )

    with pytest.raises(Invalid, match="20"):
        send(date(2046, 3, 3))
    send(date(2026, 3, 20))

    row = Record.objects.get(verb="audit.delay_notice_sent")
    assert (row.person_id, row.at) == (bpo.pk, MONDAY_9AM)
    assert (row.payload["new_date"], row.payload["in_time"]) == ("2026-03-20", True)
