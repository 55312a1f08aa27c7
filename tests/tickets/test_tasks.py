"""Tasks of a ticket, their owners, and checklists."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from foundation.core.errors import Invalid, NotAllowed
from foundation.duty.models import Absence
from foundation.notifications.models import OutboxMessage
from foundation.notifications.rendering import render_message
from tests.support.house import DAY, HOUR, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import solved, step
from tickets import queries, services, verbs
from tickets.models import Message, Task, Ticket
from tickets.services import TaskPlan
from tickets.tasks import sweep_tasks
from web.timeline import sentence


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def add(house: House, ticket: Ticket, title: str = "Call the bank", **plan: Any) -> Task:
    (task,) = services.add_tasks(
        ticket=ticket,
        plans=[TaskPlan(title, **plan)],
        by=by(house.agent),
        at=MONDAY_9AM,
    )
    return task


def change(house: House, task: Task, **changes: Any) -> Task:
    return services.change_task(task=task, changes=changes, by=by(house.agent), at=MONDAY_9AM)


def letters(template: str) -> list[str]:
    found = OutboxMessage.objects.filter(template=template).order_by("pk")
    return [each.to_email for each in found]


def test_the_record_tells_the_life_of_a_task_by_its_title_without_keeping_it(house: House) -> None:
    ticket = make_ticket(house)
    task = add(house, ticket)
    consultant = house.staff["consultant"]
    plan = {"title": "Call the bank again", "owner": consultant, "due_at": MONDAY_9AM + DAY}

    change(house, task, **plan)
    change(house, task, **plan)
    services.finish_task(task=task, by=by(house.staff["consultant"]), at=MONDAY_9AM + HOUR)
    services.finish_task(task=task, by=by(house.agent), at=MONDAY_9AM + 2 * HOUR)
    done = Task.objects.get()
    services.open_task_again(task=task, by=by(house.agent), at=MONDAY_9AM)
    services.open_task_again(task=task, by=by(house.agent), at=MONDAY_9AM)
    services.remove_task(task=task, by=by(house.agent), at=MONDAY_9AM)
    services.remove_task(task=task, by=by(house.agent), at=MONDAY_9AM)

    assert (done.done_at, done.done_by) == (MONDAY_9AM + HOUR, house.staff["consultant"])
    kept = [entry for entry in queries.timeline(ticket) if "task" in entry.payload]
    assert [entry.verb for entry in kept] == [
        verbs.TASK_ADDED,
        verbs.TASK_CHANGED,
        verbs.TASK_DONE,
        verbs.TASK_OPENED,
        verbs.TASK_REMOVED,
    ]
    assert [sentence(entry, "UTC") for entry in kept] == [
        "Task: Call the bank again",
        "Task changed: Call the bank again. — → Consultant",
        "Task done: Call the bank again",
        "Task open again: Call the bank again",
        "Task removed: Call the bank again",
    ]
    assert all("bank" not in str(entry.payload) for entry in kept)
    assert queries.tasks_of([ticket.pk]) == []
    assert queries.task_of(ticket, task.pk) is None
    with pytest.raises(NotAllowed, match="not open any more"):
        change(house, task, **plan)


def test_the_owner_is_told_unless_they_gave_it_to_themselves(house: House) -> None:
    ticket = make_ticket(house)
    agent2 = house.staff["agent2"]

    task = add(house, ticket, owner=agent2)
    add(house, ticket, "Mine", owner=house.agent)
    change(house, task, owner=house.staff["consultant"])
    change(house, task, title="Call now")

    assert letters("task_given") == [agent2.email, house.staff["consultant"].email]
    assert fresh(ticket).version == ticket.version


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (TaskPlan("  "), "Say what is to be done"),
        (TaskPlan("x" * 201), "At most 200 characters"),
        (TaskPlan("Call", None, MONDAY_9AM), "lies ahead"),
        (TaskPlan("Call", None, MONDAY_9AM + timedelta(days=731)), "at most two years"),
    ],
)
def test_a_task_that_says_nothing_is_refused(house: House, plan: TaskPlan, words: str) -> None:
    ticket = make_ticket(house)
    good = add(house, ticket)

    with pytest.raises(Invalid, match=words):
        services.add_tasks(
            ticket=ticket, plans=[TaskPlan("Good"), plan], by=by(house.agent), at=MONDAY_9AM
        )
    with pytest.raises(Invalid, match=words):
        change(house, good, title=plan.title, due_at=plan.due_at)

    assert [each.title for each in queries.tasks_of([ticket.pk])] == ["Call the bank"]


def test_an_owner_attends_the_customer_and_is_there(house: House) -> None:
    ticket = make_ticket(house)
    away = house.staff["agent2"]
    task = add(house, ticket, owner=away)
    Absence.objects.create(
        person=away, starts_at=MONDAY_9AM - DAY, ends_at=MONDAY_9AM + timedelta(days=2)
    )
    house.level_two.organizations.add(house.south)

    for owner, words in (
        (away, "away until 2026-03-04"),
        (house.staff["consultant"], "does not attend tickets of"),
        (house.staff["bpo"], "does not attend tickets of"),
        (house.requester, "does not attend tickets of"),
    ):
        with pytest.raises(Invalid, match=words) as refused:
            add(house, ticket, owner=owner)
        assert set(refused.value.fields) == {"owner"}
    # what the task says already is not asked again
    change(house, task, title="Call", owner=away)
    assert Task.objects.get().title == "Call"


def test_a_date_that_has_passed_stays_while_the_rest_is_changed(house: House) -> None:
    task = add(house, make_ticket(house), due_at=MONDAY_9AM + HOUR)

    services.change_task(
        task=task,
        changes={"title": "Call", "due_at": MONDAY_9AM + HOUR},
        by=by(house.agent),
        at=MONDAY_9AM + DAY,
    )

    assert Task.objects.get().title == "Call"


def test_the_owner_finishes_a_task_of_a_ticket_that_they_only_read(house: House) -> None:
    ticket = make_ticket(house)
    consultant = house.staff["consultant"]
    theirs = add(house, ticket, owner=consultant)
    other = add(house, ticket)

    services.finish_task(task=theirs, by=by(consultant), at=MONDAY_9AM)

    assert Task.objects.get(pk=theirs.pk).done_by == consultant
    for act in (services.finish_task, services.remove_task):
        with pytest.raises(NotAllowed):
            act(task=other, by=by(consultant), at=MONDAY_9AM)
    with pytest.raises(NotAllowed):
        services.remove_task(task=theirs, by=by(consultant), at=MONDAY_9AM)
    with pytest.raises(NotAllowed):
        services.add_tasks(ticket=ticket, plans=[TaskPlan("x")], by=by(consultant), at=MONDAY_9AM)


def test_an_ended_ticket_gets_no_task_and_keeps_those_it_has(house: House) -> None:
    ticket = make_ticket(house)
    task = add(house, ticket)
    step(house, ticket, "reject", MONDAY_9AM, reason="Not ours.")

    with pytest.raises(Invalid, match="has ended"):
        add(house, fresh(ticket))
    services.finish_task(task=task, by=by(house.agent), at=MONDAY_9AM)
    assert not Task.objects.get().is_open


def test_a_hundred_tasks_are_open_at_most(house: House) -> None:
    ticket = make_ticket(house)
    many = [TaskPlan(f"Task {number}") for number in range(100)]
    tasks = services.add_tasks(ticket=ticket, plans=many, by=by(house.agent), at=MONDAY_9AM)

    with pytest.raises(Invalid, match="At most 100 tasks"):
        add(house, ticket)
    services.finish_task(task=tasks[0], by=by(house.agent), at=MONDAY_9AM)
    add(house, ticket)
    assert queries.open_tasks_of(ticket) == 100


def test_a_due_task_is_told_of_once_for_each_date(house: House) -> None:
    ticket = make_ticket(house)
    agent2 = house.staff["agent2"]
    task = add(house, ticket, owner=agent2, due_at=MONDAY_9AM + HOUR)
    add(house, ticket, "Later", owner=agent2, due_at=MONDAY_9AM + DAY)
    done = add(house, ticket, "Done", owner=agent2, due_at=MONDAY_9AM + HOUR)
    services.finish_task(task=done, by=by(house.agent), at=MONDAY_9AM)

    def remind(at: datetime) -> list[int]:
        due = queries.tasks_to_remind_of(at, 10)
        for _organization, pk in due:
            services.remind_of_task(task_id=pk, at=at)
        return [pk for _organization, pk in due]

    assert remind(MONDAY_9AM + HOUR - timedelta(seconds=1)) == []
    assert remind(MONDAY_9AM + HOUR) == [task.pk]
    assert remind(MONDAY_9AM + HOUR) == []
    assert not services.remind_of_task(task_id=task.pk, at=MONDAY_9AM + HOUR)
    assert letters("task_due") == [agent2.email]
    moved = {"due_at": MONDAY_9AM + 3 * HOUR}
    services.change_task(task=task, changes=moved, by=by(agent2), at=MONDAY_9AM + 2 * HOUR)
    assert remind(MONDAY_9AM + 3 * HOUR) == [task.pk]
    assert letters("task_due") == [agent2.email] * 2


def test_a_task_without_owner_is_told_to_who_has_the_ticket(house: House) -> None:
    ticket = make_ticket(house)
    services.assign_ticket(
        ticket=ticket, assignee=house.staff["agent2"], by=by(house.agent), at=MONDAY_9AM
    )
    task = add(house, fresh(ticket), due_at=MONDAY_9AM + HOUR)

    assert services.remind_of_task(task_id=task.pk, at=MONDAY_9AM + HOUR)

    assert letters("task_due") == [house.staff["agent2"].email]


def test_nobody_is_told_of_a_task_of_an_ended_ticket(house: House) -> None:
    ticket = make_ticket(house)
    task = add(house, ticket, due_at=MONDAY_9AM + HOUR)
    step(house, ticket, "reject", MONDAY_9AM, reason="Not ours.")

    assert queries.tasks_to_remind_of(MONDAY_9AM + DAY, 10) == []
    assert not services.remind_of_task(task_id=task.pk, at=MONDAY_9AM + DAY)
    assert not services.remind_of_task(task_id=task.pk + 9, at=MONDAY_9AM + DAY)


def test_the_sweep_tells_of_each_due_task(house: House, monday: None) -> None:
    ticket = make_ticket(house)
    task = add(house, ticket, owner=house.staff["agent2"], due_at=MONDAY_9AM + HOUR)
    Task.objects.filter(pk=task.pk).update(due_at=MONDAY_9AM)

    assert sweep_tasks() == 1
    assert sweep_tasks() == 0
    assert letters("task_due") == [house.staff["agent2"].email]


def test_who_leaves_keeps_no_task(house: House) -> None:
    ticket = make_ticket(house)
    leaving = house.staff["agent2"]
    task = add(house, ticket, owner=leaving)
    done = add(house, ticket, "Done", owner=leaving)
    services.finish_task(task=done, by=by(leaving), at=MONDAY_9AM)
    assert leaving in queries.holders_of_active_tickets()
    leaving.is_active = False
    leaving.save()

    assert services.return_tickets(holder=leaving, at=MONDAY_9AM) == 1

    assert Task.objects.get(pk=task.pk).owner is None
    assert Task.objects.get(pk=done.pk).owner == leaving
    (note,) = Message.objects.all()
    assert "Agent2" in note.body
    assert services.return_tickets(holder=leaving, at=MONDAY_9AM) == 0


def test_my_tasks_are_those_that_are_due_first(house: House) -> None:
    ticket = make_ticket(house)
    owner = house.staff["agent2"]
    add(house, ticket, "Sometime", owner=owner)
    add(house, ticket, "Tomorrow", owner=owner, due_at=MONDAY_9AM + DAY)
    add(house, ticket, "Today", owner=owner, due_at=MONDAY_9AM + HOUR)
    add(house, ticket, "Of another", owner=house.agent)

    titles = [each.title for each in queries.tasks_for(owner, limit=10)]

    assert titles == ["Today", "Tomorrow", "Sometime"]
    assert len(queries.tasks_for(owner, limit=2)) == 2


def test_my_tasks_are_of_active_tickets(house: House) -> None:
    owner = house.staff["agent2"]
    add(house, make_ticket(house), "North", owner=owner)
    ended = make_ticket(house)
    add(house, ended, "Ended", owner=owner)
    step(house, ended, "reject", MONDAY_9AM, reason="Not ours.")

    assert [each.title for each in queries.tasks_for(owner, limit=9)] == ["North"]


def test_tasks_of_a_solved_ticket_may_be_added(house: House) -> None:
    assert add(house, solved(house)).is_open


def test_the_letters_about_tasks_say_what_is_to_be_done_and_until_when(house: House) -> None:
    ticket = make_ticket(house)
    owner = house.staff["agent2"]
    owner.language = "en"
    owner.save()
    task = add(house, ticket, "Call <the bank>", owner=owner, due_at=MONDAY_9AM + HOUR)
    add(house, ticket, "Without a date", owner=owner)
    services.remind_of_task(task_id=task.pk, at=MONDAY_9AM + HOUR)

    texts = [render_message(row).text for row in OutboxMessage.objects.order_by("pk")]
    given, undated, due = (text for text in texts if "A task on" in text)

    assert "Call <the bank>\nDue: Mar 2, 2026, 10:00 (Mexico City)" in given
    assert "Due" not in undated
    assert "is due and not done" in due


def test_what_another_has_changed_meanwhile_stays(house: House) -> None:
    task = add(house, make_ticket(house), owner=house.agent)
    change(house, task, owner=house.staff["agent2"])

    changed = change(house, task, title="Call now")  # of who still saw the old owner

    assert (changed.title, changed.owner) == ("Call now", house.staff["agent2"])


def test_a_date_is_kept_to_the_minute(house: House) -> None:
    due = MONDAY_9AM + HOUR + timedelta(seconds=41)
    task = add(house, make_ticket(house), due_at=due)

    assert Task.objects.get().due_at == MONDAY_9AM + HOUR
    change(house, task, due_at=due + HOUR)
    assert Task.objects.get().due_at == MONDAY_9AM + 2 * HOUR


def test_who_left_does_not_get_a_task_again_that_is_opened(house: House) -> None:
    ticket = make_ticket(house)
    leaving = house.staff["agent2"]
    task = add(house, ticket, owner=leaving)
    services.finish_task(task=task, by=by(leaving), at=MONDAY_9AM)
    leaving.is_active = False
    leaving.save()

    services.open_task_again(task=task, by=by(house.agent), at=MONDAY_9AM)

    assert (Task.objects.get().is_open, Task.objects.get().owner) == (True, None)


def test_of_a_task_whose_owner_left_the_desk_is_told(house: House) -> None:
    ticket = make_ticket(house)
    leaving = house.staff["agent2"]
    task = add(house, ticket, owner=leaving, due_at=MONDAY_9AM + HOUR)
    leaving.is_active = False
    leaving.save()

    services.remind_of_task(task_id=task.pk, at=MONDAY_9AM + HOUR)

    told = letters("task_due")
    assert told
    assert leaving.email not in told
    assert house.staff["desk_supervisor"].email in told


def test_a_task_of_an_ended_ticket_is_not_opened_again(house: House) -> None:
    ticket = make_ticket(house)
    task = add(house, ticket)
    services.finish_task(task=task, by=by(house.agent), at=MONDAY_9AM)
    step(house, ticket, "reject", MONDAY_9AM, reason="Not ours.")

    with pytest.raises(NotAllowed, match="has ended"):
        services.open_task_again(task=task, by=by(house.agent), at=MONDAY_9AM)
