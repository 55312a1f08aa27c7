"""Recipients of escalations: shifts, absences, substitutes and groups. Nobody is notified off duty,
and without shifts the contact is notified.
"""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError

from escalation.duty import acknowledge_due
from escalation.models import Cause, Escalation, EscalationLevel
from escalation.services import escalate_ticket
from foundation.accounts.models import Team, User
from foundation.calendars.arithmetic import WorkCalendar
from foundation.calendars.defaults import CalendarRole
from foundation.calendars.inputs import LAST_YEAR
from foundation.calendars.models import Calendar
from foundation.core.errors import Invalid
from foundation.duty.models import Absence, Shift
from foundation.duty.roster import roster_on
from foundation.notifications.models import OutboxMessage
from sla.clocks.services import settle_ticket
from tests.support.house import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY_9AM,
    SETUP,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.html import text_of
from tickets import services

DAYS = {str(day): [["08:00", "16:00"]] for day in range(5)}
MONDAY_MIDNIGHT = datetime(2026, 3, 3, 6, tzinfo=UTC)  # 00:00 of Tuesday in Mexico City
TUESDAY_8AM = datetime(2026, 3, 3, 14, tzinfo=UTC)


def away(
    person: User, substitute: User | None = None, start: datetime = MONDAY_9AM - DAY, days: int = 5
) -> Absence:
    return Absence.objects.create(
        person=person, substitute=substitute, starts_at=start, ends_at=start + days * DAY
    )


def on_shift(*people: User, hours: Any = None, name: str = "Days") -> Shift:
    shift = Shift.objects.create(name=name, hours=hours or DAYS)
    shift.people.set(people)
    return shift


def escalate(house: House, at: datetime, key: str = "x") -> Escalation:
    ticket = make_ticket(house, at=MONDAY_9AM)
    step = escalate_ticket(ticket=ticket, cause=Cause.REQUEST, cause_key=key, by=SETUP, at=at)
    assert step is not None
    return step


def letters() -> list[tuple[str, datetime]]:
    return list(
        OutboxMessage.objects.filter(template="escalation")
        .order_by("pk")
        .values_list("to_email", "run_after")
    )


def test_a_person_on_duty_is_notified_immediately(house: House) -> None:
    on_shift(house.agent)

    step = escalate(house, MONDAY_9AM + HOUR)

    assert letters() == [("agent@desk.example", MONDAY_9AM + HOUR)]
    assert (step.notified, step.notified_at, step.acknowledge_due_at) == (
        ["Agent"],
        MONDAY_9AM + HOUR,
        MONDAY_9AM + HOUR + 30 * MINUTE,
    )


def test_the_substitute_of_an_absence_answers_and_the_substitutes_own(house: House) -> None:
    away(house.agent, house.staff["agent2"])
    away(house.staff["agent2"], house.staff["consultant"])

    escalate(house, MONDAY_9AM)

    assert letters() == [("consultant@desk.example", MONDAY_9AM)]


def test_at_midnight_the_substitute_is_notified_or_the_letter_waits_for_the_shift(
    house: House,
) -> None:
    on_shift(house.agent)
    waited = escalate(house, MONDAY_MIDNIGHT)
    assert letters() == [("agent@desk.example", TUESDAY_8AM)]
    assert (waited.notified_at, waited.acknowledge_due_at) == (
        TUESDAY_8AM,
        TUESDAY_8AM + 30 * MINUTE,
    )

    EscalationLevel.objects.filter(organization=house.north, position=1).update(
        substitute=house.staff["agent2"]
    )
    escalate(house, MONDAY_MIDNIGHT)
    assert letters()[1] == ("agent2@desk.example", MONDAY_MIDNIGHT)


def test_a_group_without_shifts_is_always_on_duty_also_when_a_member_is_in_one_with_shifts(
    house: House,
) -> None:
    on_shift(house.agent)
    Team.objects.create(name="A", level=1).members.set([house.agent, house.staff["agent2"]])
    Team.objects.create(name="B", level=1).members.set(
        [house.staff["agent2"], house.staff["consultant"]]
    )

    roster = roster_on(MONDAY_MIDNIGHT, house.north.pk)

    assert [
        roster.is_on_duty(house.staff[name].pk, MONDAY_MIDNIGHT)
        for name in ("agent", "agent2", "consultant")
    ] == [False, False, True]


def test_the_hours_of_a_level_are_respected(house: House) -> None:
    business = Calendar.objects.get(organization=house.north, role=CalendarRole.BUSINESS)
    EscalationLevel.objects.filter(organization=house.north, position=1).update(calendar=business)

    step = escalate(house, MONDAY_MIDNIGHT)

    nine = datetime(2026, 3, 3, 15, tzinfo=UTC)
    assert letters() == [("agent@desk.example", nine)]
    assert step.acknowledge_due_at == nine + 30 * MINUTE


