"""Tasks and checklists on the desk's pages."""

from typing import Any

import pytest

from tests.support.house import DAY, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import started
from tickets import services
from tickets.models import Checklist, Task, Ticket
from tickets.services import TaskPlan

pytestmark = pytest.mark.usefixtures("monday")
HTMX = {"HX-Request": "true"}


def path(ticket: Ticket, rest: str) -> str:
    return f"/admin/tickets/{ticket.number}/{rest}"


def with_task(house: House, ticket: Ticket, **plan: Any) -> Task:
    (task,) = services.add_tasks(
        ticket=ticket, plans=[TaskPlan("Call the bank", **plan)], by=by(house.agent), at=MONDAY_9AM
    )
    return task


def test_a_task_is_added_changed_and_ticked_without_a_page(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    ticket = make_ticket(house)
    owner = house.staff["agent2"]
    form = client.get(path(ticket, "tasks/new/"), headers=HTMX).content.decode()
    assert "Agent2" in form
    assert "<html" not in form

    typed = {"title": "Call the bank", "owner": owner.pk, "due_at": "2026-03-03T10:30"}
    added = client.post(path(ticket, "tasks/"), typed, headers=HTMX).content.decode()

    task = Task.objects.get()
    assert 'id="panel-tasks"' in added
    assert "Agent2" in added
    assert "3 mar 2026, 10:30" in added  # of the desk's zone
    assert f"{task.due_at:%H:%M}" == "16:30"
    form = client.get(path(ticket, f"tasks/{task.pk}/"), headers=HTMX).content.decode()
    assert 'value="2026-03-03T10:30"' in form
    seen = {"initial-title": "Call the bank", "initial-owner": owner.pk}
    seen["initial-due_at"] = "2026-03-03T10:30"
    typed = {"title": "Write to the bank", "owner": "", "due_at": "2026-03-03T10:30"}
    changed = client.post(path(ticket, f"tasks/{task.pk}/change/"), typed | seen, headers=HTMX)
    assert "Write to the bank" in changed.content.decode()
    assert Task.objects.get().owner is None
    assert Task.objects.get().due_at == task.due_at
    ticked = client.post(path(ticket, f"tasks/{task.pk}/finish/"), headers=HTMX).content.decode()
    assert 'aria-checked="true"' in ticked
    opened = client.post(path(ticket, f"tasks/{task.pk}/open/"), headers=HTMX).content.decode()
    assert 'aria-checked="false"' in opened
    client.post(path(ticket, f"tasks/{task.pk}/remove/"))
    gone = client.post(path(ticket, f"tasks/{task.pk}/finish/"), follow=True)
    assert "ya no existe" in gone.content.decode()
    assert client.get(path(ticket, f"tasks/{task.pk}/")).status_code == 404
    assert client.post(path(ticket, f"tasks/{task.pk}/eat/")).status_code == 404


def test_without_javascript_the_page_opens_the_form(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    ticket = make_ticket(house)
    task = with_task(house, ticket)

    page = client.get(path(ticket, f"tasks/{task.pk}/")).content.decode()
    new = client.get(path(ticket, "tasks/new/")).content.decode()

    assert f'id="task_{task.pk}_title"' in page
    assert "<html" in page
    assert 'id="task_title"' in new


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"title": ""}, "Este campo es requerido"),
        ({"title": "Call", "due_at": "2026-03-01T10:00"}, "momento futuro"),
        ({"title": "Call", "owner": "99999"}, "99999"),
    ],
)
def test_a_refused_task_keeps_what_was_typed(
    house: House, sign_in: Any, typed: dict[str, str], words: str
) -> None:
    client = sign_in(house.agent)
    ticket = make_ticket(house)

    answer = client.post(path(ticket, "tasks/"), typed, headers=HTMX)

    page = answer.content.decode()
    assert answer.status_code == 400
    assert words in page
    assert f'value="{typed["title"]}"' in page or not typed["title"]
    assert not Task.objects.exists()
    task = with_task(house, ticket)
    again = client.post(path(ticket, f"tasks/{task.pk}/change/"), typed, headers=HTMX)
    assert again.status_code == 400
    assert words in again.content.decode()
    assert Task.objects.get().title == "Call the bank"


