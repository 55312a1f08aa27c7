"""Escalation rules: actions, conditions and their log; each occurrence runs a rule once, and loops
are stopped.
"""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from escalation.models import Escalation, EscalationLevel, SilenceWatch
from escalation.queries import ladder_of, rule_logs_of
from escalation.services import plan_rules
from foundation.accounts.models import Team
from foundation.duty.models import Absence, Shift
from foundation.notifications.models import OutboxMessage
from sla.clocks.services import settle_ticket
from tests.support.house import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY_9AM,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.rules import give_account_manager, letters, results, rule, sweep_rules_at
from tests.support.tickets import step
from tickets import services
from tickets.models import Ticket


@pytest.fixture(autouse=True)
def _manager(house: House) -> None:
    give_account_manager(house)


def test_a_clock_that_reaches_the_percentage_tells_the_account_manager_once(house: House) -> None:
    rule()
    ticket = make_ticket(house)  # high: reaction in an hour

    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 31 * MINUTE)
    assert (letters(), results(ticket)) == ([], [("R", "unmet", ["percent"])])
    for minutes in (46, 47, 55, 61):
        settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + minutes * MINUTE)

    assert letters() == ["service_delivery@desk.example"]
    assert [outcome for _name, outcome, _why in results(ticket)] == [
        "unmet",
        "ran",
        "already",
        "already",
    ]
    assert rule_logs_of(ticket)[2].results[0]["did"] == "Service Delivery"


def test_a_late_sweep_catches_up_once(house: House) -> None:
    rule(percent=50)
    ticket = make_ticket(house)

    # 50 and 75 were crossed unseen: 90 alone is told
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 55 * MINUTE)

    assert letters() == ["service_delivery@desk.example"]
    assert [log.occurrence for log in rule_logs_of(ticket)] == [
        {"metric": "reaction", "percent": 90}
    ]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"metric": "attention"}, ["metric"]),
        ({"percent": 100}, ["percent"]),
        ({"states": ["solved"]}, ["state"]),
        ({"priorities": ["critical", "low"]}, ["priority"]),
        ({"support_types": ["technological"]}, ["support_type"]),
        ({"metric": "attention", "priorities": ["low"]}, ["metric", "priority"]),
    ],
)
def test_a_condition_that_is_not_met_is_named_in_the_log(
    house: House, values: dict[str, Any], why: list[str]
) -> None:
    rule(**values)
    ticket = make_ticket(house)

    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 46 * MINUTE)

    assert (letters(), results(ticket)) == ([], [("R", "unmet", why)])


def test_a_rule_of_another_customer_leaves_the_ticket_alone(house: House) -> None:
    rule().organizations.set([house.south])
    ticket = make_ticket(house)

    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 46 * MINUTE)

    assert results(ticket) == [("R", "unmet", ["customer"])]


def test_a_rule_that_is_off_leaves_no_trace(house: House) -> None:
    rule(is_active=False)
    ticket = make_ticket(house)

    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 46 * MINUTE)

    assert (letters(), results(ticket)) == ([], [])


def test_raising_at_the_breach_moves_the_ladder_one_level_not_two(house: House) -> None:
    rule(name="Early", percent=90, metric="reaction", action="raise")
    rule(name="Late", percent=100, metric="attention", action="raise", position=2)
    ticket = make_ticket(house)

    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 55 * MINUTE)
    assert list(Escalation.objects.filter(ticket=ticket).values_list("position", "cause")) == [
        (1, "rule")
    ]
    # both clocks are missed in this sweep
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 11 * HOUR)

    steps = list(Escalation.objects.filter(ticket=ticket).values_list("position", "cause"))
    assert steps == [(1, "rule"), (2, "breach")]


def test_assignment_chooses_the_member_on_duty_with_the_fewest_tickets(
    house: House,
) -> None:
    desk = Team.objects.create(name="Desk", level=1)
    desk.members.set([house.agent, house.staff["agent2"]])
    services.assign_ticket(
        ticket=make_ticket(house), assignee=house.agent, by=by(house.agent), at=MONDAY_9AM
    )
    rule(action="assign", team=desk)
    first = make_ticket(house)
    second = make_ticket(house, at=MONDAY_9AM + HOUR)

    settle_ticket(ticket_id=first.pk, at=MONDAY_9AM + 46 * MINUTE)
    assert fresh(first).assignee == house.staff["agent2"]
    shift = Shift.objects.create(name="Nights", hours={"0": [["00:00", "01:00"]]})
    shift.people.set(desk.members.all())
    settle_ticket(ticket_id=second.pk, at=MONDAY_9AM + HOUR + 46 * MINUTE)

    assert fresh(second).assignee is None
    (log,) = rule_logs_of(second)
    assert (log.results[0]["outcome"], log.results[0]["why"]) == ("failed", ["nobody_on_duty"])


