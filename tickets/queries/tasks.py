"""Tasks of tickets, and checklists."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import F, QuerySet

from foundation.accounts.models import User
from tickets.models import Checklist, Task, Ticket
from tickets.queries.relations import survivor_of
from tickets.queries.shared import seen_by
from tickets.queries.tickets import visible_to
from tickets.states import ACTIVE


def open_tasks() -> QuerySet[Task]:
    return Task.objects.filter(done_at=None, removed_at=None)


def tasks_of(ticket_ids: Collection[int]) -> list[Task]:
    """Return the tasks of tickets without the removed ones, as they were added: those of no
    checklist first, then by checklist.
    """
    tasks = Task.objects.filter(ticket__in=ticket_ids, removed_at=None)
    return list(tasks.select_related("owner", "done_by", "ticket").order_by("checklist", "pk"))


def task_of(ticket: Ticket, task_id: int) -> Task | None:
    """Return a task that was not removed, of the ticket or of one that was merged into it; None
    when it has none with this id.
    """
    tasks = Task.objects.filter(pk=task_id, removed_at=None)
    joined = tasks.select_related("owner", "done_by", "ticket__organization")
    task = joined.order_by("pk").first()
    return task if task is not None and survivor_of(task.ticket).pk == ticket.pk else None


def open_tasks_of(ticket: Ticket) -> int:
    """Return how many tasks of a ticket are not done."""
    return open_tasks().filter(ticket=ticket).count()


def tasks_for(owner: User, *, limit: int) -> list[Task]:
    """Return the open tasks of a person on active tickets that they see: those that are due first,
    then those without a date.
    """
    tickets = visible_to(owner).filter(state__in=sorted(ACTIVE)).order_by()
    tasks = open_tasks().filter(owner=owner, ticket__in=tickets.select_related(None).values("pk"))
    dated = tasks.select_related("ticket__organization")
    return list(dated.order_by(F("due_at").asc(nulls_last=True), "pk")[:limit])


def tasks_to_remind_of(at: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (organization id, id) of the open tasks of active tickets that are due, and of which
    nobody was told so.
    """
    due = open_tasks().filter(due_at__lte=at, reminded_at=None, ticket__state__in=sorted(ACTIVE))
    return list(due.order_by("due_at", "pk").values_list("organization_id", "pk")[:limit])


def checklists_for(user: User) -> list[Checklist]:
    """Return the checklists that a person sees, by name: their own, those of their groups, and the
    public ones.
    """
    return seen_by(Checklist, user)
