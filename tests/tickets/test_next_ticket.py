"""The next ticket of a person: the most urgent one that they have or can take."""

from typing import Any

import pytest

from foundation.accounts.models import Team
from foundation.accounts.tenancy import scope_for
from foundation.core.classification import Impact, Urgency
from foundation.duty.models import Absence, Shift
from foundation.duty.standing import standings
from tests.support.assigning import assignee, automatic, profile
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import solved, step
from tickets import queries, services
from tickets.choosing import Bar
from tickets.models import Ticket
from tickets.services import ActionNotAllowed, NextTicket


def ask(house: House, name: str = "agent", **given: Any) -> NextTicket:
    return services.next_ticket(by=by(house.staff[name]), at=MONDAY_9AM + HOUR, **given)


def give(house: House, ticket: Ticket, name: str = "agent") -> None:
    services.assign_ticket(
        ticket=fresh(ticket), assignee=house.staff[name], by=by(house.agent), at=MONDAY_9AM
    )


def test_the_most_urgent_ticket_that_nobody_has_is_given_to_who_asks(house: House) -> None:
    low = make_ticket(house, urgency=Urgency.LOW)
    high = make_ticket(house, impact=Impact.EXTENSIVE, at=MONDAY_9AM + MINUTE)

    first = ask(house)
    second = ask(house, "agent2")

    assert (first.ticket, first.is_new) == (high, True)
    assert (second.ticket, second.is_new) == (low, True)
    assert [assignee(each) for each in (low, high)] == ["agent2", "agent"]
    assert fresh(high).owner == house.agent
    choice = queries.choice_of_assignee(fresh(high))
    assert choice is not None
    assert (choice.is_asked_for, choice.verdicts) == (True, [{"person": house.agent.pk, "held": 0}])


def test_their_own_tickets_come_in_the_same_order(house: House) -> None:
    nobodys = make_ticket(house, urgency=Urgency.LOW)
    own = make_ticket(house)
    give(house, own)

    assert ask(house) == NextTicket(own)
    assert ask(house, skipping={own.pk}) == NextTicket(nobodys, is_new=True)
    assert ask(house, skipping={own.pk, nobodys.pk}) == NextTicket()


def test_what_waits_for_others_is_of_others_or_has_ended_does_not_come(house: House) -> None:
    theirs = make_ticket(house)
    give(house, theirs, "agent2")
    pending = make_ticket(house)
    step(house, pending, "start", MONDAY_9AM)
    step(house, pending, "pend_user", MONDAY_9AM, message="Which one?")
    solved(house)

    assert ask(house) == NextTicket()


def test_only_tickets_for_which_they_have_the_skills_and_the_group(house: House) -> None:
    profile(house, "agent", "network", languages=["es", "en"])
    make_ticket(house)
    network = make_ticket(house, service="network", urgency=Urgency.LOW)
    sent = make_ticket(house)
    step(house, sent, "assign", MONDAY_9AM, team=house.level_two, reason="Up.")

    assert ask(house) == NextTicket(network, is_new=True)
    assert ask(house, "consultant") == NextTicket(sent, is_new=True)
    assert ask(house, "consultant", skipping={sent.pk}) == NextTicket()


def test_at_the_limit_only_their_own_come(house: House) -> None:
    automatic(house, "agent", load_limit=1)
    make_ticket(house, impact=Impact.EXTENSIVE)
    own = make_ticket(house)
    give(house, own)

    assert ask(house) == NextTicket(own, bar=Bar.FULL)
    assert ask(house, skipping={own.pk}) == NextTicket(bar=Bar.FULL)


def test_who_asks_outside_their_shift_gets_one_and_who_is_away_gets_their_own(
    house: House,
) -> None:
    shift = Shift.objects.create(name="Late", hours={"6": [["14:00", "22:00"]]})
    shift.people.add(house.agent)
    Absence.objects.create(
        person=house.staff["agent2"], starts_at=MONDAY_9AM, ends_at=MONDAY_9AM + DAY
    )
    ticket = make_ticket(house)

    assert ask(house, "agent2") == NextTicket(bar=Bar.AWAY)
    assert ask(house) == NextTicket(ticket, is_new=True)


def test_what_they_gave_back_does_not_come_again(house: House) -> None:
    ticket = make_ticket(house)
    assert ask(house).ticket == ticket
    services.assign_ticket(ticket=fresh(ticket), assignee=None, by=by(house.agent), at=MONDAY_9AM)

    assert ask(house) == NextTicket()
    assert ask(house, "agent2") == NextTicket(ticket, is_new=True)


def test_a_restricted_agent_gets_tickets_of_their_customers_alone(house: House) -> None:
    team = Team.objects.create(name="South", level=1)
    team.organizations.add(house.south)
    team.members.add(house.agent)
    make_ticket(house)

    with scope_for(house.agent):
        assert ask(house) == NextTicket()
    theirs = make_ticket(house, requester=house.outsider, urgency=Urgency.LOW)
    with scope_for(house.agent):
        assert ask(house) == NextTicket(theirs, is_new=True)


@pytest.mark.parametrize("name", ["bpo", "administrator", "audit_area"])
def test_who_attends_no_tickets_gets_none(house: House, name: str) -> None:
    make_ticket(house)

    with pytest.raises(ActionNotAllowed, match="atiende"):
        ask(house, name)


def test_a_ticket_that_somebody_else_got_first_is_passed_over(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_ticket(house)
    second = make_ticket(house, urgency=Urgency.LOW)
    offered = queries.offered_to(house.agent, (), MONDAY_9AM)
    assert len(offered) == 2
    give(house, first, "agent2")
    monkeypatch.setattr(queries, "offered_to", lambda person, skipping, at: offered)

    assert ask(house) == NextTicket(second, is_new=True)
    assert assignee(first) == "agent2"


def test_a_ticket_that_went_to_another_group_meanwhile_is_passed_over(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_ticket(house)
    offered = queries.offered_to(house.agent, (), MONDAY_9AM)
    assert [each.pk for each in offered] == [first.pk]
    step(house, first, "assign", MONDAY_9AM, team=house.level_two, reason="Up.")
    monkeypatch.setattr(queries, "offered_to", lambda person, skipping, at: offered)

    assert ask(house) == NextTicket()
    assert assignee(first) == ""


def test_whoever_is_full_by_a_ticket_that_came_meanwhile_gets_no_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    automatic(house, "agent", load_limit=1)
    first = make_ticket(house)
    second = make_ticket(house)
    before = queries.candidates_of(standings([house.agent.pk], MONDAY_9AM))
    give(house, second)
    answers = [before, queries.candidates_of(standings([house.agent.pk], MONDAY_9AM))]
    offered = queries.offered_to(house.agent, {second.pk}, MONDAY_9AM)
    monkeypatch.setattr(queries, "offered_to", lambda person, skipping, at: offered)
    monkeypatch.setattr(queries, "candidates_of", lambda standing: answers.pop(0))

    assert ask(house) == NextTicket()
    assert (assignee(first), assignee(second)) == ("", "agent")


def test_their_own_ticket_comes_though_many_others_are_more_urgent(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tickets.services.automatic.MOST_ASKED", 2)
    profile(house, "agent", "network")
    for _ in range(3):
        make_ticket(house, impact=Impact.EXTENSIVE)
    own = make_ticket(house, urgency=Urgency.LOW)
    give(house, own)

    assert ask(house) == NextTicket(own)