def test_past_the_horizon_of_calendars_the_minutes_count_around_the_clock(
    caplog: pytest.LogCaptureFixture,
) -> None:
    level = EscalationLevel(pk=7, acknowledge_minutes=30)
    calendar = WorkCalendar(timezone="UTC", hours={0: [("09:00", "10:00")]})
    beyond = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)

    assert acknowledge_due(level, calendar, beyond) == beyond + 30 * MINUTE
    assert "Level 7 has no date to acknowledge by" in caplog.text
    assert acknowledge_due(level, None, MONDAY_9AM) == MONDAY_9AM + 30 * MINUTE


def test_of_a_group_those_on_duty_are_told(house: House) -> None:
    house.level_two.members.set([house.agent, house.staff["agent2"], house.staff["consultant"]])
    on_shift(house.agent)
    on_shift(house.staff["agent2"], hours={"1": [["00:00", "08:00"]]}, name="Tuesday night")
    away(house.staff["consultant"])
    EscalationLevel.objects.filter(organization=house.north, position=1).update(
        team=house.level_two, contact=None
    )

    escalate(house, MONDAY_MIDNIGHT)

    assert letters() == [("agent2@desk.example", MONDAY_MIDNIGHT)]


@pytest.mark.parametrize("loop", [True, False])
def test_without_a_roster_the_contact_is_notified(house: House, loop: bool) -> None:
    away(house.agent, house.staff["agent2"], days=4000)
    away(house.staff["agent2"], house.agent if loop else None, days=4000)
    step = escalate(house, MONDAY_9AM)

    assert len(letters()) == 1
    assert step.notified_at is not None


def test_a_warning_reaches_the_substitute(house: House) -> None:
    ticket = make_ticket(house)
    services.assign_ticket(
        ticket=fresh(ticket),
        assignee=house.agent,
        by=by(house.staff["desk_supervisor"]),
        at=MONDAY_9AM,
    )
    away(house.agent, house.staff["agent2"], start=MONDAY_9AM + MINUTE)

    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 31 * MINUTE)

    assert list(
        OutboxMessage.objects.filter(template="clock").values_list("to_email", flat=True)
    ) == ["agent2@desk.example"]


def test_an_absent_person_is_not_assigned_and_the_substitute_is_named(house: House) -> None:
    ticket = make_ticket(house)
    away(house.agent, house.staff["agent2"])

    with pytest.raises(Invalid, match="Agent2"):
        services.assign_ticket(
            ticket=fresh(ticket),
            assignee=house.agent,
            by=by(house.staff["desk_supervisor"]),
            at=MONDAY_9AM,
        )
    assert fresh(ticket).assignee is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ends_at": MONDAY_9AM - DAY}, "ends_at"),
        ({"substitute": "self"}, "substitute"),
        ({"starts_at": MONDAY_9AM + DAY, "ends_at": MONDAY_9AM + 2 * DAY}, "starts_at"),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused(
    house: House, changes: dict[str, Any], field: str
) -> None:
    away(house.agent, start=MONDAY_9AM)
    values = {
        "person": house.agent,
        "starts_at": MONDAY_9AM - DAY,
        "ends_at": MONDAY_9AM - HOUR,
        **changes,
    }
    if values.get("substitute"):
        values["substitute"] = house.agent
    with pytest.raises(ValidationError) as refused:
        Absence(**values).full_clean()
    assert field in refused.value.message_dict


def test_shifts_and_absences_have_their_pages(house: House, sign_in: Any) -> None:
    administrator = house.staff["administrator"]
    administrator.language = "en"
    administrator.save()
    client = sign_in(administrator)
    form = {
        "name": "Nights",
        "time_zone": "America/Mexico_City",
        "hours": "lun-vie 22:00-06:00",
        "people": house.agent.email,
        "is_active": "on",
    }

    wrong = client.post("/admin/duty/shift/add/", {**form, "hours": "noche"})
    assert wrong.status_code == 200
    saved = client.post("/admin/duty/shift/add/", form)

    assert saved.status_code == 302
    shift = Shift.objects.get()
    assert shift.hours["0"] == [["22:00", "24:00"]]
    assert list(shift.people.all()) == [house.agent]
    assert "22:00-24:00" in client.get(f"/admin/duty/shift/{shift.pk}/change/").content.decode()
    absence = {
        "person": house.agent.email,
        "starts_at_0": "2026-03-02",
        "starts_at_1": "00:00",
        "ends_at_0": "2026-03-06",
        "ends_at_1": "00:00",
    }
    assert (
        client.post(
            "/admin/duty/absence/add/", {**absence, "substitute": "agent2@desk.example"}
        ).status_code
        == 302
    )
    assert Absence.objects.get().substitute == house.staff["agent2"]


def test_a_substitute_in_shifts_is_notified_at_the_start_of_their_shift(
    house: House,
) -> None:
    away(house.agent, house.staff["agent2"], days=14)
    on_shift(house.staff["agent2"])

    escalate(house, MONDAY_MIDNIGHT)

    assert letters() == [("agent2@desk.example", TUESDAY_8AM)]


