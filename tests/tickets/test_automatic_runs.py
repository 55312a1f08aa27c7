"""The runs of automatic assignment: when they start, what they look at, and what stops none."""

from typing import Any

import pytest
from django.core.cache import cache

from foundation.core.classification import Impact, Urgency
from foundation.duty.models import Absence
from tests.support.assigning import assignee, automatic, profile, sweep
from tests.support.house import DAY, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import step
from tickets import queries, services
from tickets.models import GroupAssignment, Ticket
from tickets.services.assignment import give
from tickets.tasks import sweep_assignment


def test_a_run_starts_when_a_ticket_may_wait(
    house: House, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Any] = []
    monkeypatch.setattr("tickets.receivers.enqueue", lambda task: started.append(task))
    make_ticket(house)
    assert started == []
    automatic(house, "agent")
    cache.delete(queries.GROUPS_KEY)

    with django_capture_on_commit_callbacks(execute=True):
        ticket = make_ticket(house)
        make_ticket(house)
    assert started == [sweep_assignment]  # one, which takes both
    sweep()
    with django_capture_on_commit_callbacks(execute=True):
        services.assign_ticket(
            ticket=fresh(ticket), assignee=house.staff["agent2"], by=by(house.agent), at=MONDAY_9AM
        )
    assert started == [sweep_assignment]
    with django_capture_on_commit_callbacks(execute=True):
        step(house, fresh(ticket), "start", MONDAY_9AM)
    assert started == [sweep_assignment] * 2


def test_the_run_takes_the_tickets_in_few_statements(
    house: House, django_assert_max_num_queries: Any
) -> None:
    automatic(house, "agent", load_limit=1)
    for _ in range(12):
        make_ticket(house)
    sweep()

    with django_assert_max_num_queries(12):  # nobody has room: no ticket is looked at
        assert sweep() == 0


@pytest.mark.parametrize(("held", "has_room"), [(1, True), (2, False)])
@pytest.mark.parametrize("own", [None, 2])
def test_a_group_without_room_is_not_looked_at(
    house: House, held: int, has_room: bool, own: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = automatic(house, "agent", load_limit=2 if own is None else 1)
    profile(house, "agent", languages=["en"], load_limit=own)
    for _ in range(held):
        services.assign_ticket(
            ticket=make_ticket(house), assignee=house.agent, by=by(house.agent), at=MONDAY_9AM
        )
    waiting = make_ticket(house)

    planned = queries.plan(MONDAY_9AM, 9, only_with_room=True)

    assert [each.ticket for each in planned] == ([waiting] if has_room else [])
    assert [each.ticket for each in queries.plan(MONDAY_9AM, 9)] == [waiting]
    pool = queries.pool_on(queries.automatic_groups(), MONDAY_9AM)
    assert [each.team_id for each in pool.with_room()] == ([team.pk] if has_room else [])


def test_a_full_group_does_not_keep_tickets_from_another(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tickets.services.automatic.MOST_WAITING", 2)
    automatic(house, "agent", load_limit=1)
    GroupAssignment.objects.create(team=house.level_two, is_active=True)
    make_ticket(house)
    sweep()
    for _ in range(3):
        make_ticket(house, impact=Impact.EXTENSIVE)
    sent = make_ticket(house, urgency=Urgency.LOW)
    step(house, sent, "assign", MONDAY_9AM, team=house.level_two, reason="Up.")

    assert sweep() == 1
    assert assignee(sent) == "consultant"


def test_a_run_reads_anew_who_serves_the_customer(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two tickets of a run the group loses the customer, and a member goes away."""
    automatic(house, "agent", "agent2")
    tickets = [make_ticket(house) for _ in range(3)]
    plan = queries.plan
    chosen = services.automatic.assign_by_choice

    def assign(**given: Any) -> Any:
        done = chosen(**given)
        if given["ticket_id"] == tickets[0].pk:
            Absence.objects.create(
                person=house.staff["agent2"], starts_at=MONDAY_9AM, ends_at=MONDAY_9AM + DAY
            )
        return done

    monkeypatch.setattr("tickets.services.automatic.assign_by_choice", assign)

    assert sweep() == 3
    assert [assignee(each) for each in tickets] == ["agent"] * 3
    assert plan(MONDAY_9AM, 9) == []


def test_one_ticket_that_fails_does_not_stop_the_others(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    automatic(house, "agent")
    first = make_ticket(house)
    second = make_ticket(house)

    def fail(ticket: Ticket, *given: Any, **more: Any) -> Any:
        if ticket.pk == first.pk:
            raise RuntimeError("it cannot be written")
        return give(ticket, *given, **more)

    monkeypatch.setattr("tickets.services.automatic.give", fail)

    assert sweep() == 1
    assert (assignee(first), assignee(second)) == ("", "agent")


def test_a_choice_says_nothing_of_a_ticket_that_came_back_from_a_group(house: House) -> None:
    automatic(house, "agent")
    ticket = make_ticket(house)
    sweep()
    assert queries.choice_of_assignee(fresh(ticket)) is not None

    step(house, fresh(ticket), "assign", MONDAY_9AM, team=house.level_two, reason="Up.")
    step(house, fresh(ticket), "return_to_desk", MONDAY_9AM, reason="Ours.")

    assert assignee(ticket) == "agent"
    assert queries.choice_of_assignee(fresh(ticket)) is None
