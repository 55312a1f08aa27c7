"""Who is notified about an audit, when, and what a stop withdraws."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone, translation

from audits.models import Conference, EvidenceClass
from audits.services import (
    cancel_conference,
    demand_delay_notices,
    earliest_visit,
    refuse_evidence,
    send_delay_notice,
    stop_audit,
)
from audits.wording import SENTENCES
from foundation.accounts.models import User
from foundation.calendars.queries import business_calendar_on, work_calendar
from foundation.core.zones import instant_words, zone
from foundation.duty.models import Absence, Shift
from foundation.notifications.models import OutboxMessage
from sla.clocks.models import Clock
from sla.policies.models import PolicyVersion
from tests.support.audits import (
    again,
    ask,
    confer,
    prepare,
    text,
    told,
)
from tests.support.clocks import clock_of
from tests.support.house import (
    DAY,
    HOUR,
    MONDAY_9AM,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.html import text_of
from tests.support.tickets import step
from tickets.models import Attachment
from tickets.queries import timeline
from tickets.services import reply_to_customer


@pytest.mark.parametrize(
    ("days", "first"),
    [(0, date(2026, 3, 9)), (4, date(2026, 3, 13)), (5, date(2026, 3, 17)), (6, date(2026, 3, 17))],
)
def test_five_business_days_lie_before_a_visit_whatever_day_it_is_announced_on(
    house: House, days: int, first: date
) -> None:
    """From a Saturday the notice begins on Monday; the 16th is a holiday in Mexico."""
    at = MONDAY_9AM + days * DAY
    version = business_calendar_on(house.north, at)
    assert version is not None

    found = earliest_visit(ask(house), at)

    assert found == first
    assert work_calendar(version).days_before(found, 5, business=True) >= at.date()


def test_a_decision_that_is_written_to_the_customer_is_the_reaction(house: House) -> None:
    audit = ask(house)
    assert clock_of(audit.ticket).stopped_at is None

    send_delay_notice(
        audit=audit, reason="Late.", new_date=date(2026, 4, 1), by=by(house.agent), at=MONDAY_9AM
    )

    assert clock_of(audit.ticket).stopped_at == MONDAY_9AM


def test_letters_go_to_the_substitute_of_an_absent_person(house: House) -> None:
    away = house.staff["bpo"]
    Absence.objects.create(
        person=away,
        starts_at=MONDAY_9AM - DAY,
        ends_at=MONDAY_9AM + 30 * DAY,
        substitute=house.staff["agent2"],
    )

    prepare(house, ask(house))

    assert told("audit_prepared") == ["agent2@desk.example"]


def test_the_delay_notice_is_not_requested_at_midnight(house: House) -> None:
    shift = Shift.objects.create(
        name="day",
        time_zone="America/Mexico_City",
        hours={str(d): [["09:00", "19:00"]] for d in range(5)},
    )
    shift.people.add(house.staff["bpo"], house.staff["audit_area"], house.agent)
    ask(house)
    night = MONDAY_9AM + 8 * DAY + 15 * HOUR  # Wednesday 00:00: the term ends in the evening

    demand_delay_notices(at=night)

    letters = OutboxMessage.objects.filter(template="audit_delay_wanted").values_list(
        "run_after", flat=True
    )
    assert set(letters) == {night + 9 * HOUR}


def test_a_stop_between_shifts_says_when_the_audit_area_will_be_told(
    house: House, sign_in: Any, settings: Any
) -> None:
    settings.MESA_ETHICS_EMAILS = []
    now = timezone.now()
    opening = (now.astimezone(zone("America/Mexico_City")) + 2 * DAY).replace(
        hour=9, minute=0, second=0, microsecond=0
    )
    shift = Shift.objects.create(
        name="day",
        time_zone="America/Mexico_City",
        hours={str(opening.weekday()): [["09:00", "19:00"]]},
    )
    shift.people.add(house.staff["audit_area"])
    audit = ask(house)
    who = house.staff["bpo"]
    who.language = "en"
    who.save()

    stop_audit(audit=again(audit), reason="x", by=by(who), at=now)

    with translation.override("en"):
        when = instant_words(opening, "America/Mexico_City")
    page = text_of(sign_in(who).get(f"/admin/audits/{audit.ticket.number}/").content.decode())
    (fact,) = [entry for entry in timeline(again(audit).ticket) if entry.verb == "audit.stopped"]
    assert again(audit).reported_at == opening
    assert OutboxMessage.objects.get(template="audit_stopped").run_after == opening
    assert f"The audit area will be told on {when}, at the start of its shift." in page
    assert "was reported" not in page
    with translation.override("es"):
        said = SENTENCES[fact.verb](fact.payload, "America/Mexico_City")
        when = instant_words(opening, "America/Mexico_City")
    assert said == f"Auditoría detenida; se avisa al área de auditoría el {when}"


def test_a_stop_calls_a_paused_term_off_too(house: House) -> None:
    PolicyVersion.objects.create(
        organization=house.north,
        contract=house.contract,
        number=1,
        effective_from=MONDAY_9AM - 90 * DAY,
        published_at=MONDAY_9AM - 90 * DAY,
        pauses_extend_terms=True,
    )
    house.north.refresh_from_db()
    audit = ask(house)
    who = house.staff["audit_area"]
    step(house, audit.ticket, "start", MONDAY_9AM + HOUR)
    step(house, audit.ticket, "pend_user", MONDAY_9AM + 2 * HOUR, message="?")
    assert Clock.objects.get(ticket=audit.ticket, metric="delivery").state == "paused"

    stop_audit(audit=again(audit), reason="x", by=by(who), at=MONDAY_9AM + 3 * HOUR)

    assert Clock.objects.get(ticket=audit.ticket, metric="delivery").state == "withdrawn"


def test_returned_evidence_is_not_waiting_and_accepts_any_file(house: House) -> None:
    evidence = prepare(house, ask(house), classification=EvidenceClass.PUBLIC)
    bpo = house.staff["bpo"]
    other = make_ticket(house)
    refuse_evidence(
        audit=again(evidence.item.audit),
        evidence_id=evidence.pk,
        reason="x",
        by=by(bpo),
        at=MONDAY_9AM,
    )

    reply_to_customer(
        ticket=fresh(other),
        body="Here.",
        files=[text()],
        by=by(house.agent),
        at=MONDAY_9AM + timedelta(minutes=1),
    )

    assert Attachment.objects.filter(ticket=other, message__is_from_staff=True).count() == 1


def test_a_conference_of_a_stopped_audit_is_called_off_and_everybody_hears_of_it(
    house: House,
) -> None:
    audit = ask(house)
    who = house.staff["audit_area"]
    confer(house, audit)
    stop_audit(audit=again(audit), reason="x", by=by(who), at=MONDAY_9AM + HOUR)
    conference = Conference.objects.get(audit=audit)

    cancel_conference(
        audit=again(audit),
        conference_id=conference.pk,
        by=by(who),
        at=MONDAY_9AM + 2 * HOUR,
    )

    letters = OutboxMessage.objects.filter(template="audit_conference").order_by("pk")
    assert [letter.context["cancelled"] for letter in letters] == [False, True]


@pytest.mark.parametrize(
    ("reported_to", "words"),
    [
        ("committee", "was reported to the committee."),
        ("audit_area", "was reported to the audit area."),
        ("", "Nobody could be told: the committee has no address yet"),
    ],
)
def test_a_stop_says_whom_it_was_reported_to(
    house: House,
    sign_in: Any,
    settings: Any,
    reported_to: str,
    words: str,
) -> None:
    settings.MESA_ETHICS_EMAILS = ["etica@mesa.example"] if reported_to == "committee" else []
    audit = ask(house)
    who = house.staff["bpo"]
    who.language = "en"
    who.save()
    if not reported_to:
        User.objects.filter(pk=house.staff["audit_area"].pk).update(is_active=False)
    before = OutboxMessage.objects.filter(template="audit_stopped").count()
    stop_audit(audit=again(audit), reason="x", by=by(who), at=MONDAY_9AM + HOUR)

    page = sign_in(who).get(f"/admin/audits/{audit.ticket.number}/").content.decode()
    (fact,) = [entry for entry in timeline(again(audit).ticket) if entry.verb == "audit.stopped"]

    assert words in text_of(page)
    assert fact.payload["reported_to"] == reported_to
    letters = OutboxMessage.objects.filter(template="audit_stopped").count() - before
    assert letters == (1 if reported_to else 0)
