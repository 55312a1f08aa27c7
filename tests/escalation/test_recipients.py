"""Drills, published matrices, and the recipients that a forecast names."""

from typing import Any

from escalation import services
from escalation.coverage import forecasts_of
from escalation.models import EscalationLevel
from escalation.queries import coverage_to_compute, escalations_of
from escalation.services import publish_ladder, refresh_coverage, start_drill
from foundation.accounts.models import User
from foundation.accounts.tenancy import organization_scope
from foundation.activity.models import Record
from foundation.core.classification import Priority
from foundation.duty.models import Shift
from foundation.notifications.models import OutboxMessage
from foundation.notifications.rendering import render_message
from sla.clocks.services import settle_ticket
from tests.support.house import HOUR, MINUTE, MONDAY_9AM, SETUP, House, by, make_ticket
from tests.support.rules import rule


def level(position: int, contact: User) -> EscalationLevel:
    return EscalationLevel(
        position=position,
        name_es=f"Nivel {position}",
        contact=contact,
        contact_name=contact.full_name,
        email=contact.email,
        acknowledge_minutes=30,
    )


def publish(house: House, *contacts: User, **values: Any) -> Any:
    levels = [level(number, contact) for number, contact in enumerate(contacts, 1)]
    return publish_ladder(
        organization=house.north,
        levels=levels,
        **{"effective_from": MONDAY_9AM, "by": SETUP, "at": MONDAY_9AM} | values,
    )


def test_a_drill_is_recorded_and_writes_to_each_person_in_their_language(house: House) -> None:
    publish(house, house.agent, house.staff["agent2"])
    User.objects.filter(pk=house.agent.pk).update(language="es", full_name="")
    User.objects.filter(pk=house.staff["agent2"].pk).update(language="")
    supervisor = house.staff["desk_supervisor"]

    drill = start_drill(
        organization=house.north, contract=None, by=by(supervisor), at=MONDAY_9AM + MINUTE
    )

    fact = Record.objects.get(object_type="escalation.drill", object_id=drill.pk)
    assert (fact.verb, fact.payload, fact.person_id, fact.organization_id, fact.at) == (
        "escalation.drill",
        {"notified": 2},
        supervisor.pk,
        house.north.pk,
        MONDAY_9AM + MINUTE,
    )
    assert [(row["name"], row["email"]) for row in drill.notified] == [
        ("agent@desk.example", "agent@desk.example"),
        ("Agent2", "agent2@desk.example"),
    ]
    letters = OutboxMessage.objects.filter(template="drill").order_by("to_email")
    assert [(each.to_email, each.language) for each in letters] == [
        ("agent2@desk.example", "en"),
        ("agent@desk.example", "es"),
    ]


def test_a_new_matrix_has_the_next_number_and_asks_for_the_coverage(house: House) -> None:
    for organization in (house.north, house.south):
        refresh_coverage(organization=organization, at=MONDAY_9AM)

    own = publish(house, house.agent, contract=house.contract)
    later = publish(house, house.agent, contract=house.contract, effective_from=MONDAY_9AM + HOUR)

    assert (own.number, later.number) == (1, 2)
    assert coverage_to_compute(10) == [house.north.pk]


def test_the_second_of_two_levels_follows_and_a_single_level_has_none(house: House) -> None:
    publish(house, house.agent, house.staff["agent2"], contract=house.contract)
    (two,) = forecasts_of(house.north, MONDAY_9AM)
    publish(house, house.agent, contract=house.contract, effective_from=MONDAY_9AM + HOUR)
    (one,) = forecasts_of(house.north, MONDAY_9AM + 2 * HOUR)

    following = two.next_recipients(MONDAY_9AM)

    assert following is not None
    assert (following.people, following.at) == (
        (house.staff["agent2"],),
        MONDAY_9AM + 30 * MINUTE,
    )
    assert one.next_recipients(MONDAY_9AM + 2 * HOUR) is None


