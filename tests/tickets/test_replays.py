"""The replay of a group's past tickets: which stays it reads, and what it finds."""

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from foundation.accounts.models import Team
from foundation.duty.models import Absence, Shift
from tests.support.assigning import profile
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, House, fresh, make_ticket
from tests.support.statements import counted
from tests.support.tickets import SOLUTION, solved, step
from tickets import services
from tickets.models import GroupAssignment, Ticket
from tickets.queries import GroupReplay, replay_group

END = MONDAY_9AM + 7 * DAY


def group(house: House, *names: str, level: int = 1, **values: Any) -> Team:
    team = Team.objects.create(name="Front desk", level=level)
    team.members.set([house.staff[each] for each in names])
    if values:
        GroupAssignment.objects.create(team=team, **values)
    return team


def replayed(house: House, team: Team, since: datetime = MONDAY_9AM, **given: Any) -> GroupReplay:
    reader = given.pop("reader", house.staff["desk_supervisor"])
    return replay_group(team_id=team.pk, reader=reader, **{"since": since, "until": END, **given})


def found_in(replay: GroupReplay) -> dict[int, tuple[str, Any]]:
    """Return ticket id -> who would have got it, and when after Monday 09:00."""
    return {
        each.stay.ticket_id: (
            replay.people[each.choice.person_id].email.partition("@")[0]
            if each.choice.person_id
            else "",
            each.at - MONDAY_9AM if each.at else None,
        )
        for each in replay.replayed.placed
    }


def statements_of(house: House, team: Team) -> int:
    with CaptureQueriesContext(connection) as captured:
        replayed(house, team)
    return counted(captured.captured_queries)


def test_a_group_that_does_not_take_part_is_replayed_too_and_nothing_is_assigned(
    house: House,
) -> None:
    team = group(house, "agent", "agent2")
    one = make_ticket(house)
    two = make_ticket(house, at=MONDAY_9AM + MINUTE)

    found = replayed(house, team)

    assert found_in(found) == {one.pk: ("agent", 0 * HOUR), two.pk: ("agent2", MINUTE)}
    assert {each.assignee for each in Ticket.objects.all()} == {None}
    assert found.replayed == replayed(house, team).replayed
    assert not found.is_cut


def test_the_times_with_the_group_count_and_no_others(house: House) -> None:
    """It waits for the desk, for the customer, for the desk, is sent up, and comes back solved."""
    team = group(house, "agent")
    ticket = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM + HOUR)
    step(house, ticket, "pend_user", MONDAY_9AM + 2 * HOUR, message="Which one?")
    step(house, ticket, "start", MONDAY_9AM + 3 * HOUR)
    step(house, ticket, "assign", MONDAY_9AM + 4 * HOUR, team=house.level_two, reason="Up.")
    step(house, ticket, "return_to_desk", MONDAY_9AM + 6 * HOUR, reason="Ours.")
    step(house, ticket, "start", MONDAY_9AM + 7 * HOUR)
    step(house, ticket, "solve", MONDAY_9AM + 8 * HOUR, **SOLUTION)

    desk = replayed(house, team).replayed.placed[0].stay.spans
    above = replayed(house, house.level_two).replayed.placed[0].stay.spans

    def hours(spans: Any) -> list[tuple[int, int]]:
        return [((b - MONDAY_9AM) // HOUR, (e - MONDAY_9AM) // HOUR) for b, e in spans]

    assert hours(desk) == [(0, 2), (3, 4), (6, 8)]
    assert hours(above) == [(4, 6)]


def test_what_waited_before_begins_with_the_time_and_what_still_waits_has_no_end(
    house: House,
) -> None:
    team = group(house, "agent")
    make_ticket(house)
    solved(house)

    (placed,) = replayed(house, team, MONDAY_9AM + 2 * HOUR).replayed.placed

    assert placed.stay.spans == ((MONDAY_9AM + 2 * HOUR, None),)
    assert replayed(house, team, MONDAY_9AM - DAY, until=MONDAY_9AM).replayed.placed == []


def test_limits_skills_shifts_and_absences(house: House) -> None:
    team = group(house, "agent", "agent2", "desk_supervisor", load_limit=1)
    profile(house, "agent2", "network")
    Absence.objects.create(
        person=house.agent, starts_at=MONDAY_9AM - DAY, ends_at=MONDAY_9AM + 2 * HOUR
    )
    shift = Shift.objects.create(
        name="Late", hours={"0": [["12:00", "20:00"]]}, time_zone="America/Mexico_City"
    )
    shift.people.add(house.staff["agent2"], house.agent)
    erp = [make_ticket(house), make_ticket(house)]
    network = make_ticket(house, service="network")

    found = replayed(house, team)
    wider = replayed(house, team, limit=2)

    assert found_in(found) == {
        erp[0].pk: ("agent", 3 * HOUR),
        erp[1].pk: ("", None),
        network.pk: ("agent2", 3 * HOUR),
    }
    assert found.limits == {house.agent.pk: 1, house.staff["agent2"].pk: 1} | {
        house.staff["desk_supervisor"].pk: 1
    }
    assert found_in(wider)[erp[1].pk] == ("agent", 3 * HOUR)


def test_who_does_not_serve_the_customer_gets_nothing_of_it(house: House) -> None:
    team = group(house, "agent")
    other = Team.objects.create(name="South", level=1)
    other.organizations.add(house.south)
    other.members.add(house.agent)
    team.organizations.add(house.south, house.north)
    Team.objects.filter(pk=team.pk).update(level=1)
    ticket = make_ticket(house)
    other.members.add(house.staff["agent2"])

    north = replayed(house, team)

    assert found_in(north) == {ticket.pk: ("agent", 0 * HOUR)}
    assert replayed(house, other).replayed.placed == []


def test_a_reader_sees_only_their_customers(house: House) -> None:
    team = group(house, "agent")
    make_ticket(house)
    theirs = make_ticket(house, requester=house.outsider)
    stranger = house.staff["bpo"]
    assert len(replayed(house, team, reader=stranger).replayed.placed) == 2
    customer = house.outsider

    found = replayed(house, team, reader=customer)

    assert list(found_in(found)) == [theirs.pk]


def test_a_long_time_is_cut_and_the_statements_do_not_grow(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = group(house, "agent")
    tickets = [make_ticket(house, at=MONDAY_9AM + n * MINUTE) for n in range(4)]
    few = statements_of(house, team)
    tickets += [make_ticket(house, at=MONDAY_9AM + n * MINUTE) for n in range(5, 9)]
    assert statements_of(house, team) == few <= 20
    monkeypatch.setattr("tickets.queries.replays.MOST_STAYS", 3)

    found = replayed(house, team)

    assert found.is_cut
    assert list(found_in(found)) == [each.pk for each in tickets[:3]]


def test_the_replay_reads_and_the_sweep_writes_the_same_choice(house: House) -> None:
    team = group(house, "agent", "agent2", load_limit=2, is_active=True)
    profile(house, "agent", load_limit=1)
    tickets = [make_ticket(house, at=MONDAY_9AM + n * MINUTE) for n in range(4)]
    expected = found_in(replayed(house, team))

    for number in range(4):
        services.assign_by_choice(ticket_id=tickets[number].pk, at=MONDAY_9AM + number * MINUTE)

    assert {
        each.pk: (fresh(each).assignee.email.partition("@")[0] if fresh(each).assignee else "")
        for each in tickets
    } == {pk: name for pk, (name, _at) in expected.items()}
