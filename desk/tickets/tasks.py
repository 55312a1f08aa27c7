"""The tasks of a ticket."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk.tickets.task_forms import ChecklistChoice, TaskForm
from desk.tickets.views import in_panel, page_of, refused_act, refused_form, wrong_form
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from foundation.core.errors import DomainError, NotFound
from tickets import queries, services
from tickets.models import Task, Ticket
from web.access import needs
from web.panels import Refused, is_partial
from web.requests import actor, person, posted_from

_ACTS = {
    "finish": services.finish_task,
    "open": services.open_task_again,
    "remove": services.remove_task,
}


@posted_from("admin:ticket", "number")
@needs(Capability.SEE_TICKETS)
def add_task(request: HttpRequest, number: str) -> HttpResponse:
    ticket = queries.get_ticket(person(request), number)
    at = timezone.now()
    form = TaskForm(request.POST, at=at)
    if not form.is_valid():
        return wrong_form(request, ticket, form, Refused("tasks", {"task_form": form}))
    try:
        services.add_tasks(
            ticket=ticket, plans=[form.plan()], by=actor(request, Channel.DESK), at=at
        )
    except DomainError as error:
        return refused_form(request, ticket, form, error, "tasks", task_form=form)
    return in_panel(request, ticket, "tasks")


@posted_from("admin:ticket", "number")
@needs(Capability.SEE_TICKETS)
def add_checklist(request: HttpRequest, number: str) -> HttpResponse:
    """Put the tasks of a checklist on the ticket."""
    ticket = queries.get_ticket(person(request), number)
    form = ChecklistChoice(request.POST, reader=person(request))
    if not form.is_valid():
        return wrong_form(request, ticket, form, Refused("tasks", {"checklist_form": form}))
    by = actor(request, Channel.DESK)
    try:
        services.add_checklist(ticket=ticket, checklist=form.chosen(), by=by, at=timezone.now())
    except DomainError as error:
        return refused_form(request, ticket, form, error, "tasks", checklist_form=form)
    return in_panel(request, ticket, "tasks")


@require_safe
@needs(Capability.SEE_TICKETS)
def new_task(request: HttpRequest, number: str) -> HttpResponse:
    """Serve the form of a new task, which htmx requests when it is opened."""
    ticket = queries.get_ticket(person(request), number)
    form = TaskForm(at=timezone.now())
    if not is_partial(request):
        return page_of(request, ticket, [Refused("tasks", {"task_form": form}, 200)])
    return render(request, "desk/tickets/_task_form.html", {"ticket": ticket, "form": form})


@require_safe
@needs(Capability.SEE_TICKETS)
def edit_task(request: HttpRequest, number: str, task_id: int) -> HttpResponse:
    """Serve the form of a task, which htmx requests when it is opened; without JavaScript, the page
    with that task open.
    """
    ticket = queries.get_ticket(person(request), number)
    task = _task(ticket, task_id)
    form = TaskForm.of(task, timezone.now())
    if not is_partial(request):
        return page_of(
            request, ticket, [Refused("tasks", {"edited": task.pk, "edit_form": form}, 200)]
        )
    context = {"ticket": ticket, "form": form, "task": task}
    return render(request, "desk/tickets/_task_form.html", context)


@posted_from("admin:ticket", "number")
@needs(Capability.SEE_TICKETS)
def change_task(request: HttpRequest, number: str, task_id: int) -> HttpResponse:
    ticket = queries.get_ticket(person(request), number)
    task = _task(ticket, task_id)
    at = timezone.now()
    form = TaskForm(request.POST, at=at, auto_id=f"task_{task.pk}_%s")
    context = {"edited": task.pk, "edit_form": form}
    if not form.is_valid():
        return wrong_form(request, ticket, form, Refused("tasks", context))
    by = actor(request, Channel.DESK)
    try:
        services.change_task(task=task, changes=form.changes(), by=by, at=at)
    except DomainError as error:
        return refused_form(request, ticket, form, error, "tasks", **context)
    return in_panel(request, ticket, "tasks")


@posted_from("admin:ticket", "number")
@needs(Capability.SEE_TICKETS)
def act_on_task(request: HttpRequest, number: str, task_id: int, act: str) -> HttpResponse:
    """Finish a task, open it again or remove it."""
    ticket = queries.get_ticket(person(request), number)
    if act not in _ACTS:
        raise NotFound(_("There is nothing to show here."))
    task = queries.task_of(ticket, task_id)
    if task is None:
        messages.warning(request, _("There is no such task any more."))
        return in_panel(request, ticket, "tasks")
    try:
        _ACTS[act](task=task, by=actor(request, Channel.DESK), at=timezone.now())
    except DomainError as error:
        return refused_act(request, ticket, "tasks", error)
    return in_panel(request, ticket, "tasks")


def _task(ticket: Ticket, task_id: int) -> Task:
    """Return a task of the ticket. Raises ``NotFound``."""
    task = queries.task_of(ticket, task_id)
    if task is None:
        raise NotFound(_("There is no such task any more."))
    return task