def test_rules_name_their_recipients_at_their_percentage_and_priority(house: House) -> None:
    publish(house, house.agent, contract=house.contract)
    bpo = house.staff["bpo"]
    rule(name="Raise", percent=50, action="raise", priorities=["high"])
    rule(name="Tell", percent=75, action="tell", person=bpo)
    (forecast,) = forecasts_of(house.north, MONDAY_9AM + MINUTE)

    def named(priority: Priority, percent: int) -> list[tuple[str, str, tuple[User, ...]]]:
        found = forecast.recipients(priority, percent, MONDAY_9AM + MINUTE)
        return [(each.why, each.name, each.people) for each in found if each.why != "desk"]

    first = ("level", "Nivel 1", (house.agent,))
    assert named(Priority.HIGH, 50) == [first]
    assert named(Priority.LOW, 50) == []
    assert named(Priority.LOW, 75) == [("rule", "Tell", (bpo,))]
    assert named(Priority.HIGH, 100) == [first]


def test_the_letter_of_a_level_leads_the_staff_to_the_desks_page(house: House) -> None:
    ticket = make_ticket(house)

    services.request_escalation(
        ticket=ticket, reason="Late.", by=by(house.requester), at=MONDAY_9AM
    )

    (letter,) = OutboxMessage.objects.filter(template="escalation", to_email=house.agent.email)
    assert letter.links["url"] == ["ticket", ticket.number, True]


def test_a_warning_reaches_the_first_level_on_duty_when_no_supervisor_is(house: House) -> None:
    publish(house, house.agent)
    by_night = Shift.objects.create(name="Nights", hours={"0": [["00:00", "01:00"]]})
    by_night.people.set([house.staff["desk_supervisor"], house.staff["desk_manager"]])
    ticket = make_ticket(house)

    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 31 * MINUTE)

    letters = OutboxMessage.objects.filter(template="clock")
    assert [letter.to_email for letter in letters] == [house.agent.email]


def test_a_warning_never_reaches_a_customer_whom_the_matrix_names(house: House) -> None:
    publish(house, house.people["coordinator"])
    by_night = Shift.objects.create(name="Nights", hours={"0": [["00:00", "01:00"]]})
    by_night.people.set([house.staff["desk_supervisor"], house.staff["desk_manager"]])
    ticket = make_ticket(house)

    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 31 * MINUTE)

    (letter,) = OutboxMessage.objects.filter(template="clock")
    assert letter.to_email == house.staff["desk_supervisor"].email
    assert letter.run_after > MONDAY_9AM + 31 * MINUTE


def test_the_desk_escalates_in_its_own_name_and_its_reason_stays_inside(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)

    step = services.request_escalation(
        ticket=ticket, reason="We are stuck.", by=by(house.agent), at=MONDAY_9AM
    )

    assert (step.cause, step.get_cause_display()) == ("desk", "Pedido por la mesa")
    (letter,) = OutboxMessage.objects.filter(template="escalation")
    letter.language = "en"
    with organization_scope(house.north.pk):
        text = render_message(letter).text
    assert "The desk asked for it." in text
    page = sign_in(house.requester).get(f"/tickets/{ticket.number}/").content.decode()
    assert "We are stuck." not in page


def test_without_a_matrix_the_letter_names_the_supervisors(house: House) -> None:
    EscalationLevel.objects.all().delete()
    ticket = make_ticket(house)

    services.request_escalation(
        ticket=ticket, reason="Late.", by=by(house.requester), at=MONDAY_9AM
    )

    letter = OutboxMessage.objects.filter(template="escalation").order_by("pk")[0]
    letter.language = "en"
    with organization_scope(house.north.pk):
        subject = render_message(letter).subject
    assert "Escalated to the supervisors" in subject
    assert "level 0" not in subject


def test_the_last_level_told_again_reads_that_it_did_not_acknowledge_itself(house: House) -> None:
    publish(house, house.agent, house.staff["agent2"])
    ticket = make_ticket(house)
    services.request_escalation(
        ticket=ticket, reason="Late.", by=by(house.requester), at=MONDAY_9AM
    )
    for minutes in (31, 62):
        step = escalations_of(ticket)[-1]
        services.climb(escalation=step, at=MONDAY_9AM + minutes * MINUTE)

    texts = []
    for letter in OutboxMessage.objects.filter(template="escalation").order_by("pk"):
        letter.language = "en"
        with organization_scope(house.north.pk):
            texts.append(render_message(letter).text)

    below = "The level below did not acknowledge."
    itself = "Nobody of this level acknowledged, and no level is above it."
    above = "or it is escalated to the next level"
    assert [(below in text, itself in text, above in text) for text in texts] == [
        (False, False, True),
        (True, False, False),
        (False, True, False),
    ]