@pytest.mark.parametrize("action", ["tell_tam", "raise"])
def test_the_log_says_when_those_off_duty_will_be_told(
    house: House, sign_in: Any, action: str
) -> None:
    rule(action=action)
    ticket = make_ticket(house)
    levels = EscalationLevel.objects.filter(position=1)
    levels.update(contact=house.staff["service_delivery"], team=None)
    shift = Shift.objects.create(
        name="Tuesdays", time_zone="America/Mexico_City", hours={"1": [["08:00", "18:00"]]}
    )
    shift.people.set([house.staff["service_delivery"]])
    tuesday = MONDAY_9AM + DAY - HOUR

    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 46 * MINUTE)

    (log,) = rule_logs_of(ticket)
    assert (log.results[0]["outcome"], log.results[0]["told_at"]) == ("ran", tuesday.isoformat())
    letter = OutboxMessage.objects.get(to_email="service_delivery@desk.example")
    assert letter.run_after == tuesday
    address = f"/admin/tickets/{ticket.number}/?open=rules"
    page = " ".join(sign_in(house.agent).get(address).content.decode().split())
    assert "(se avisará el 3 mar 2026, 08:00)" in page


def test_a_rule_assigns_nobody_outside_the_group_that_holds_the_ticket(house: House) -> None:
    desk = Team.objects.create(name="Desk", level=1)
    desk.members.set([house.agent, house.staff["consultant"]])
    rule(action="assign", team=desk)
    held = make_ticket(house)
    other = make_ticket(house)
    elsewhere = Team.objects.create(name="Elsewhere", level=2)
    Ticket.objects.filter(pk=held.pk).update(team=house.level_two)
    Ticket.objects.filter(pk=other.pk).update(team=elsewhere)

    for ticket in (held, other):
        settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 46 * MINUTE)

    assert fresh(held).assignee == house.staff["consultant"]
    assert fresh(other).assignee is None
    assert results(other) == [("R", "failed", ["other_group"])]


def test_a_rule_tells_a_level_of_the_matrix_without_moving_the_ladder(house: House) -> None:
    rule(action="tell_level", level=2)
    ticket = make_ticket(house)

    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 46 * MINUTE)

    second = ladder_of(ticket, MONDAY_9AM)[1]
    assert letters() == [second.email]
    assert not Escalation.objects.filter(ticket=ticket).exists()


def test_a_rule_that_tells_a_level_that_is_not_there_says_so(house: House) -> None:
    rule(action="tell_level", level=20)
    ticket = make_ticket(house)

    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 46 * MINUTE)

    assert (letters(), results(ticket)) == ([], [("R", "failed", ["no_level"])])


def test_the_substitute_of_an_absent_person_is_notified(house: House) -> None:
    Absence.objects.create(
        person=house.staff["service_delivery"],
        substitute=house.agent,
        starts_at=MONDAY_9AM - DAY,
        ends_at=MONDAY_9AM + DAY,
    )
    rule()

    settle_ticket(ticket_id=make_ticket(house).pk, at=MONDAY_9AM + 46 * MINUTE)

    assert letters() == ["agent@desk.example"]


def test_a_failed_action_rolls_back_neither_the_others_nor_its_cause(house: House) -> None:
    house.north.account_manager = None
    house.north.save()
    rule(name="First")
    rule(name="Second", action="tell", person=house.agent, position=2)
    ticket = make_ticket(house)

    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 46 * MINUTE)

    assert results(ticket) == [("First", "failed", ["no_manager"]), ("Second", "ran", [])]
    assert letters() == ["agent@desk.example"]
    assert OutboxMessage.objects.filter(template="clock", context__percent=75).exists()


def test_a_looping_rule_is_suspended_and_the_supervisors_are_notified_once(
    house: House,
) -> None:
    rule(trigger="state", percent=None, states=["in_progress"])
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM + MINUTE)
    notified = []
    for number in range(5):
        step(house, ticket, "pend_user", MONDAY_9AM + (10 * number + 2) * MINUTE, message="Which?")
        step(house, ticket, "start", MONDAY_9AM + (10 * number + 3) * MINUTE)
        notified.append(len(letters("rule_loop")))

    assert notified == [0, 0, 1, 1, 1]
    ran = [outcome for _name, outcome, why in results(ticket) if not why]
    assert ran == ["ran"] * 3 + ["loop"] * 3
    assert (len(letters()), letters("rule_loop")) == (3, ["desk_supervisor@desk.example"])


