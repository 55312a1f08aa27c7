"""Breaches and silences as the ladder and the rules see them, and what they never undo."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError

from catalog.models import Contract
from escalation import services
from escalation.models import (
    MAX_ACKNOWLEDGE_MINUTES,
    Cause,
    Escalation,
    EscalationLevel,
    EscalationRule,
)
from escalation.queries import due_watches
from foundation.accounts.services import issue_user_token
from foundation.core.classification import Impact, Kind, Urgency
from foundation.duty.models import Absence, Shift
from foundation.notifications.models import OutboxMessage
from sla.clocks.models import Clock
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
from tests.support.tickets import step
from tickets.models import Ticket
from tickets.services import (
    Classification,
    TransitionDetails,
    classify_ticket,
    reply_as_customer,
    reply_to_customer,
    transition_ticket,
)


def rule(**values: Any) -> EscalationRule:
    made = EscalationRule(
        **(
            {
                "name": "R",
                "trigger": "clock",
                "percent": 100,
                "action": "tell_tam",
                "is_active": True,
            }
            | values
        )
    )
    made.full_clean()
    made.save()
    cache.clear()
    return made


def told(template: str) -> list[str]:
    return list(
        OutboxMessage.objects.filter(template=template)
        .order_by("pk")
        .values_list("to_email", flat=True)
    )


def ask(house: House, ticket: Ticket, minutes: int = 0) -> Escalation:
    who = house.requester
    at = MONDAY_9AM + minutes * MINUTE
    return services.request_escalation(
        ticket=fresh(ticket), reason=f"Late {minutes}.", by=by(who), at=at
    )


def test_a_breach_that_was_false_at_first_moves_the_ladder_once(house: House) -> None:
    ticket = make_ticket(house)
    reply_to_customer(
        ticket=ticket, body="We look.", by=by(house.agent), at=MONDAY_9AM + 5 * MINUTE
    )
    step(house, ticket, "start", MONDAY_9AM + 6 * MINUTE)
    # the machine's clock had jumped ahead
    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 10 * HOUR + 10 * MINUTE)
    step(house, ticket, "pend_user", MONDAY_9AM + 9 * HOUR + 20 * MINUTE, message="Which?")
    reply_as_customer(
        ticket=fresh(ticket),
        body="This.",
        by=by(house.requester),
        at=MONDAY_9AM + 9 * HOUR + 50 * MINUTE,
    )
    assert Clock.objects.get(ticket=ticket, metric="attention").breached_at is None

    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 3 * DAY)

    assert Clock.objects.get(ticket=ticket, metric="attention").breached_at is not None
    assert list(Escalation.objects.filter(ticket=ticket).values_list("position", "cause")) == [
        (1, "breach")
    ]
    assert told("clock").count("agent@desk.example") >= 2  # the true one is told again


def test_a_silence_is_evaluated_again_when_the_ticket_starts_to_match(
    house: House,
) -> None:
    house.north.account_manager = house.staff["service_delivery"]
    house.north.save()
    rule(trigger="silence", percent=None, silence_minutes=60, priorities=["critical"])
    ticket = make_ticket(house)

    def sweep(at: Any) -> None:
        for _organization, watch in due_watches(at, 100):
            services.break_silence(watch_id=watch, at=at)

    sweep(MONDAY_9AM + 61 * MINUTE)
    assert told("rule") == []
    make_ticket(house, at=MONDAY_9AM + 65 * MINUTE)  # under watch by the same rule
    chosen = Classification(
        impact=Impact.EXTENSIVE,
        urgency=Urgency.CRITICAL,
        kind=Kind.INCIDENT,
        service=house.services["erp"],
    )
    classify_ticket(
        ticket=fresh(ticket),
        classification=chosen,
        reason="x",
        by=by(house.agent),
        at=MONDAY_9AM + 70 * MINUTE,
    )
    for hour in range(2, 12):
        sweep(MONDAY_9AM + hour * HOUR)
    again = Classification(
        impact=Impact.MODERATE,
        urgency=Urgency.CRITICAL,
        kind=Kind.INCIDENT,
        service=house.services["erp"],
    )
    classify_ticket(
        ticket=fresh(ticket),
        classification=again,
        reason="x",
        by=by(house.staff["desk_supervisor"]),
        at=MONDAY_9AM + 13 * HOUR,
    )

    assert told("rule") == ["service_delivery@desk.example"]


def test_a_ticket_without_a_contract_wakes_no_supervisor_at_night(house: House) -> None:
    shift = Shift.objects.create(
        name="day",
        time_zone="America/Mexico_City",
        hours={str(d): [["09:00", "19:00"]] for d in range(5)},
    )
    shift.people.add(house.staff["desk_supervisor"])
    Contract.objects.filter(organization=house.north).update(
        ends_on=MONDAY_9AM.date() - timedelta(days=60)
    )
    house.north.refresh_from_db()

    make_ticket(house, at=MONDAY_9AM + 17 * HOUR)  # two in the morning

    letters = OutboxMessage.objects.filter(template="out_of_contract").values_list(
        "to_email", "run_after"
    )
    assert list(letters) == [("desk_supervisor@desk.example", MONDAY_9AM + DAY)]


def test_an_escalation_never_undoes_the_breach_that_called_for_it(house: House) -> None:
    level = EscalationLevel.objects.get(position=1, matrix__organization=house.north)
    level.acknowledge_minutes = MAX_ACKNOWLEDGE_MINUTES + 1
    with pytest.raises(ValidationError) as refused:
        level.full_clean()
    assert "acknowledge_minutes" in refused.value.message_dict
    # as it was written before there was a limit
    EscalationLevel.objects.filter(pk=level.pk).update(acknowledge_minutes=20_000_000)
    ticket = make_ticket(house)

    settle_ticket(ticket_id=ticket.pk, at=MONDAY_9AM + 2 * HOUR)

    assert Clock.objects.get(ticket=ticket, metric="reaction").breached_at == MONDAY_9AM + HOUR
    assert Escalation.objects.get(ticket=ticket).cause == Cause.BREACH


def test_the_desks_own_reasons_stay_inside_over_the_api_too(house: House, client: Any) -> None:
    ticket = make_ticket(house)
    ask(house, ticket)
    services.deescalate_ticket(
        ticket=fresh(ticket),
        reason="They always nag.",
        by=by(house.agent),
        at=MONDAY_9AM + HOUR,
    )

    def reasons(person: Any) -> list[str]:
        token = issue_user_token(user=person, by=SETUP, at=MONDAY_9AM)
        answer = client.get(
            f"/api/v1/tickets/{ticket.number}/escalations/",
            headers={"Authorization": f"Bearer {token}"},
        )
        return [each["reason"] for each in answer.json()]

    assert reasons(house.requester) == ["Late 0.", ""]
    assert reasons(house.agent) == ["Late 0.", "They always nag."]


def test_a_returned_ticket_is_not_assigned_to_an_absent_owner(house: House) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "register", MONDAY_9AM + MINUTE)
    details = TransitionDetails(team=house.level_two, reason="x", tried="y")
    transition_ticket(
        ticket=fresh(ticket),
        name="assign",
        details=details,
        by=by(house.agent),
        at=MONDAY_9AM + 2 * MINUTE,
    )
    Absence.objects.create(person=house.agent, starts_at=MONDAY_9AM, ends_at=MONDAY_9AM + 9 * DAY)

    back = TransitionDetails(reason="x")
    transition_ticket(
        ticket=fresh(ticket),
        name="return_to_desk",
        details=back,
        by=by(house.agent),
        at=MONDAY_9AM + 5 * MINUTE,
    )

    assert fresh(ticket).assignee is None
