"""What a person may do on a ticket: standing by role, assignment and level; sides of messages."""

import pytest

from foundation.accounts.models import Membership, Team
from foundation.accounts.roles import CustomerRole
from tests.support.house import MONDAY_9AM, House, by, fresh, make_ticket
from tickets.models import MessageKind, Ticket
from tickets.permissions import standing
from tickets.queries import conversation
from tickets.services import write_message
from tickets.states import Who


def with_team(ticket: Ticket, level: int) -> Ticket:
    team = Team.objects.create(name=f"Level {level} group", level=level)
    Ticket.objects.filter(pk=ticket.pk).update(team=team)
    return fresh(ticket)


def test_desk_agents_act_as_desk_and_holder_of_every_ticket(house: House) -> None:
    ticket = make_ticket(house)

    assert standing(house.agent, ticket) == {Who.DESK, Who.HOLDER}
    assert standing(house.staff["administrator"], ticket) == frozenset()


@pytest.mark.parametrize(("level", "expected"), [(1, set()), (2, {Who.HOLDER})])
def test_a_consultant_holds_tickets_of_groups_above_the_desk(
    house: House, level: int, expected: set[Who]
) -> None:
    ticket = with_team(make_ticket(house), level)

    assert standing(house.staff["consultant"], ticket) == expected


def test_a_consultant_holds_a_ticket_assigned_to_them(house: House) -> None:
    ticket = make_ticket(house)
    consultant = house.staff["consultant"]
    assert standing(consultant, ticket) == frozenset()

    Ticket.objects.filter(pk=ticket.pk).update(assignee=consultant)

    assert standing(consultant, fresh(ticket)) == {Who.HOLDER}


def test_requesters_act_on_their_own_tickets_and_coordinators_on_all(house: House) -> None:
    ticket = make_ticket(house)

    found = {
        name: standing(person, ticket)
        for name, person in {**house.people, "outsider": house.outsider}.items()
    }

    assert {name for name, who in found.items() if who} == {"requester", "coordinator"}
    assert found["requester"] == {Who.REQUESTER}


def test_a_requester_who_only_receives_reports_does_not_act(house: House) -> None:
    ticket = make_ticket(house)
    Membership.objects.filter(user=house.requester).update(roles=[CustomerRole.REPORT_RECIPIENT])

    assert standing(house.requester, ticket) == frozenset()


def test_each_message_belongs_to_a_side_and_notes_are_left_out(house: House) -> None:
    ticket = make_ticket(house)
    for kind, person in (
        (MessageKind.REPLY, house.agent),
        (MessageKind.NOTE, house.agent),
        (MessageKind.REPLY, house.requester),
    ):
        write_message(
            ticket=fresh(ticket),
            kind=kind,
            body=f"{kind} of {person.full_name}",
            is_from_staff=person.is_staff,
            by=by(person),
            at=MONDAY_9AM,
        )

    whole = [item.side for item in conversation(ticket, with_notes=True)]
    public = [item.side for item in conversation(ticket, with_notes=False)]

    assert whole[-3:] == ["staff", "note", "customer"]
    assert public[-2:] == ["staff", "customer"]
    assert len(whole) == len(public) + 1
