"""Tasks of a ticket and their owners (SPEC 3.13)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.models import User
from foundation.accounts.queries import acting_person
from foundation.core.actor import Actor
from foundation.core.errors import Invalid
from foundation.core.texts import is_blank, one_line
from foundation.duty.queries import absence_of
from foundation.duty.wording import last_day
from tickets import verbs, work_notices
from tickets.masking import secrets_in
from tickets.models import LONGEST_TITLE, Checklist, Task, Ticket
from tickets.permissions import can_work
from tickets.queries import open_tasks
from tickets.services.base import locked_ticket, may_hold, record_ticket, require_worker
from tickets.services.errors import ActionNotAllowed
from tickets.states import FINAL

MOST_TASKS = 100  # open, of a ticket
LATEST_DUE = timedelta(days=730)


@dataclass(frozen=True)
class TaskPlan:
    """What a task says: what is to be done, by whom and until when."""

    title: str
    owner: User | None = None
    due_at: datetime | None = None


@transaction.atomic
def add_tasks(
    *, ticket: Ticket, plans: Sequence[TaskPlan], by: Actor, at: datetime, checklist: str = ""
) -> list[Task]:
    """Add tasks to a ticket; their owners are told. Locks the ticket's row.

    Raises ``ActionNotAllowed`` for a person who may not work on the ticket, or ``Invalid``: the
    ticket has ended, a title is missing or too long, a date is past or more than ``LATEST_DUE``
    ahead, an owner does not attend tickets of the customer or is away, too many tasks are open.
    """
    require_worker(ticket, by)
    return add_tasks_automatically(ticket=ticket, plans=plans, by=by, at=at, checklist=checklist)


@transaction.atomic
def add_tasks_automatically(
    *, ticket: Ticket, plans: Sequence[TaskPlan], by: Actor, at: datetime, checklist: str = ""
) -> list[Task]:
    """Add tasks to a ticket, as ``add_tasks``, on behalf of the system: asks for no permission."""
    for plan in plans:
        _check(plan, None, ticket, at)
    locked = locked_ticket(ticket.pk)
    if locked.state in FINAL:
        raise Invalid(_("%(number)s has ended.") % {"number": ticket.number})
    if open_tasks().filter(ticket=ticket).count() + len(plans) > MOST_TASKS:
        words = _("At most %(count)d tasks of a ticket are open.") % {"count": MOST_TASKS}
        raise Invalid(words, fields={"title": words})
    tasks = []
    for plan in plans:
        task = Task.objects.create(
            organization_id=ticket.organization_id,
            ticket=ticket,
            title=one_line(plan.title),
            checklist=checklist,
            owner=plan.owner,
            due_at=_to_the_minute(plan.due_at),
            created_at=at,
        )
        _record(task, verbs.TASK_ADDED, by, at)
        _tell_owner(task, by, at)
        tasks.append(task)
    return tasks


@transaction.atomic
def add_checklist(*, ticket: Ticket, checklist: Checklist, by: Actor, at: datetime) -> list[Task]:
    """Add the tasks of a checklist. Locks the ticket's row. Raises as ``add_tasks``, and
    ``Invalid`` when tasks of it are open already.
    """
    locked_ticket(ticket.pk)
    if open_tasks().filter(ticket=ticket, checklist=checklist.name).exists():
        words = _("Tasks of “%(name)s” are open already.") % {"name": checklist}
        raise Invalid(words, fields={"checklist": words})
    plans = [TaskPlan(title) for title in checklist.titles]
    return add_tasks(ticket=ticket, plans=plans, by=by, at=at, checklist=checklist.name)


@transaction.atomic
def change_task(*, task: Task, changes: Mapping[str, Any], by: Actor, at: datetime) -> Task:
    """Change what a task says, of ``title``, ``owner`` and ``due_at`` those that are given; a new
    owner is told. Locks the task's row.

    Raises ``ActionNotAllowed`` for who neither works on the ticket nor owns the task, and when it
    is done or removed; ``Invalid`` as ``add_tasks``.
    """
    found = _locked(task, by)
    if not found.is_open:
        raise ActionNotAllowed(_("The task is not open any more."))
    plan = replace(TaskPlan(found.title, found.owner, found.due_at), **changes)
    _check(plan, found, found.ticket, at)
    due_at = _to_the_minute(plan.due_at)
    values = {"title": one_line(plan.title), "owner": plan.owner, "due_at": due_at}
    if due_at != found.due_at:
        values["reminded_at"] = None
    old_owner_id = found.owner_id
    if _write(found, values):
        _record(found, verbs.TASK_CHANGED, by, at, owners=[old_owner_id, found.owner_id])
    if found.owner_id != old_owner_id:
        _tell_owner(found, by, at)
    return found


@transaction.atomic
def finish_task(*, task: Task, by: Actor, at: datetime) -> Task:
    """Note that a task is done; one that is done already is left. Raises ``ActionNotAllowed`` as
    ``change_task``.
    """
    found = _locked(task, by)
    if found.is_open:
        _write(found, {"done_at": at, "done_by_id": by.person_id})
        _record(found, verbs.TASK_DONE, by, at)
    return found


@transaction.atomic
def open_task_again(*, task: Task, by: Actor, at: datetime) -> Task:
    """Note that a task is not done after all. An owner who attends the customer no more does not
    keep it. Raises ``ActionNotAllowed`` as ``change_task``, and when the ticket has ended.
    """
    found = _locked(task, by)
    if found.ticket.state in FINAL:
        raise ActionNotAllowed(_("%(number)s has ended.") % {"number": found.ticket.number})
    if found.removed_at is None and found.done_at is not None:
        _write(found, {"done_at": None, "done_by_id": None})
        _record(found, verbs.TASK_OPENED, by, at)
        if found.owner is not None and not may_hold(found.owner, found.ticket):
            release_tasks(ticket=found.ticket, owner=found.owner, by=by, at=at)
    return found


@transaction.atomic
def remove_task(*, task: Task, by: Actor, at: datetime) -> None:
    """Take a task off its ticket; the record keeps it. Raises ``ActionNotAllowed`` for a person who
    may not work on the ticket.
    """
    require_worker(task.ticket, by)
    found = _locked(task, by)
    if found.removed_at is None:
        _write(found, {"removed_at": at})
        _record(found, verbs.TASK_REMOVED, by, at)


@transaction.atomic
def remind_of_task(*, task_id: int, at: datetime) -> bool:
    """Tell the owner of a task, or whoever has its ticket, that it is due; once for each due
    instant. Return whether somebody was to be told.
    """
    task = Task.objects.select_for_update(of=("self",)).filter(pk=task_id).order_by("pk").first()
    if task is None or not task.is_open or task.reminded_at is not None:
        return False
    if task.due_at is None or task.due_at > at or task.ticket.state in FINAL:
        return False
    _write(task, {"reminded_at": at})
    work_notices.notify_task_due(task=task, at=at)
    return True


def release_tasks(*, ticket: Ticket, owner: User, by: Actor, at: datetime) -> int:
    """Take the open tasks of a ticket from a person who may not hold them any more; return how
    many.
    """
    tasks = list(open_tasks().filter(ticket=ticket, owner=owner).select_for_update(of=("self",)))
    for task in tasks:
        _write(task, {"owner": None})
        _record(task, verbs.TASK_CHANGED, by, at, owners=[owner.pk, None])
    return len(tasks)


def _check(plan: TaskPlan, task: Task | None, ticket: Ticket, at: datetime) -> None:
    """Raise ``Invalid`` for a plan that says nothing, or what cannot be. What the task says already
    is not asked again.
    """
    title = one_line(plan.title)
    fields = {}
    if is_blank(title):
        fields["title"] = _("Say what is to be done.")
    elif len(title) > LONGEST_TITLE:
        fields["title"] = _("At most %(count)d characters.") % {"count": LONGEST_TITLE}
    fields |= secrets_in(title=title)
    due_at = plan.due_at if task is None or task.due_at != plan.due_at else None
    if due_at is not None and not at < due_at <= at + LATEST_DUE:
        fields["due_at"] = _("Give an instant that lies ahead, at most two years.")
    is_new_owner = task is None or task.owner_id != (plan.owner.pk if plan.owner else None)
    if plan.owner is not None and is_new_owner and (words := _why_not(plan.owner, ticket, at)):
        fields["owner"] = words
    if fields:
        raise Invalid(" ".join(fields.values()), fields=fields)


def _why_not(owner: User, ticket: Ticket, at: datetime) -> str:
    """Return why a person cannot own a task of the ticket; "" when they can."""
    if not may_hold(owner, ticket):
        words = _("%(person)s does not attend tickets of %(organization)s.")
        return words % {"person": owner, "organization": ticket.organization}
    absence = absence_of(owner.pk, at)
    if absence is None:
        return ""
    words = _("%(person)s is away until %(day)s.")
    return words % {"person": owner, "day": last_day(absence)}


def _to_the_minute(moment: datetime | None) -> datetime | None:
    """Return an instant as forms show it."""
    return moment.replace(second=0, microsecond=0) if moment is not None else None


def _locked(task: Task, by: Actor) -> Task:
    """Return the task with its row locked. Raise ``ActionNotAllowed`` for who neither works on its
    ticket nor owns it.
    """
    rows = Task.objects.select_for_update(of=("self",))
    found = rows.select_related("ticket__organization", "owner").get(pk=task.pk)
    person = acting_person(by)
    if found.owner_id != person.pk and not can_work(person, found.ticket):
        words = _("Only its owner, or a person who works on the ticket, can change a task.")
        raise ActionNotAllowed(words)
    return found


def _write(task: Task, changes: dict[str, Any]) -> bool:
    """Write what differs, and update the instance; return whether something did."""
    changed = {name: value for name, value in changes.items() if getattr(task, name) != value}
    if changed:
        Task.objects.filter(pk=task.pk).update(**changed)
    for name, value in changed.items():
        setattr(task, name, value)
    return bool(changed)


def _record(task: Task, verb: str, by: Actor, at: datetime, **payload: Any) -> None:
    record_ticket(task.ticket, verb, by=by, at=at, task=task.pk, **payload)


def _tell_owner(task: Task, by: Actor, at: datetime) -> None:
    if task.owner_id is not None and task.owner_id != by.person_id:
        work_notices.notify_task_given(task=task, at=at)
