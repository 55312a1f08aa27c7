"""Automatic assignment of what waits: by group, skill, schedule and load, with the reasons kept."""

from typing import Any

from foundation.accounts.models import Team, User
from foundation.accounts.tenancy import organization_scope
from foundation.activity.models import Record
from foundation.core.classification import Impact, Urgency
from foundation.duty.models import Absence, Shift
from foundation.notifications.models import OutboxMessage
from tests.support.assigning import assignee, automatic, profile, sweep
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import solved, step
from tickets import queries, services
from tickets.models import AssignmentChoice, GroupAssignment, Ticket


def bars(ticket: Ticket) -> dict[str, Any]:
    """Return what kept the people from the ticket, by the first part of their addresses."""
    choice = queries.choice_of_assignee(fresh(ticket))
    assert choice is not None
    people = dict(User.objects.values_list("pk", "email"))
    return {people[row["person"]].partition("@")[0]: row.get("bar") for row in choice.verdicts}


def test_a_ticket_that_arrives_goes_to_a_member_of_a_group_of_the_desk(house: House) -> None:
    automatic(house, "agent")
    ticket = make_ticket(house)

    assert sweep() == 1

    found = fresh(ticket)
    assert (found.assignee, found.owner, found.state) == (house.agent, house.agent, "new")
    (fact,) = Record.objects.filter(verb="ticket.assigned", object_id=ticket.pk)
    assert (fact.person_id, fact.system) == (None, "automatic assignment")
    assert fact.payload["to"] == house.agent.pk
    assert [each.to_email for each in OutboxMessage.objects.filter(template="ticket_assigned")] == [
        house.agent.email
    ]
    choice = queries.choice_of_assignee(fresh(ticket))
    assert choice is not None
    assert (choice.person, choice.is_asked_for, choice.at) == (house.agent, False, MONDAY_9AM)
    assert choice.verdicts == [{"person": house.agent.pk, "held": 0}]


def test_a_second_run_gives_nothing_twice(house: House) -> None:
    automatic(house, "agent", "agent2")
    ticket = make_ticket(house)

    assert (sweep(), sweep()) == (1, 0)

    assert AssignmentChoice.objects.count() == 1
    assert services.assign_by_choice(ticket_id=ticket.pk, at=MONDAY_9AM) is None


def test_without_a_group_that_takes_part_nothing_is_assigned(house: House) -> None:
    team = automatic(house, "agent")
    GroupAssignment.objects.filter(team=team).update(is_active=False)
    ticket = make_ticket(house)

    assert (sweep(), assignee(ticket)) == (0, "")


def test_the_tickets_spread_and_the_limit_holds(house: House) -> None:
    automatic(house, "agent", "agent2", load_limit=2)
    profile(house, "agent2", load_limit=1)
    tickets = [make_ticket(house, at=MONDAY_9AM + n * MINUTE) for n in range(5)]

    assert sweep(MONDAY_9AM + HOUR) == 3

    assert [assignee(each) for each in tickets] == ["agent", "agent2", "agent", "", ""]
    assert bars(tickets[2]) == {"agent": None, "agent2": "full"}
    (mine, theirs) = queries.choice_of_assignee(fresh(tickets[2])).verdicts
    assert (mine["held"], mine["limit"]) == (1, 2)
    assert (theirs["held"], theirs["limit"]) == (1, 1)


def test_room_comes_when_a_ticket_does_not_wait_for_the_desk_any_more(house: House) -> None:
    automatic(house, "agent", load_limit=1)
    first = make_ticket(house)
    sweep()
    second = make_ticket(house)
    assert sweep() == 0

    step(house, fresh(first), "start", MONDAY_9AM + HOUR)
    step(house, fresh(first), "pend_user", MONDAY_9AM + HOUR, message="Which one?")

    assert sweep(MONDAY_9AM + HOUR) == 1
    assert assignee(second) == "agent"


def test_the_most_urgent_ticket_gets_the_last_place(house: House) -> None:
    automatic(house, "agent", load_limit=1)
    low = make_ticket(house, urgency=Urgency.LOW)
    high = make_ticket(house, impact=Impact.EXTENSIVE, at=MONDAY_9AM + MINUTE)

    sweep(MONDAY_9AM + HOUR)

    assert (assignee(low), assignee(high)) == ("", "agent")


def test_what_a_person_holds_counts_at_all_customers(house: House) -> None:
    automatic(house, "agent", "agent2")
    for _ in range(2):
        elsewhere = make_ticket(house, requester=house.outsider)
        services.assign_ticket(
            ticket=elsewhere, assignee=house.agent, by=by(house.agent), at=MONDAY_9AM
        )
    ticket = make_ticket(house)

    sweep()

    assert assignee(ticket) == "agent2"
    with organization_scope(house.north.pk):
        assert queries.held_by([house.agent.pk]) == {house.agent.pk: 2}


def test_who_ended_their_tickets_holds_none(house: House) -> None:
    people = [house.agent, house.staff["agent2"], house.staff["consultant"]]
    for person in (people[0], people[0], people[0], people[1]):
        ticket = make_ticket(house)
        services.assign_ticket(ticket=ticket, assignee=person, by=by(house.agent), at=MONDAY_9AM)
    last = Ticket.objects.filter(assignee=people[0]).order_by("pk").last()
    assert last is not None
    step(house, last, "cancel", MONDAY_9AM + MINUTE, reason="No.")

    assert queries.held_by([person.pk for person in people]) == {
        people[0].pk: 2,
        people[1].pk: 1,
        people[2].pk: 0,
    }


