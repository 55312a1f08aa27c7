"""Assignment: who may assign, to whom, and what it writes."""

import pytest

from foundation.accounts.models import Team, User
from foundation.activity.models import Record
from foundation.core.actor import system_actor
from foundation.core.errors import Invalid
from foundation.duty.models import Absence
from tests.support.house import DAY, HOUR, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import step
from tickets import services
from tickets.models import Ticket
from tickets.services import ActionNotAllowed, StaleTicket


def assign(house: House, ticket: Ticket, person: User | None, who: User | None = None) -> Ticket:
    return services.assign_ticket(
        ticket=fresh(ticket), assignee=person, by=by(who or house.agent), at=MONDAY_9AM
    )


def serve_only_the_south(house: House, name: str) -> None:
    team = Team.objects.create(name="South team", level=1)
    team.members.add(house.staff[name])
    team.organizations.add(house.south)


def away(house: House, name: str, substitute: User | None = None) -> None:
    Absence.objects.create(
        person=house.staff[name],
        substitute=substitute,
        starts_at=MONDAY_9AM - DAY,
        ends_at=MONDAY_9AM + DAY,
    )


def test_the_first_desk_assignee_becomes_the_owner_and_stays_it(house: House) -> None:
    ticket = make_ticket(house)

    assign(house, ticket, house.staff["agent2"])
    assign(house, ticket, house.agent)

    assert (fresh(ticket).assignee, fresh(ticket).owner) == (house.agent, house.staff["agent2"])


def test_a_consultant_as_assignee_does_not_become_the_owner(house: House) -> None:
    ticket = make_ticket(house)

    assign(house, ticket, house.staff["consultant"])

    assert (fresh(ticket).assignee, fresh(ticket).owner) == (house.staff["consultant"], None)


def test_an_assignment_records_both_people(house: House) -> None:
    ticket = make_ticket(house)

    assign(house, ticket, house.agent)
    assign(house, ticket, None)

    facts = Record.objects.filter(verb="ticket.assigned", object_id=ticket.pk).order_by("pk")
    assert [(fact.payload["from"], fact.payload["to"]) for fact in facts] == [
        (None, house.agent.pk),
        (house.agent.pk, None),
    ]
    assert [fact.payload["version"] for fact in facts] == [2, 3]


def test_the_same_assignee_writes_nothing(house: House) -> None:
    ticket = make_ticket(house)
    assign(house, ticket, house.agent)

    again = assign(house, ticket, house.agent)

    assert again.pk == ticket.pk
    assert fresh(ticket).version == 2
    assert Record.objects.filter(verb="ticket.assigned").count() == 1


def test_a_customer_and_a_consultant_of_another_level_cannot_assign(house: House) -> None:
    ticket = make_ticket(house)

    for who in (house.requester, house.staff["consultant"], house.staff["bpo"]):
        with pytest.raises(ActionNotAllowed, match=ticket.number):
            assign(house, ticket, house.agent, who)

    assert fresh(ticket).assignee is None


def test_an_ended_ticket_is_not_assigned(house: House) -> None:
    ticket = make_ticket(house)
    step(house, ticket, "reject", MONDAY_9AM, reason="Not ours.")

    with pytest.raises(ActionNotAllowed):
        assign(house, ticket, house.agent)
    with pytest.raises(Invalid, match=ticket.number):
        services.assign_automatically(
            ticket=fresh(ticket), assignee=house.agent, by=system_actor("rules"), at=MONDAY_9AM
        )


@pytest.mark.parametrize("name", ["bpo", "commercial"])
def test_a_person_who_does_not_attend_tickets_is_refused(house: House, name: str) -> None:
    ticket = make_ticket(house)
    person = house.staff[name]

    with pytest.raises(Invalid, match=person.full_name) as caught:
        assign(house, ticket, person)
    with pytest.raises(Invalid, match=person.full_name):
        services.assign_automatically(
            ticket=fresh(ticket), assignee=person, by=system_actor("rules"), at=MONDAY_9AM
        )

    assert list(caught.value.fields) == ["assignee"]


def test_a_person_who_does_not_serve_the_customer_is_refused(house: House) -> None:
    ticket = make_ticket(house)
    serve_only_the_south(house, "agent2")
    person = User.objects.get(pk=house.staff["agent2"].pk)

    with pytest.raises(Invalid, match="Company north") as caught:
        assign(house, ticket, person)
    with pytest.raises(Invalid, match="Company north"):
        services.assign_automatically(
            ticket=fresh(ticket), assignee=person, by=system_actor("rules"), at=MONDAY_9AM
        )

    assert list(caught.value.fields) == ["assignee"]
    assert fresh(ticket).assignee is None


def test_a_rule_assigns_and_returns_the_ticket(house: House) -> None:
    ticket = make_ticket(house)

    given = services.assign_automatically(
        ticket=fresh(ticket), assignee=house.agent, by=system_actor("rules"), at=MONDAY_9AM
    )

    assert (given.pk, given.assignee, given.owner) == (ticket.pk, house.agent, house.agent)


def test_an_absent_person_is_refused_and_the_substitute_is_named(house: House) -> None:
    ticket = make_ticket(house)
    away(house, "agent2", house.agent)
    away(house, "consultant")

    with pytest.raises(Invalid, match="2026-03-03") as caught:
        assign(house, ticket, house.staff["agent2"])
    with pytest.raises(Invalid) as alone:
        assign(house, ticket, house.staff["consultant"])

    assert house.agent.full_name in str(caught.value.fields["assignee"])
    assert str(caught.value).endswith(str(caught.value.fields["assignee"]))
    assert list(alone.value.fields) == ["assignee"]
    assert "None" not in str(alone.value)


def test_a_stale_assignment_is_refused(house: House) -> None:
    ticket = make_ticket(house)
    assign(house, ticket, house.agent)

    with pytest.raises(StaleTicket) as caught:
        services.assign_ticket(
            ticket=fresh(ticket),
            assignee=house.staff["agent2"],
            by=by(house.agent),
            at=MONDAY_9AM,
            expected_version=1,
        )

    assert [entry.payload["to"] for entry in caught.value.changes] == [house.agent.pk]


def test_a_ticket_returned_to_the_desk_is_assigned_to_its_owner_unless_absent(
    house: House,
) -> None:
    present = make_ticket(house)
    absent = make_ticket(house)
    for ticket, name in ((present, "agent"), (absent, "agent2")):
        step(
            house,
            ticket,
            "assign",
            MONDAY_9AM,
            user=house.staff[name],
            team=house.level_two,
            reason="Up.",
        )
    away(house, "agent2")

    step(house, present, "return_to_desk", MONDAY_9AM + HOUR, reason="Done here.")
    step(house, absent, "return_to_desk", MONDAY_9AM + HOUR, reason="Done here.")

    assert (fresh(present).assignee, fresh(present).team) == (house.agent, None)
    assert (fresh(absent).assignee, fresh(absent).owner) == (None, house.staff["agent2"])
