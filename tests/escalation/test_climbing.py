"""One ladder per ticket: requests, acknowledgement, climbing, the signed link."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from escalation import queries, services
from escalation.models import Cause, Escalation, EscalationLevel
from foundation.accounts.models import User
from foundation.core.errors import Invalid, NotAllowed
from foundation.notifications.models import OutboxMessage
from tests.support.house import (
    MINUTE,
    MONDAY_9AM,
    SETUP,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.letters import address_in
from tickets.models import Ticket


def ask(
    house: House, ticket: Ticket, at: datetime = MONDAY_9AM, *, reason: str = "Nobody answers."
) -> Escalation:
    return services.request_escalation(
        ticket=fresh(ticket), reason=reason, by=by(house.requester), at=at
    )


def positions(ticket: Ticket) -> list[tuple[int, str]]:
    return list(
        Escalation.objects.filter(ticket=ticket).order_by("pk").values_list("position", "cause")
    )


def test_each_request_goes_to_the_next_level_and_stays_at_the_last(house: House) -> None:
    ticket = make_ticket(house)

    for minute in range(5):
        ask(house, ticket, MONDAY_9AM + minute * MINUTE)

    assert [position for position, _cause in positions(ticket)] == [1, 2, 3, 3, 3]


def test_a_double_click_is_one_escalation(house: House) -> None:
    ticket = make_ticket(house)

    assert ask(house, ticket).pk == ask(house, ticket, MONDAY_9AM + timedelta(seconds=2)).pk
    assert positions(ticket) == [(1, "request")]


def test_an_unacknowledged_level_climbs_once_and_an_acknowledged_one_stays(house: House) -> None:
    ticket = make_ticket(house)
    calm = make_ticket(house)
    first = ask(house, ticket)
    quiet = ask(house, calm)
    assert (
        services.acknowledge_escalation(
            escalation=quiet, by=by(house.agent), at=MONDAY_9AM + MINUTE
        )
        is True
    )
    late = MONDAY_9AM + 31 * MINUTE
    assert queries.unacknowledged(late, 10) == [(house.north.pk, first.pk)]

    assert services.climb(escalation=queries.get_escalation(first.pk), at=late) is True
    assert services.climb(escalation=first, at=late) is False

    assert positions(ticket) == [(1, "request"), (2, "unacknowledged")]
    assert positions(calm) == [(1, "request")]


def test_a_contact_without_a_login_acknowledges_by_the_signed_link(house: House) -> None:
    EscalationLevel.objects.filter(organization=house.north, position=1).update(
        contact=None, email="director@partner.example", contact_name="The Director"
    )
    escalation = ask(house, make_ticket(house))
    letter = OutboxMessage.objects.get(template="escalation")
    path = address_in(letter, "acknowledge_url")
    client = Client()

    assert letter.to_email == "director@partner.example"
    assert client.get(path).status_code == 200
    # opening the link, as mail scanners do, changes nothing
    assert Escalation.objects.get(pk=escalation.pk).acknowledged_at is None
    client.post(path)
    assert Escalation.objects.get(pk=escalation.pk).acknowledged_name == "The Director"
    assert client.get(path[:-3] + "xx/").status_code == 404


def test_without_a_matrix_the_supervisors_are_told(house: House) -> None:
    EscalationLevel.objects.filter(organization=house.north).delete()

    ask(house, make_ticket(house))

    assert (
        OutboxMessage.objects.get(template="escalation").to_email == "desk_supervisor@desk.example"
    )


def test_the_same_cause_never_climbs_twice(house: House) -> None:
    ticket = make_ticket(house)

    for _ in range(3):
        services.escalate_ticket(
            ticket=fresh(ticket), cause=Cause.BREACH, cause_key="breach:1", by=SETUP, at=MONDAY_9AM
        )

    assert positions(ticket) == [(1, "breach")]


def test_an_escalation_without_permission_is_refused(house: House) -> None:
    ticket = make_ticket(house)

    with pytest.raises(NotAllowed):
        services.request_escalation(
            ticket=fresh(ticket),
            reason="x",
            by=by(house.people["company_manager"]),
            at=MONDAY_9AM,
        )
    with pytest.raises(Invalid):
        services.request_escalation(
            ticket=fresh(ticket),
            reason="  ",
            by=by(house.requester),
            at=MONDAY_9AM,
        )


def test_the_desk_takes_an_escalation_back_for_a_reason_and_the_next_request_climbs_from_there(
    house: House,
) -> None:
    ticket = make_ticket(house)
    ask(house, ticket)
    ask(house, ticket, MONDAY_9AM + MINUTE)

    def back(user: User, reason: str = "Settled by phone.") -> Any:
        return services.deescalate_ticket(
            ticket=fresh(ticket), reason=reason, by=by(user), at=MONDAY_9AM + 2 * MINUTE
        )

    with pytest.raises(NotAllowed):
        back(house.requester)
    with pytest.raises(Invalid):
        back(house.agent, " ")
    step = back(house.agent)

    assert (step.position, step.reason, step.acknowledge_due_at) == (1, "Settled by phone.", None)
    assert queries.unacknowledged(MONDAY_9AM + timedelta(days=1), 10) == []
    ask(house, ticket, MONDAY_9AM + 3 * MINUTE)
    assert [position for position, _cause in positions(ticket)] == [1, 2, 1, 2]
    back(house.agent)
    back(house.agent)
    with pytest.raises(Invalid):
        back(house.agent)


def test_the_desk_page_offers_it_to_ticket_workers(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    ask(house, ticket)
    path = f"/admin/tickets/{ticket.number}/"

    refused = sign_in(house.staff["consultant"]).post(f"{path}deescalate/", {"reason": "So."})
    done = sign_in(house.agent).post(f"{path}deescalate/", {"reason": "So."})

    assert (refused.status_code, done.status_code) == (403, 302)
    assert positions(ticket) == [(1, "request"), (0, "deescalated")]


def test_a_double_click_over_the_minute_is_one_escalation(house: House) -> None:
    ticket = make_ticket(house)
    last_second = MONDAY_9AM + timedelta(seconds=59)

    assert (
        ask(house, ticket, last_second).pk
        == ask(house, ticket, last_second + timedelta(seconds=1)).pk
    )


def test_the_last_level_is_notified_again_and_a_solved_ticket_stops_climbing(
    house: House,
) -> None:
    ticket = make_ticket(house)
    for minute in range(3):
        step = ask(house, ticket, MONDAY_9AM + minute * MINUTE)
    at = MONDAY_9AM + 10 * timedelta(hours=1)
    for expected in (True, False):
        step = queries.get_escalation(ticket_steps(ticket)[-1].pk)
        assert services.climb(escalation=step, at=at) is expected
        at += timedelta(hours=10)
    assert [position for position, _cause in positions(ticket)] == [1, 2, 3, 3]

    solved = make_ticket(house)
    first = ask(house, solved)
    Ticket.objects.filter(pk=solved.pk).update(
        state="solved", solved_at=MONDAY_9AM + MINUTE, solution_type="definitive"
    )
    assert (
        services.climb(escalation=queries.get_escalation(first.pk), at=MONDAY_9AM + 31 * MINUTE)
        is False
    )


def ticket_steps(ticket: Ticket) -> list[Escalation]:
    return list(Escalation.objects.filter(ticket=ticket).order_by("pk"))


def test_a_breach_and_a_rule_in_one_sweep_are_one_level(house: House) -> None:
    ticket = make_ticket(house)
    for cause in (Cause.RULE, Cause.BREACH):
        services.escalate_ticket(
            ticket=fresh(ticket), cause=cause, cause_key=cause, by=SETUP, at=MONDAY_9AM
        )
    assert positions(ticket) == [(1, "rule")]


def test_other_words_within_the_minute_are_another_request_and_none_is_swallowed(
    house: House,
) -> None:
    ticket = make_ticket(house)

    first, second = (
        ask(house, ticket, MONDAY_9AM + timedelta(seconds=seconds), reason=words)
        for seconds, words in ((0, "Late."), (20, "Very late."))
    )

    assert (first.pk == second.pk, second.reason) == (False, "Very late.")


def test_a_step_that_was_taken_back_is_not_said_to_be_unacknowledged(
    house: House, sign_in: Any
) -> None:
    User.objects.filter(pk=house.agent.pk).update(language="en")
    taken_back = make_ticket(house)
    climbed = make_ticket(house)
    for ticket in (taken_back, climbed):
        ask(house, ticket, MONDAY_9AM)
    client = sign_in(house.agent)
    client.post(f"/admin/tickets/{taken_back.number}/deescalate/", {"reason": "A mistake."})
    waiting = Escalation.objects.get(ticket=climbed)
    assert waiting.acknowledge_due_at is not None
    services.climb(escalation=waiting, at=waiting.acknowledge_due_at + MINUTE)
    assert Escalation.objects.filter(ticket=climbed).count() == 2

    words = "Nobody acknowledged; it was escalated further."
    pages = [
        client.get(f"/admin/tickets/{ticket.number}/?open=after_page").content.decode()
        for ticket in (taken_back, climbed)
    ]
    assert [page.count(words) for page in pages] == [0, 1]


def test_the_ladder_names_the_acknowledger_and_the_withdrawn_steps(
    house: House, sign_in: Any
) -> None:
    User.objects.filter(pk=house.agent.pk).update(language="en")
    ticket = make_ticket(house)
    step = ask(house, ticket, MONDAY_9AM, reason="My own words.")
    services.acknowledge_escalation(escalation=step, by=by(house.agent), at=MONDAY_9AM + MINUTE)
    client = sign_in(house.agent)
    path = f"/admin/tickets/{ticket.number}/"
    client.post(f"{path}deescalate/", {"reason": "A misunderstanding."}, follow=True)

    page = client.get(f"{path}?open=after_page").content.decode()
    mine = sign_in(house.requester).get(f"/tickets/{ticket.number}/").content.decode()

    assert "Agent acknowledged, Mar 2, 2026, 09:01" in page
    assert "No longer escalated" in page
    assert f"{path}acknowledge/" not in page
    assert ("My own words." in mine, "A misunderstanding." in mine) == (True, False)


def test_a_ladder_that_lost_its_levels_climbs_to_the_supervisors(house: House) -> None:
    ticket = make_ticket(house)
    first = ask(house, ticket)
    EscalationLevel.objects.filter(organization=house.north).delete()

    climbed = services.climb(
        escalation=queries.get_escalation(first.pk), at=MONDAY_9AM + 31 * MINUTE
    )

    assert climbed is True
    assert positions(ticket) == [(1, "request"), (0, "unacknowledged")]
    last = OutboxMessage.objects.filter(template="escalation").latest("pk")
    assert last.to_email == "desk_supervisor@desk.example"
