"""Tasks of tickets and checklists over the API. For the staff."""

from datetime import datetime
from typing import Any

from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import BodySerializer, InstantField
from api.idempotency import idempotent
from api.parameters import KnownParameters
from foundation.accounts.models import User
from foundation.accounts.queries import user_by_email
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from foundation.core.classification import Channel
from foundation.core.errors import Invalid, NotFound
from tickets import queries, services
from tickets.models import LONGEST_TITLE, Checklist, Task, Ticket
from tickets.services import TaskPlan
from web.access import needs
from web.requests import actor, person

_STAFF_ONLY = gettext_lazy("Only staff can read or change tasks.")
_for_staff = method_decorator(needs(Capability.SEE_TICKETS, refusal=_STAFF_ONLY))


class TaskChangeSerializer(BodySerializer):
    """What is left out stays as it is."""

    title = serializers.CharField(max_length=LONGEST_TITLE, required=False)
    owner = serializers.EmailField(
        required=False, allow_null=True, help_text="Who attends tickets of the customer."
    )
    due_at = InstantField(required=False, allow_null=True)
    is_done = serializers.BooleanField(required=False)


class NewTaskSerializer(BodySerializer):
    """One task, or all those of a checklist."""

    title = serializers.CharField(max_length=LONGEST_TITLE, required=False)
    owner = serializers.EmailField(required=False, allow_null=True)
    due_at = InstantField(required=False, allow_null=True)
    checklist = serializers.IntegerField(
        required=False, min_value=1, help_text="Id of a checklist; without the other fields."
    )

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if ("checklist" in data) == ("title" in data) or len(data) > 1 and "checklist" in data:
            raise serializers.ValidationError(
                {"title": [_("Give a title, or a checklist without anything else.")]}
            )
        return data


class TaskSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    title = serializers.CharField()
    checklist = serializers.CharField(help_text="Name of the checklist from which it comes.")
    owner = serializers.EmailField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    is_done = serializers.BooleanField()
    done_at = serializers.DateTimeField(allow_null=True)
    done_by = serializers.EmailField(allow_null=True)


class ChecklistSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    tasks = serializers.ListField(child=serializers.CharField())


class TaskActions:
    """Actions of ``TicketViewSet``."""

    @extend_schema(methods=["GET"], responses=TaskSerializer(many=True))
    @extend_schema(
        methods=["POST"], request=NewTaskSerializer, responses={201: TaskSerializer(many=True)}
    )
    @action(detail=True, methods=["get", "post"], pagination_class=None, filterset_class=None)
    @_for_staff
    @idempotent
    def tasks(self, request: Request, number: str, *, at: datetime) -> Response:
        """Show the tasks of the ticket, or add one, or those of a checklist; all of them come
        back.
        """
        ticket = queries.get_ticket(person(request), number)
        code: int = status.HTTP_200_OK
        if request.method == "POST":
            body = NewTaskSerializer(data=request.data)
            body.is_valid(raise_exception=True)
            _add(request, ticket, body.validated_data, at)
            code = status.HTTP_201_CREATED
        return Response([task_data(each) for each in queries.tasks_of([ticket.pk])], status=code)

    @extend_schema(methods=["PATCH"], request=TaskChangeSerializer, responses=TaskSerializer)
    @extend_schema(methods=["DELETE"], responses={204: None})
    @action(
        detail=True,
        methods=["patch", "delete"],
        url_path=r"tasks/(?P<task_id>[0-9]{1,18})",
        url_name="task",
    )
    @_for_staff
    @idempotent
    def task(self, request: Request, number: str, task_id: str, *, at: datetime) -> Response:
        """Change a task, finish it or open it again; or remove it."""
        ticket = queries.get_ticket(person(request), number)
        task = queries.task_of(ticket, int(task_id))
        if task is None:
            if request.method == "DELETE":
                return Response(status=status.HTTP_204_NO_CONTENT)
            raise NotFound(_("There is no such task any more."))
        by = _by(request)
        if request.method == "DELETE":
            services.remove_task(task=task, by=by, at=at)
            return Response(status=status.HTTP_204_NO_CONTENT)
        body = TaskChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        _change(task, body.validated_data, by, at)
        changed = queries.task_of(ticket, task.pk)
        assert changed is not None
        return Response(task_data(changed))


class ChecklistViewSet(KnownParameters, viewsets.ViewSet):
    @extend_schema(responses=ChecklistSerializer(many=True))
    @_for_staff
    def list(self, request: Request) -> Response:
        """List the checklists of the caller, of their groups, and the public ones."""
        found = queries.checklists_for(person(request))
        rows = [{"id": each.pk, "name": each.name, "tasks": each.titles} for each in found]
        return Response(rows)


def _by(request: Request) -> Actor:
    return actor(request._request, Channel.API)


def _add(request: Request, ticket: Ticket, data: dict[str, Any], at: datetime) -> None:
    by = _by(request)
    if "checklist" in data:
        checklist = _checklist(data["checklist"], person(request))
        services.add_checklist(ticket=ticket, checklist=checklist, by=by, at=at)
        return
    plan = TaskPlan(data["title"], _owner(data.get("owner")), data.get("due_at"))
    services.add_tasks(ticket=ticket, plans=[plan], by=by, at=at)


def _change(task: Task, data: dict[str, Any], by: Actor, at: datetime) -> None:
    """Open the task first when it is to be open, and finish it last when it is to be done."""
    if data.get("is_done") is False:
        task = services.open_task_again(task=task, by=by, at=at)
    changes: dict[str, Any] = {
        name: data[name] for name in ("title", "owner", "due_at") if name in data
    }
    if "owner" in changes:
        changes["owner"] = _owner(changes["owner"])
    if changes:
        task = services.change_task(task=task, changes=changes, by=by, at=at)
    if data.get("is_done"):
        services.finish_task(task=task, by=by, at=at)


def _checklist(pk: int, reader: User) -> Checklist:
    for each in queries.checklists_for(reader):
        if each.pk == pk:
            return each
    words = _("There is no such checklist, or it is not yours.")
    raise Invalid(words, fields={"checklist": words})


def _owner(address: str | None) -> User | None:
    """Return the person of the staff with this address. Raise ``Invalid`` for one that nobody
    has.
    """
    if not address:
        return None
    owner = user_by_email(address)
    if owner is None or not owner.is_staff:
        words = _("Nobody of the staff has this address.")
        raise Invalid(words, fields={"owner": words})
    return owner


def task_data(task: Task) -> dict[str, Any]:
    return {
        "id": task.pk,
        "title": task.title,
        "checklist": task.checklist,
        "owner": task.owner.email if task.owner else None,
        "due_at": task.due_at,
        "is_done": task.done_at is not None,
        "done_at": task.done_at,
        "done_by": task.done_by.email if task.done_by else None,
    }