def test_staff_of_other_customers_are_not_notified_even_as_substitutes(house: House) -> None:
    others = Team.objects.create(name="South only", level=2)
    others.members.set([house.staff["agent2"]])
    others.organizations.set([house.south])
    away(house.agent, house.staff["agent2"])

    escalate(house, MONDAY_9AM)

    assert "agent2@desk.example" not in [to for to, _at in letters()]
    assert letters()


def test_a_missing_clock_or_level_notifies_nobody(house: House) -> None:
    on_shift(house.agent, *house.staff.values())
    EscalationLevel.objects.all().delete()
    ticket = make_ticket(house, service="network", at=MONDAY_MIDNIGHT - 2 * HOUR)
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_MIDNIGHT)

    told = OutboxMessage.objects.filter(template__in=["clock", "escalation"])
    assert set(told.values_list("run_after", flat=True)) == {TUESDAY_8AM}


def test_a_group_without_organizations_serves_all(
    house: House,
) -> None:
    supervisor = house.staff["desk_supervisor"]
    for name, customers in (("All", []), ("South", [house.south])):
        team = Team.objects.create(name=name, level=2)
        team.members.set([supervisor])
        team.organizations.set(customers)
    away(house.agent)
    ticket = make_ticket(house)
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 31 * MINUTE)

    assert list(
        OutboxMessage.objects.filter(template="clock").values_list("to_email", flat=True)
    ) == [supervisor.email]


def test_a_level_with_a_person_of_other_customers_notifies_the_supervisors(
    house: House,
) -> None:
    team = Team.objects.create(name="South", level=2)
    team.members.set([house.agent])
    team.organizations.set([house.south])

    escalate(house, MONDAY_9AM)

    told = [to for to, _at in letters()]
    assert told
    assert house.agent.email not in told


def test_an_absence_is_typed_in_the_zone_of_the_persons_shift_or_in_one_that_is_chosen(
    house: House, sign_in: Any
) -> None:
    shift = Shift.objects.create(
        name="Bogotá", time_zone="America/Bogota", hours={"0": [["08:00", "17:00"]]}
    )
    shift.people.add(house.agent)
    client = sign_in(house.staff["administrator"])
    path = "/admin/duty/absence/add/"
    times = {
        "starts_at_0": "2026-03-02",
        "starts_at_1": "08:00",
        "ends_at_0": "2026-03-03",
        "ends_at_1": "08:00",
        "reason": "",
    }

    saved = client.post(path, {"person": house.agent.email, "time_zone": "", **times})
    other = client.post(
        path, {"person": house.staff["agent2"].email, "time_zone": "Europe/Madrid", **times}
    )
    wrong = client.post(
        path, {"person": house.staff["consultant"].email, "time_zone": "Nowhere", **times}
    )
    shown = client.get("/admin/duty/absence/").content.decode()
    first = Absence.objects.get(person=house.agent)
    form = client.get(f"/admin/duty/absence/{first.pk}/change/").content.decode()

    assert (saved.status_code, other.status_code, wrong.status_code) == (302, 302, 200)
    assert first.starts_at == datetime(2026, 3, 2, 13, tzinfo=UTC)
    assert Absence.objects.get(person=house.staff["agent2"]).starts_at == datetime(
        2026, 3, 2, 7, tzinfo=UTC
    )
    assert "2 mar 2026, 08:00 (-05)" in shown
    assert ('value="America/Bogota"' in form, 'value="08:00:00"' in form) == (True, True)


def test_supervisors_off_duty_are_told_when_their_shift_begins_and_the_step_says_so(
    house: House,
) -> None:
    supervisor = house.staff["desk_supervisor"]
    on_shift(supervisor)
    EscalationLevel.objects.all().delete()
    midnight = MONDAY_9AM + 15 * HOUR

    step = escalate(house, midnight)

    assert (step.level, step.notified, step.notified_at) == (None, ["Desk Supervisor"], TUESDAY_8AM)
    assert letters() == [("desk_supervisor@desk.example", TUESDAY_8AM)]


def test_customer_and_desk_read_who_will_be_told_when(house: House, sign_in: Any) -> None:
    on_shift(house.agent)
    ticket = make_ticket(house, at=MONDAY_9AM)
    with time_machine.travel(MONDAY_9AM + 15 * HOUR, tick=False):
        client = sign_in(house.requester)
        page = client.post(
            f"/tickets/{ticket.number}/escalate/", {"reason": "It is urgent."}, follow=True
        ).content.decode()
        agent = house.staff["agent2"]
        address = f"/admin/tickets/{ticket.number}/?open=after_page"
        desk = sign_in(agent).get(address).content.decode()

    assert "Agent will be notified on Mar 3, 2026, 08:00, at the start of their shift." in page
    assert "was notified" not in page
    assert "se avisa al inicio del turno, 3 mar 2026, 08:00: Agent" in text_of(desk)
