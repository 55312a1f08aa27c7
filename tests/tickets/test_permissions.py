"""Standing on a ticket: the desk, the level that holds it, its requester and coordinators."""

import pytest

from foundation.accounts.models import Membership, Team, User
from tests.support.house import DAY, HOUR, MONDAY_9AM, SECOND, House, fresh, make_ticket
from tests.support.tickets import step
from tickets.models import Ticket
from tickets.permissions import (
    can_assign,
    can_be_reopened,
    can_classify,
    can_reply_as_customer,
    can_work,
    is_followed_up,
    standing,
)
from tickets.states import Who


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("agent", {Who.DESK, Who.HOLDER, Who.FIRST_LEVEL}),
        ("desk_supervisor", {Who.DESK, Who.HOLDER, Who.FIRST_LEVEL}),
        ("consultant", set()),
        ("bpo", set()),
        ("requester", {Who.REQUESTER}),
        ("coordinator", {Who.REQUESTER}),
        ("company_manager", set()),
        ("report_recipient", set()),
    ],
)
def test_standing_on_a_new_ticket_by_role(house: House, name: str, expected: set[Who]) -> None:
    ticket = fresh(make_ticket(house))
    user = house.staff.get(name) or house.people[name]

    assert standing(user, ticket) == expected
    assert can_work(user, ticket) is (Who.DESK in expected)
    assert can_assign(user, ticket) is (Who.DESK in expected)
    assert can_classify(user, ticket) is (Who.DESK in expected)
    assert can_reply_as_customer(user, ticket) is (Who.REQUESTER in expected)


def test_a_person_of_another_customer_has_no_standing(house: House) -> None:
    ticket = fresh(make_ticket(house))

    assert standing(house.outsider, ticket) == set()


def test_a_suspended_requester_has_no_standing(house: House) -> None:
    ticket = fresh(make_ticket(house))
    Membership.objects.filter(user=house.requester).update(is_suspended=True)

    assert standing(house.requester, ticket) == set()


def test_a_requester_who_only_receives_reports_has_no_standing(house: House) -> None:
    ticket = fresh(make_ticket(house))
    Membership.objects.filter(user=house.requester).update(roles=["report_recipient"])

    assert standing(house.requester, ticket) == set()


@pytest.mark.parametrize("level", [2, 3])
def test_the_members_of_its_group_alone_hold_a_ticket_of_a_higher_level(
    house: House, level: int
) -> None:
    ticket = make_ticket(house)
    team = Team.objects.create(name=f"Group {level}", level=level)
    colleague = User.objects.create(email="c@desk.example", staff_roles=["consultant"])
    team.members.add(colleague)
    Ticket.objects.filter(pk=ticket.pk).update(team=team, assignee=house.staff["consultant"])

    assert standing(colleague, fresh(ticket)) == {Who.HOLDER}
    assert standing(house.staff["consultant"], fresh(ticket)) == set()
    assert standing(house.agent, fresh(ticket)) == {Who.DESK}
    assert can_work(house.agent, fresh(ticket)) is True


def test_the_members_of_a_group_of_the_desk_are_the_first_level(house: House) -> None:
    ticket = make_ticket(house)
    front = Team.objects.create(name="Front", level=1)
    front.members.add(house.agent)
    Ticket.objects.filter(pk=ticket.pk).update(team=front)

    assert standing(house.agent, fresh(ticket)) == {Who.DESK, Who.HOLDER, Who.FIRST_LEVEL}
    assert standing(house.staff["agent2"], fresh(ticket)) == {Who.DESK}


def test_a_consultant_holds_the_tickets_assigned_to_them(house: House) -> None:
    own = make_ticket(house)
    other = make_ticket(house)
    consultant = house.staff["consultant"]
    Ticket.objects.filter(pk=own.pk).update(assignee=consultant)
    Ticket.objects.filter(pk=other.pk).update(assignee=house.agent)

    assert can_work(consultant, fresh(own))
    assert not can_classify(consultant, fresh(own))
    assert not can_work(consultant, fresh(other))


def test_a_person_without_the_capability_holds_nothing(house: House) -> None:
    ticket = make_ticket(house)
    bpo: User = house.staff["bpo"]
    Ticket.objects.filter(pk=ticket.pk).update(assignee=bpo, team=house.level_two)

    assert standing(bpo, fresh(ticket)) == set()


def test_a_closed_ticket_reopens_up_to_the_last_instant_of_its_window(house: House) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)
    step(house, ticket, "solve", MONDAY_9AM, solution_type="definitive", message="Done.")
    assert not is_followed_up(fresh(ticket), MONDAY_9AM)
    step(house, ticket, "approve", MONDAY_9AM, user=house.requester)
    Ticket.objects.filter(pk=ticket.pk).update(reopen_ends_at=MONDAY_9AM + DAY)
    closed = fresh(ticket)

    assert can_be_reopened(closed, MONDAY_9AM + DAY)
    assert not can_be_reopened(closed, MONDAY_9AM + DAY + SECOND)
    assert not is_followed_up(closed, MONDAY_9AM + DAY)
    assert is_followed_up(closed, MONDAY_9AM + DAY + SECOND)


def test_tickets_without_a_window_or_in_another_state_do_not_reopen(house: House) -> None:
    ticket = fresh(make_ticket(house))
    ticket.state = "closed"
    ticket.reopen_ends_at = None

    assert not can_be_reopened(ticket, MONDAY_9AM)
    ticket.state = "rejected"
    ticket.reopen_ends_at = MONDAY_9AM + HOUR
    assert not can_be_reopened(ticket, MONDAY_9AM)
    assert is_followed_up(ticket, MONDAY_9AM)