def test_a_group_of_some_customers_gets_only_theirs(house: House) -> None:
    automatic(house, "agent", organizations=(house.south,))
    north = make_ticket(house)
    south = make_ticket(house, requester=house.outsider)

    sweep()

    assert (assignee(north), assignee(south)) == ("", "agent")


def test_who_does_not_serve_the_customer_is_no_candidate(house: House) -> None:
    """``agent2`` is in a group of every customer, and in one that names the south: that binds."""
    automatic(house, "agent", "agent2")
    other = Team.objects.create(name="South", level=1)
    other.organizations.add(house.south)
    other.members.add(house.staff["agent2"])
    Team.objects.get(name="Front desk").organizations.add(house.south, house.north)
    ticket = make_ticket(house)

    sweep()

    assert sorted(bars(ticket)) == ["agent", "agent2"]
    Team.objects.get(name="Front desk").members.remove(house.staff["agent2"])
    second = make_ticket(house)
    sweep()
    assert sorted(bars(second)) == ["agent"]


def test_a_ticket_that_was_sent_to_a_group_goes_to_one_of_its_members(house: House) -> None:
    automatic(house, "agent")
    ticket = make_ticket(house)
    GroupAssignment.objects.create(team=house.level_two, is_active=True)
    sweep()
    step(
        house,
        fresh(ticket),
        "assign",
        MONDAY_9AM + HOUR,
        team=house.level_two,
        reason="A case for consultants.",
    )

    assert sweep(MONDAY_9AM + HOUR) == 1

    found = fresh(ticket)
    assert (found.assignee, found.owner) == (house.staff["consultant"], house.agent)
    assert bars(ticket) == {"consultant": None}


def test_a_group_of_a_higher_level_gets_nothing_that_the_desk_holds(house: House) -> None:
    GroupAssignment.objects.create(team=house.level_two, is_active=True)
    ticket = make_ticket(house)

    assert (sweep(), assignee(ticket)) == (0, "")


def test_skills_of_service_and_language(house: House) -> None:
    automatic(house, "agent", "agent2")
    profile(house, "agent", "network")
    profile(house, "agent2", "erp", languages=["es"])
    english = make_ticket(house)
    network = make_ticket(house, service="network")

    assert sweep() == 1
    assert (assignee(english), assignee(network)) == ("", "agent")
    assert bars(network) == {"agent": None, "agent2": "service"}

    house.requester.language = "es"
    house.requester.save()
    assert sweep() == 1
    assert bars(english) == {"agent2": None, "agent": "service"}


def test_a_requester_without_a_language_has_that_of_the_customer(house: House) -> None:
    automatic(house, "agent", "agent2")
    profile(house, "agent", languages=["es"])
    profile(house, "agent2", languages=["en"])
    house.requester.language = ""
    house.requester.save()
    ticket = make_ticket(house)

    sweep()

    assert bars(ticket) == {"agent2": None, "agent": "language"}


def test_nobody_who_is_away_or_outside_their_shift(house: House) -> None:
    automatic(house, "agent", "agent2", "desk_supervisor")
    profile(house, "desk_supervisor")
    Absence.objects.create(
        person=house.agent, starts_at=MONDAY_9AM - DAY, ends_at=MONDAY_9AM + HOUR
    )
    late = Shift.objects.create(name="Late", hours={"0": [["14:00", "22:00"]]})
    late.people.add(house.staff["agent2"])
    day = Shift.objects.create(name="Day", hours={"0": [["08:00", "22:00"]]})
    day.people.add(house.staff["desk_supervisor"], house.agent)
    ticket = make_ticket(house)

    sweep()

    assert assignee(ticket) == "desk_supervisor"
    assert bars(ticket) == {"desk_supervisor": None, "agent": "away", "agent2": "off_duty"}


def test_who_supervises_gets_tickets_by_hand_unless_their_profile_says_otherwise(
    house: House,
) -> None:
    automatic(house, "agent", "desk_supervisor")
    profile(house, "agent", is_automatic=False)
    ticket = make_ticket(house)

    assert sweep() == 0

    profile(house, "desk_supervisor", is_automatic=True)
    assert sweep() == 1
    assert bars(ticket) == {"desk_supervisor": None, "agent": "by_hand"}


def test_who_gave_it_back_does_not_get_it_again_until_it_comes_to_another_group(
    house: House,
) -> None:
    automatic(house, "agent", "agent2")
    ticket = make_ticket(house)
    sweep()
    assert assignee(ticket) == "agent"

    services.assign_ticket(ticket=fresh(ticket), assignee=None, by=by(house.agent), at=MONDAY_9AM)
    sweep()
    assert assignee(ticket) == "agent2"
    assert bars(ticket) == {"agent2": None, "agent": "had_it"}
    supervisor = house.staff["desk_supervisor"]
    services.assign_ticket(ticket=fresh(ticket), assignee=None, by=by(supervisor), at=MONDAY_9AM)
    assert (sweep(), assignee(ticket)) == (0, "")

    step(house, fresh(ticket), "assign", MONDAY_9AM, team=house.level_two, reason="Higher.")
    step(house, fresh(ticket), "return_to_desk", MONDAY_9AM, reason="It is ours.")
    services.assign_ticket(ticket=fresh(ticket), assignee=None, by=by(supervisor), at=MONDAY_9AM)

    assert sweep() == 1


def test_what_does_not_wait_for_the_desk_is_not_assigned(house: House) -> None:
    ticket = solved(house)
    pending = make_ticket(house)
    step(house, pending, "start", MONDAY_9AM)
    step(house, fresh(pending), "pend_user", MONDAY_9AM, message="Which one?")
    Ticket.objects.filter(pk__in=[ticket.pk, pending.pk]).update(assignee=None)
    automatic(house, "agent2")

    assert sweep(MONDAY_9AM + DAY) == 0
