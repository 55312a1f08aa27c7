"""Tickets of people who are away, or who lost the group that holds them, go on with a note."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from foundation.accounts.models import Team
from foundation.duty.models import Absence
from foundation.duty.queries import substitute_at
from foundation.notifications.models import OutboxMessage
from foundation.notifications.rendering import render_message
from tests.support.assigning import assignee, automatic, sweep
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.statements import counted
from tests.support.tickets import closed, solved, step
from tickets import services, work_notices
from tickets.models import Message, Ticket
from tickets.tasks import sweep_absences


@pytest.fixture(autouse=True)
def in_spanish() -> Iterator[None]:
    with translation.override("es"):
        yield


def held(house: House, name: str = "agent", **values: Any) -> Ticket:
    ticket = make_ticket(house, **values)
    services.assign_ticket(
        ticket=ticket, assignee=house.staff[name], by=by(house.agent), at=MONDAY_9AM
    )
    return ticket


def away(house: House, name: str, substitute: str = "", **values: Any) -> Absence:
    return Absence.objects.create(
        **{
            "person": house.staff[name],
            "substitute": house.staff[substitute] if substitute else None,
            "starts_at": MONDAY_9AM + HOUR,
            "ends_at": MONDAY_9AM + 3 * DAY,
            **values,
        }
    )


def run(at: datetime = MONDAY_9AM + HOUR) -> int:
    with time_machine.travel(at, tick=False):
        return sweep_absences()


def last_note(ticket: Ticket) -> str:
    note = Message.objects.filter(ticket=ticket, kind="note").order_by("-pk").first()
    return note.body if note else ""


def told(template: str = "tickets_handed_over") -> list[str]:
    letters = OutboxMessage.objects.filter(template=template).order_by("pk")
    return [each.to_email.partition("@")[0] for each in letters]


def test_when_an_absence_begins_the_substitute_gets_the_tickets_once(house: House) -> None:
    tickets = [held(house), held(house)]
    others = held(house, "agent2")
    away(house, "agent", "agent2")
    before = told("ticket_assigned")

    assert run(MONDAY_9AM + HOUR - MINUTE) == 0
    assert [assignee(each) for each in tickets] == ["agent"] * 2
    assert run() == 2
    assert run(MONDAY_9AM + 2 * HOUR) == 0

    assert [assignee(each) for each in (*tickets, others)] == ["agent2"] * 3
    assert {fresh(each).owner for each in tickets} == {house.staff["agent2"]}
    assert last_note(tickets[0]) == "Agent está ausente hasta el 2026-03-05. Asignado a Agent2."
    assert last_note(others) == ""
    assert told() == ["agent2"]
    assert told("ticket_assigned") == before
    letter = OutboxMessage.objects.get(template="tickets_handed_over")
    mail = render_message(letter)
    assert mail.subject == "2 tickets of Agent are now yours (Company north)"
    assert [each.number in mail.text for each in (*tickets, others)] == [True, True, False]
    assert "/admin/queue/?view=mine" in mail.text


def test_without_a_substitute_they_come_back_and_the_supervisors_are_told(house: House) -> None:
    ticket = held(house)
    higher = held(house)
    sent = {"team": house.level_two, "reason": "Up."}
    step(house, higher, "assign", MONDAY_9AM, **sent)
    services.assign_ticket(
        ticket=fresh(higher), assignee=house.staff["consultant"], by=by(house.agent), at=MONDAY_9AM
    )
    away(house, "agent")
    away(house, "consultant")

    assert run() == 2

    assert (assignee(ticket), fresh(ticket).owner, fresh(ticket).state) == ("", None, "new")
    assert (assignee(higher), fresh(higher).team) == ("", house.level_two)
    assert last_note(ticket) == "Agent está ausente hasta el 2026-03-05. De vuelta en la mesa."
    assert last_note(higher) == (
        "Consultant está ausente hasta el 2026-03-05. De vuelta en Level two."
    )
    assert told() == ["desk_supervisor"] * 2
    mail = render_message(
        OutboxMessage.objects.filter(template="tickets_handed_over").earliest("pk")
    )
    assert mail.subject == "1 ticket of Agent came back (Company north)"
    assert "/admin/queue/?view=unassigned" in mail.text


def test_a_substitute_gets_only_what_they_may_hold(house: House) -> None:
    south = held(house, requester=house.outsider)
    north = held(house)
    team = Team.objects.create(name="South", level=1)
    team.organizations.add(house.south)
    team.members.add(house.staff["agent2"])
    away(house, "agent", "agent2")

    run()

    assert (assignee(south), assignee(north)) == ("agent2", "")


def test_a_consultant_as_substitute_does_not_become_the_desk_owner(house: House) -> None:
    ticket = held(house)
    away(house, "agent", "consultant")

    run()

    assert (assignee(ticket), fresh(ticket).owner) == ("consultant", None)


def test_a_substitute_who_is_away_too_is_covered_by_theirs(house: House) -> None:
    ticket = held(house)
    own = away(house, "agent", "agent2")
    away(house, "agent2", "desk_supervisor")

    run()

    assert assignee(ticket) == "desk_supervisor"
    at = MONDAY_9AM + HOUR
    Absence.objects.filter(person=house.staff["agent2"]).update(substitute=house.agent)
    assert substitute_at(own, at) is None
    Absence.objects.filter(person=house.staff["agent2"]).delete()
    assert substitute_at(own, at) == house.staff["agent2"]


def test_what_waits_and_what_is_solved_goes_on_too_and_what_ended_stays(house: House) -> None:
    waiting = solved(house)
    ended = closed(house)
    away(house, "agent", "agent2")

    run(MONDAY_9AM + 3 * HOUR)

    assert (assignee(waiting), assignee(ended)) == ("agent2", "agent")


def test_in_a_short_absence_they_keep_their_tickets(house: House) -> None:
    ticket = held(house)
    away(house, "agent", keeps_tickets=True, ends_at=MONDAY_9AM + 3 * HOUR)

    assert (run(), assignee(ticket)) == (0, "agent")


@pytest.mark.parametrize(("length", "is_kept"), [(DAY, True), (DAY + MINUTE, False)])
def test_tickets_are_kept_for_a_day_at_most(house: House, length: Any, is_kept: bool) -> None:
    absence = away(house, "agent", keeps_tickets=True)
    absence.ends_at = absence.starts_at + length

    if is_kept:
        absence.clean()
        return
    with pytest.raises(ValidationError) as refused:
        absence.clean()
    assert list(refused.value.message_dict) == ["keeps_tickets"]


def test_what_comes_to_them_in_their_absence_goes_on_too(house: House) -> None:
    ended = closed(house)
    Ticket.objects.filter(pk=ended.pk).update(reopen_ends_at=MONDAY_9AM + 9 * DAY)
    absence = away(house, "agent", "agent2", starts_at=MONDAY_9AM + 3 * HOUR)
    assert run(MONDAY_9AM + 4 * HOUR) == 0

    reopened = fresh(ended)
    step(house, reopened, "reopen", MONDAY_9AM + 5 * HOUR, user=house.requester, reason="Again.")
    assert assignee(ended) == "agent"
    assert run(MONDAY_9AM + 5 * HOUR) == 1
    assert assignee(ended) == "agent2"

    absence.person = house.staff["agent2"]
    absence.substitute = house.agent
    absence.save()
    assert run(MONDAY_9AM + 6 * HOUR) == 1
    assert assignee(ended) == "agent"
    assert told() == ["agent2", "agent"]


def test_a_second_hand_over_of_the_same_ticket_is_told_too(house: House) -> None:
    ticket = held(house)
    away(house, "agent", "agent2")
    run()
    Ticket.objects.filter(pk=ticket.pk).update(assignee=house.agent, version=9)

    run(MONDAY_9AM + 2 * HOUR)

    assert told() == ["agent2"] * 2
    assert assignee(ticket) == "agent2"


def test_who_only_followed_it_up_is_said_so(house: House) -> None:
    ticket = held(house)
    services.assign_ticket(
        ticket=fresh(ticket),
        assignee=house.staff["desk_manager"],
        by=by(house.agent),
        at=MONDAY_9AM,
    )
    away(house, "agent", "agent2")

    run()

    found = fresh(ticket)
    assert (assignee(ticket), found.owner) == ("desk_manager", house.staff["agent2"])
    assert last_note(ticket) == (
        "Agent está ausente hasta el 2026-03-05. Seguimiento en la mesa: Agent2."
    )
    assert told() == ["agent2"]


def test_the_group_is_told_what_came_back_to_it(house: House) -> None:
    house.level_two.email = "level2@desk.example"
    house.level_two.save()
    ticket = held(house)
    step(house, ticket, "assign", MONDAY_9AM, team=house.level_two, reason="Up.")
    services.assign_ticket(
        ticket=fresh(ticket), assignee=house.staff["consultant"], by=by(house.agent), at=MONDAY_9AM
    )
    away(house, "consultant")

    run()

    assert told() == ["level2"]


def test_the_day_of_the_note_is_that_of_the_desk(house: House) -> None:
    ticket = held(house)
    away(house, "agent", ends_at=MONDAY_9AM + DAY + 11 * HOUR)  # Wednesday 02:00 in Greenwich

    run()

    assert last_note(ticket).startswith("Agent está ausente hasta el 2026-03-03.")


def test_a_ticket_that_goes_on_is_given_back_by_who_lost_the_group(house: House) -> None:
    ticket = held(house)
    consultant = house.staff["consultant"]
    step(house, ticket, "assign", MONDAY_9AM, team=house.level_two, reason="Up.")
    step(house, ticket, "start", MONDAY_9AM, user=consultant)
    step(
        house,
        ticket,
        "solve",
        MONDAY_9AM,
        user=consultant,
        solution_type="definitive",
        message="Done.",
    )
    house.level_two.members.remove(consultant)

    step(house, ticket, "decline", MONDAY_9AM + HOUR, user=house.requester, reason="It fails.")

    assert (assignee(ticket), fresh(ticket).team) == ("", house.level_two)
    notes = Message.objects.filter(ticket=ticket, kind="note").values_list("body", flat=True)
    assert "Consultant ya no está en Level two. De vuelta en Level two." in list(notes)


def test_what_came_back_is_assigned_to_somebody_who_is_there(house: House) -> None:
    automatic(house, "agent", "agent2")
    ticket = held(house)
    away(house, "agent")

    run()
    sweep(MONDAY_9AM + HOUR)

    assert assignee(ticket) == "agent2"


def test_a_crash_in_the_middle_loses_nothing_and_tells_nobody_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = [held(house) for _ in range(5)]
    away(house, "agent", "agent2")
    monkeypatch.setattr("tickets.services.returning.AT_ONCE", 2)
    whole = work_notices.notify_handed_over
    calls: list[int] = []

    def fail(**given: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("the worker dies")
        whole(**given)

    monkeypatch.setattr("tickets.work_notices.notify_handed_over", fail)

    assert run() == 0
    assert [assignee(each) for each in tickets] == ["agent2"] * 2 + ["agent"] * 3
    assert run(MONDAY_9AM + 2 * HOUR) == 3

    assert [assignee(each) for each in tickets] == ["agent2"] * 5
    assert [Message.objects.filter(ticket=each, kind="note").count() for each in tickets] == [1] * 5
    letters = OutboxMessage.objects.filter(template="tickets_handed_over")
    numbers = [number for each in letters for number, _subject in each.context["tickets"]]
    assert sorted(numbers) == [each.number for each in tickets]


def test_who_loses_the_group_that_holds_a_ticket_gives_it_back_to_the_group(house: House) -> None:
    ticket = held(house)
    step(house, ticket, "assign", MONDAY_9AM, team=house.level_two, reason="Up.")
    consultant = house.staff["consultant"]
    services.assign_ticket(
        ticket=fresh(ticket), assignee=consultant, by=by(house.agent), at=MONDAY_9AM
    )
    assert services.return_tickets(holder=consultant, at=MONDAY_9AM) == 0

    house.level_two.members.remove(consultant)
    consultant = type(consultant).objects.get(pk=consultant.pk)

    assert services.return_tickets(holder=consultant, at=MONDAY_9AM) == 1
    found = fresh(ticket)
    assert (found.assignee, found.team, found.owner) == (None, house.level_two, house.agent)
    assert last_note(ticket) == "Consultant ya no está en Level two. De vuelta en Level two."


def test_what_stays_with_a_person_costs_nothing(house: House) -> None:
    def cost() -> int:
        _ = house.agent.team_ids  # kept by the person
        with CaptureQueriesContext(connection) as captured:
            assert services.return_tickets(holder=house.agent, at=MONDAY_9AM) == 0
        return counted(captured.captured_queries)

    held(house)
    few = cost()
    for _ in range(4):
        held(house)

    assert cost() == few