def test_who_only_reads_sees_tasks_and_the_owner_ticks_their_own(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    theirs = with_task(house, ticket, owner=house.staff["consultant"])
    other = with_task(house, ticket)
    client = sign_in(house.staff["consultant"])

    panel = client.get(path(ticket, "panels/tasks/")).content.decode()

    assert panel.count("task-tick") == 1
    assert client.post(path(ticket, f"tasks/{other.pk}/finish/")).status_code == 403
    assert client.post(path(ticket, "tasks/"), {"title": "x"}).status_code == 403
    client.post(path(ticket, f"tasks/{theirs.pk}/finish/"))
    assert Task.objects.get(pk=theirs.pk).done_by == house.staff["consultant"]
    assert Task.objects.get(pk=other.pk).done_at is None


def test_a_task_of_another_ticket_is_not_reached(house: House, sign_in: Any) -> None:
    task = with_task(house, make_ticket(house))
    other = make_ticket(house)
    client = sign_in(house.agent)

    client.post(path(other, f"tasks/{task.pk}/finish/"))

    assert client.get(path(other, f"tasks/{task.pk}/")).status_code == 404
    assert Task.objects.get().is_open


def test_tasks_of_a_merged_ticket_stand_with_the_survivor(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    ticket = make_ticket(house)
    task = with_task(house, ticket)
    survivor = make_ticket(house)
    services.merge_tickets(ticket=ticket, survivor=survivor, by=by(house.agent), at=MONDAY_9AM)

    panel = client.get(path(survivor, "panels/tasks/")).content.decode()

    assert "Call the bank" in panel
    assert ticket.number in panel
    address = path(survivor, f"tasks/{task.pk}/finish/")
    assert address in panel
    after = client.post(address, headers=HTMX).content.decode()
    assert 'aria-checked="true"' in after
    assert "Agregar una tarea" in after  # it is the panel of the survivor
    assert path(survivor, f"tasks/{task.pk}/open/") in after


def test_a_checklist_is_written_and_put_on_a_ticket(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    ticket = make_ticket(house)
    typed = {"name": "Alta", "audience": "mine", "lines": "Cuenta\nBuzón"}

    page = client.post("/admin/checklists/new/", typed, follow=True).content.decode()
    saved = Checklist.objects.get()
    added = client.post(path(ticket, "tasks/checklist/"), {"checklist": saved.pk}, headers=HTMX)
    twice = client.post(path(ticket, "tasks/checklist/"), {"checklist": saved.pk}, headers=HTMX)

    assert "«Alta» quedó guardada" in page
    assert "<li>Buzón</li>" in page
    assert [task.title for task in Task.objects.all()] == ["Cuenta", "Buzón"]
    assert "Alta</h3>" in added.content.decode()
    assert twice.status_code == 400
    assert "Ya hay tareas abiertas" in twice.content.decode()
    empty = client.post(f"/admin/checklists/{saved.pk}/", {**typed, "lines": " "})
    assert empty.status_code == 400
    other = sign_in(house.staff["agent2"])
    foreign = other.post(path(ticket, "tasks/checklist/"), {"checklist": saved.pk})
    assert foreign.status_code == 400
    assert other.get(f"/admin/checklists/{saved.pk}/").status_code == 404
    sign_in(house.agent).post(f"/admin/checklists/{saved.pk}/delete/")
    assert not Checklist.objects.exists()


def test_tasks_of_a_customer_whom_i_do_not_serve_are_not_mine(house: House, sign_in: Any) -> None:
    consultant = house.staff["consultant"]
    with_task(house, make_ticket(house), owner=consultant)
    assert "Call the bank" in sign_in(consultant).get("/admin/").content.decode()

    house.level_two.organizations.add(house.south)

    assert "Call the bank" not in sign_in(consultant).get("/admin/").content.decode()


def test_a_step_that_ends_the_work_tells_of_open_tasks(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    ticket = started(house)
    with_task(house, ticket)
    with_task(house, ticket)

    waits = client.post(path(ticket, "step/pend_user/"), {"message": "Which one?"}, follow=True)
    form = {"solution_type": "definitive", "message": "Done.", "version": fresh(ticket).version}
    client.post(path(ticket, "step/resume/"), {"version": fresh(ticket).version})
    form["version"] = fresh(ticket).version
    solved = client.post(path(ticket, "step/solve/"), form, follow=True)

    assert "siguen abiertas" not in waits.content.decode()
    assert "2 de sus tareas siguen abiertas" in solved.content.decode()


def test_the_home_lists_my_tasks(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    with_task(house, ticket, owner=house.agent, due_at=MONDAY_9AM + DAY)

    mine = sign_in(house.agent).get("/admin/").content.decode()
    other = sign_in(house.staff["agent2"]).get("/admin/").content.decode()

    assert "Mis tareas" in mine
    assert "Call the bank" in mine
    assert "Mis tareas" not in other


def test_a_customer_reads_no_task(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    with_task(house, ticket)

    page = sign_in(house.requester).get(f"/tickets/{ticket.number}/").content.decode()

    assert "Call the bank" not in page


def test_a_form_changes_only_what_was_changed_in_it(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    task = with_task(house, ticket, owner=house.staff["agent2"], due_at=MONDAY_9AM + DAY)
    seen = {"initial-title": "Call the bank", "initial-owner": "", "initial-due_at": ""}
    typed = {"title": "Call them", "owner": "", "due_at": ""}  # opened before they were given

    sign_in(house.agent).post(path(ticket, f"tasks/{task.pk}/change/"), typed | seen)

    changed = Task.objects.get()
    assert changed.title == "Call them"
    assert (changed.owner, changed.due_at) == (house.staff["agent2"], MONDAY_9AM + DAY)


def test_a_task_that_is_sent_twice_is_added_once(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    ticket = make_ticket(house)
    typed = {"title": "Call", "once": "A" * 22}

    client.post(path(ticket, "tasks/"), typed, headers=HTMX)
    again = client.post(path(ticket, "tasks/"), typed, headers=HTMX)

    assert Task.objects.count() == 1
    assert again.headers["HX-Redirect"] == path(ticket, "")
