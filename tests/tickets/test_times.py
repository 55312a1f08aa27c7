"""The time that the desk worked, and when a contract asks for it."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import translation

from catalog.models import Contract
from foundation.core.actor import system_actor
from foundation.core.durations import typed_minutes
from foundation.core.errors import Invalid, NotAllowed
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import started, step
from tickets import queries, services, verbs
from tickets.models import Activity, HeldMessage, Message, MessageKind, Ticket, TimeEntry
from tickets.services import Saying, Spent, TransitionDetails
from tickets.states import State
from web.timeline import sentence

HALF = Spent(30, Activity.REMOTE)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def asking(house: House, asked: str, step: int = 1) -> None:
    Contract.objects.filter(pk=house.contract.pk).update(time_asked=asked, time_step=step)


def enter(house: House, ticket: Ticket, spent: Spent = HALF) -> TimeEntry:
    return services.enter_time(ticket=ticket, spent=spent, by=by(house.agent), at=MONDAY_9AM)


def test_an_entry_counts_in_whole_steps_of_the_contract_that_held_then(house: House) -> None:
    asking(house, "never", step=15)
    ticket = fresh(make_ticket(house))

    first = enter(house, ticket, Spent(31))
    asking(house, "never", step=60)
    second = enter(house, fresh(ticket), Spent(60))

    assert (first.worked, first.counted) == (31 * MINUTE, 45 * MINUTE)
    assert (second.worked, second.counted) == (HOUR, HOUR)
    assert queries.time_worked([ticket.pk, 9_999]) == {ticket.pk: 91 * MINUTE, 9_999: timedelta()}
    assert (first.worked_on, first.person) == (date(2026, 3, 2), house.agent)


def test_the_record_tells_what_was_entered_and_removed(house: House) -> None:
    ticket = make_ticket(house)
    entry = enter(house, ticket, Spent(90, Activity.TRAVEL, date(2026, 3, 1), " to  the plant "))

    services.remove_time(entry=entry, by=by(house.agent), at=MONDAY_9AM)
    services.remove_time(entry=entry, by=by(house.agent), at=MONDAY_9AM)

    assert TimeEntry.objects.get().note == "to the plant"
    kept = [
        each
        for each in queries.timeline(ticket)
        if each.verb in {verbs.TIME_ADDED, verbs.TIME_REMOVED}
    ]
    assert [sentence(each, "UTC") for each in kept] == [
        "Time worked: 1 h 30 min, Travel",
        "Time worked removed: 1 h 30 min, Travel",
    ]
    assert kept[0].payload["worked_on"] == "2026-03-01"
    assert queries.times_of([ticket.pk]) == []
    assert queries.time_of(ticket, entry.pk) is None
    assert not queries.has_time(ticket)
    assert queries.time_worked([ticket.pk]) == {ticket.pk: timedelta()}


@pytest.mark.parametrize(
    ("spent", "field"),
    [
        (Spent(0), "minutes"),
        (Spent(1441), "minutes"),
        (Spent(5, on=date(2026, 3, 3)), "worked_on"),
        (Spent(5, on=date(2025, 12, 29)), "worked_on"),
        (Spent(5, note="x" * 301), "note"),
    ],
)
def test_what_nobody_can_have_worked_is_refused(house: House, spent: Spent, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        enter(house, make_ticket(house), spent)

    assert set(refused.value.fields) == {field}
    assert not TimeEntry.objects.exists()


def test_the_bounds_are_possible(house: House) -> None:
    ticket = make_ticket(house)

    for spent in (Spent(1), Spent(1440), Spent(5, on=date(2025, 12, 30)), Spent(5, note="x" * 300)):
        enter(house, ticket, spent)

    assert TimeEntry.objects.count() == 4


def test_the_day_is_one_of_the_desk(house: House) -> None:
    late = MONDAY_9AM + 14 * HOUR  # 23:00 in Mexico, Tuesday in London
    ticket = make_ticket(house)

    entry = services.enter_time(ticket=ticket, spent=HALF, by=by(house.agent), at=late)

    assert entry.worked_on == date(2026, 3, 2)


def test_who_worked_it_and_a_supervisor_remove_it(house: House) -> None:
    ticket = make_ticket(house)
    first = enter(house, ticket)
    second = enter(house, ticket)

    with pytest.raises(NotAllowed):
        services.remove_time(entry=first, by=by(house.staff["agent2"]), at=MONDAY_9AM)
    services.remove_time(entry=second, by=by(house.staff["desk_supervisor"]), at=MONDAY_9AM)

    assert [each.pk for each in queries.times_of([ticket.pk])] == [first.pk]


def test_who_only_reads_enters_nothing(house: House) -> None:
    with pytest.raises(NotAllowed):
        services.enter_time(
            ticket=make_ticket(house), spent=HALF, by=by(house.staff["bpo"]), at=MONDAY_9AM
        )


def solve(house: House, ticket: Ticket, spent: Spent | None = None) -> Ticket:
    details: dict[str, Any] = {"solution_type": "definitive", "message": "Done."}
    return step(house, ticket, "solve", MONDAY_9AM, **details, spent=spent)


def test_a_contract_asks_with_the_solution_once(house: House) -> None:
    asking(house, "with_solution")
    ticket = fresh(started(house))
    services.reply_to_customer(ticket=ticket, body="Hello.", by=by(house.agent), at=MONDAY_9AM)

    with pytest.raises(Invalid, match="asks for the time worked") as refused:
        solve(house, ticket)
    assert set(refused.value.fields) == {"minutes"}
    assert fresh(ticket).state == State.IN_PROGRESS
    solve(house, ticket, HALF)

    (entry,) = queries.times_of([ticket.pk])
    assert entry.message is not None
    assert (entry.minutes, entry.message.kind) == (30, MessageKind.SOLUTION)
    again = step(house, fresh(ticket), "decline", MONDAY_9AM, user=house.requester, reason="No.")
    assert solve(house, fresh(again)).state == State.SOLVED


def test_a_contract_asks_with_each_message_but_for_notes_and_steps_without_one(
    house: House,
) -> None:
    asking(house, "with_reply")
    ticket = fresh(make_ticket(house))
    me = by(house.agent)
    later = MONDAY_9AM + DAY

    services.add_note(ticket=ticket, body="A note.", by=me, at=MONDAY_9AM)
    services.transition_ticket(ticket=ticket, name="start", by=me, at=MONDAY_9AM)
    with pytest.raises(Invalid, match="asks for the time"):
        services.reply_to_customer(ticket=ticket, body="Hi.", by=me, at=MONDAY_9AM)
    with pytest.raises(Invalid, match="asks for the time"):
        services.send_attention_statement(
            ticket=ticket, body="Soon.", estimated_at=later, by=me, at=MONDAY_9AM
        )
    with pytest.raises(Invalid, match="asks for the time"):
        step(house, ticket, "pend_user", MONDAY_9AM, message="Which?")
    services.reply_to_customer(ticket=ticket, body="Hi.", spent=HALF, by=me, at=MONDAY_9AM)
    services.send_attention_statement(
        ticket=ticket, body="Soon.", estimated_at=later, spent=HALF, by=me, at=MONDAY_9AM
    )
    services.add_note(ticket=ticket, body="More.", spent=HALF, by=me, at=MONDAY_9AM)
    step(house, fresh(ticket), "pend_user", MONDAY_9AM, message="Which?", spent=HALF)
    services.reply_as_customer(
        ticket=fresh(ticket), body="That.", by=by(house.requester), at=MONDAY_9AM
    )

    with pytest.raises(Invalid, match="asks for the time"):
        solve(house, fresh(ticket))
    kinds = [each.message.kind for each in queries.times_of([ticket.pk]) if each.message]
    assert kinds == ["reply", "statement", "note", "reply"]


def test_mesa_itself_works_no_time(house: House) -> None:
    asking(house, "with_solution")
    ticket = fresh(started(house))

    services.solve_automatically(
        ticket=ticket, message="Done.", by=system_actor("test"), at=MONDAY_9AM
    )

    assert fresh(ticket).state == State.SOLVED


def test_a_ticket_without_contract_is_not_asked(house: House) -> None:
    asking(house, "with_reply")
    ticket = make_ticket(house, requester=house.outsider)

    services.reply_to_customer(ticket=fresh(ticket), body="Hi.", by=by(house.agent), at=MONDAY_9AM)

    assert not TimeEntry.objects.exists()


def saying(**values: Any) -> Saying:
    return Saying(kind=MessageKind.REPLY, body="Hello there.", **values)


def test_the_time_waits_with_a_held_message(house: House) -> None:
    asking(house, "with_reply")
    ticket = fresh(make_ticket(house))
    held = saying(details=TransitionDetails(spent=HALF))
    act: dict[str, Any] = {"by": by(house.agent), "at": MONDAY_9AM, "delay": 10 * MINUTE / 60}

    with pytest.raises(Invalid, match="asks for the time"):
        services.say(ticket=ticket, saying=saying(), **act)
    assert not HeldMessage.objects.exists()
    said = services.say(ticket=ticket, saying=held, **act)

    assert said.held is not None
    assert not TimeEntry.objects.exists()
    services.send_held(held_id=said.held.pk, at=MONDAY_9AM + MINUTE)
    (entry,) = TimeEntry.objects.all()
    assert (entry.minutes, entry.activity) == (30, Activity.REMOTE)
    assert entry.message == Message.objects.get(body="Hello there.")


def test_a_step_that_is_not_possible_any_more_keeps_the_time_with_the_reply(house: House) -> None:
    asking(house, "with_reply")
    ticket = fresh(started(house))
    wanted = saying(
        step="solve",
        version=ticket.version - 1,
        details=TransitionDetails(spent=HALF, solution_type="definitive"),
    )

    said = services.say(
        ticket=ticket, saying=wanted, by=by(house.agent), at=MONDAY_9AM, delay=timedelta()
    )

    assert said.not_taken is not None
    assert [each.minutes for each in TimeEntry.objects.all()] == [30]


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("90", 90),
        (" 45 min ", 45),
        ("45m", 45),
        ("1:30", 90),
        ("0:05", 5),
        ("1 h 30 min", 90),
        ("1h30", 90),
        ("2 h", 120),
        ("2 horas", 120),
        ("1 hora 5 minutos", 65),
        ("1.5 h", 90),
        ("1,25 h", 75),
        ("0", 0),
        ("", None),
        ("  ", None),
        ("1:60", None),
        ("1:5", None),
        ("-5", None),
        ("1.5", None),
        ("tomorrow", None),
        ("٣", None),
        ("1 h 30 min 20 s", None),
    ],
)
def test_minutes_as_people_type_them(text: str, minutes: int | None) -> None:
    assert typed_minutes(text) == minutes


def test_the_desk_that_declines_for_the_customer_writes_a_message(house: House) -> None:
    asking(house, "with_reply")
    ticket = fresh(solve(house, fresh(started(house)), HALF))

    with pytest.raises(Invalid, match="asks for the time worked"):
        step(house, ticket, "decline", MONDAY_9AM, reason="It fails, they said.")
    step(house, ticket, "decline", MONDAY_9AM, reason="It fails, they said.", spent=HALF)

    assert [each.minutes for each in queries.times_of([ticket.pk])] == [30, 30]


@pytest.mark.parametrize("asked", ["with_solution", "with_reply"])
def test_what_the_contract_asked_for_is_removed_by_a_supervisor_alone(
    house: House, asked: str
) -> None:
    asking(house, asked)
    ticket = fresh(solve(house, fresh(started(house)), HALF))
    (entry,) = queries.times_of([ticket.pk])

    with pytest.raises(NotAllowed, match="only a supervisor"):
        services.remove_time(entry=entry, by=by(house.agent), at=MONDAY_9AM)
    services.remove_time(entry=entry, by=by(house.staff["desk_supervisor"]), at=MONDAY_9AM)

    assert not queries.has_time(ticket)


def test_time_of_a_merged_ticket_is_time_of_the_survivor(house: House) -> None:
    asking(house, "with_solution")
    ticket = fresh(make_ticket(house))
    entry = enter(house, ticket)
    survivor = fresh(started(house))
    services.merge_tickets(ticket=ticket, survivor=survivor, by=by(house.agent), at=MONDAY_9AM)

    assert queries.has_time(fresh(survivor))
    assert queries.time_of(survivor, entry.pk) == entry
    assert queries.time_of(ticket, entry.pk) is None
    assert solve(house, fresh(survivor)).state == State.SOLVED


def test_what_cannot_be_sent_any_more_keeps_the_time_in_its_note(house: House) -> None:
    asking(house, "with_reply")
    ticket = fresh(make_ticket(house))
    held = saying(details=TransitionDetails(spent=Spent(40)))
    said = services.say(ticket=ticket, saying=held, by=by(house.agent), at=MONDAY_9AM, delay=MINUTE)
    assert said.held is not None
    house.agent.is_active = False
    house.agent.save()

    services.send_held(held_id=said.held.pk, at=MONDAY_9AM + HOUR)

    (note,) = Message.objects.all()
    assert "40 min" in note.body
    assert "Hello there." in note.body