def test_silence_is_counted_in_business_hours_from_the_last_word_and_judged_once(
    house: House,
) -> None:
    rule(trigger="silence", percent=None, silence_minutes=240, action="tell", person=house.agent)
    ticket = make_ticket(house, at=MONDAY_9AM + 8 * HOUR)  # 17:00: two hours are left today
    assert SilenceWatch.objects.get(ticket=ticket).run_after == MONDAY_9AM + DAY + 2 * HOUR

    services.reply_to_customer(
        ticket=fresh(ticket), body="We look.", by=by(house.agent), at=MONDAY_9AM + DAY + HOUR
    )
    sweep_rules_at(MONDAY_9AM + DAY + 3 * HOUR)
    assert letters() == []
    for _ in range(2):
        sweep_rules_at(MONDAY_9AM + DAY + 6 * HOUR)

    assert letters() == ["agent@desk.example"]
    assert [(log.occurrence, log.results[0]["outcome"]) for log in rule_logs_of(ticket)] == [
        ({"minutes": 240}, "ran")
    ]


def test_silence_is_no_fault_while_the_customer_is_waited_for_and_ends_with_the_ticket(
    house: House,
) -> None:
    rule(trigger="silence", percent=None, silence_minutes=60, action="tell", person=house.agent)
    waits = make_ticket(house)
    ended = make_ticket(house)
    step(house, waits, "start", MONDAY_9AM + MINUTE)
    step(house, waits, "pend_user", MONDAY_9AM + 2 * MINUTE, message="Which?")
    step(house, ended, "cancel", MONDAY_9AM + 2 * MINUTE, reason="No.")

    sweep_rules_at(MONDAY_9AM + 3 * HOUR)

    assert (letters(), results(waits), results(ended)) == ([], [("R", "unmet", ["state"])], [])


def test_a_silence_rule_that_is_switched_on_watches_the_open_tickets_from_then_on(
    house: House,
) -> None:
    ticket = make_ticket(house)
    made = rule(
        trigger="silence", percent=None, silence_minutes=60, action="tell", person=house.agent
    )

    assert (plan_rules(at=MONDAY_9AM + DAY), plan_rules(at=MONDAY_9AM + DAY)) == (1, 0)

    watch = SilenceWatch.objects.get(ticket=ticket, rule=made)
    assert (watch.since, watch.run_after) == (MONDAY_9AM + DAY, MONDAY_9AM + DAY + HOUR)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"percent": None}, "percent"),
        ({"trigger": "state"}, "states"),
        ({"trigger": "silence", "silence_minutes": 60, "states": ["closed"]}, "states"),
        ({"action": "raise", "states": ["cancelled"]}, "states"),
        ({"trigger": "silence"}, "silence_minutes"),
        ({"action": "assign"}, "person"),
        ({"percent": 101}, "percent"),
        ({"action": "tell_level"}, "level"),
        ({"action": "tell_tam", "level": 1}, "level"),
        ({"action": "tell_level", "level": 0}, "level"),
    ],
)
def test_a_rule_that_could_never_act_is_refused_with_the_missing_field(
    house: House, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        rule(**values)
    assert field in refused.value.message_dict


def test_a_rule_notifies_only_staff_who_serve_the_customer(house: House) -> None:
    with pytest.raises(ValidationError):
        rule(action="tell", person=house.outsider)
    with pytest.raises(ValidationError):
        rule(action="assign", person=house.staff["commercial"])
    others = Team.objects.create(name="South only", level=2)
    others.members.set([house.staff["agent2"]])
    others.organizations.set([house.south])
    rule(action="tell", person=house.staff["agent2"])
    ticket = make_ticket(house)
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 46 * MINUTE)

    assert [(outcome, why) for _name, outcome, why in results(ticket)] == [
        ("failed", ["not_serving"])
    ]
    assert not OutboxMessage.objects.filter(template="rule").exists()


@pytest.mark.parametrize(
    ("states", "is_refused"),
    [
        (["closed"], True),
        (["closed", "rejected", "cancelled"], True),
        (["closed", "open"], False),
        ([], False),
    ],
)
def test_a_rule_for_silence_waits_in_a_state_that_is_open(
    house: House, states: list[str], is_refused: bool
) -> None:
    values = {
        "trigger": "silence",
        "percent": None,
        "silence_minutes": 60,
        "action": "tell",
        "person": house.agent,
        "states": states,
    }
    problems: set[str] = set()

    try:
        rule(**values)
    except ValidationError as error:
        problems = set(error.message_dict)

    assert problems == ({"states"} if is_refused else set())
