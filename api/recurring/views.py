"""Recurring tickets over the API: read by the desk, planned by its supervisors."""

from datetime import datetime
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.idempotency import idempotent
from api.pagination import TicketPagination
from api.parameters import KnownParameters, expected_version, if_match
from api.recurring.serializers import (
    RecurrenceBodySerializer,
    RecurrenceDaySerializer,
    RecurrenceSerializer,
    ScheduleSerializer,
    day_data,
    recurrence_data,
    schedule_data,
)
from api.tickets.answers import IDEMPOTENCY, ticket_answer
from api.tickets.assigning import staff_by_email
from api.tickets.raising import new_ticket
from api.tickets.serializers import TicketSerializer
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from foundation.core.classification import Channel, Environment
from foundation.core.errors import Invalid
from tickets import queries, services
from tickets.models import Recurrence, RecurrenceDay
from tickets.recurrence import ClosedDays, parse_rule, wrong_start
from tickets.recurrence_words import rule_words
from tickets.services import RecurrencePlan
from web.access import needs
from web.requests import actor, person

_DESK_ONLY = gettext_lazy("Only the desk reads recurring tickets.")
_SUPERVISORS_ONLY = gettext_lazy("Only a supervisor of the desk plans recurring tickets.")
_for_desk = method_decorator(needs(Capability.WORK_TICKETS, refusal=_DESK_ONLY))
_for_supervisors = method_decorator(needs(Capability.SUPERVISE, refusal=_SUPERVISORS_ONLY))
_IF_MATCH = if_match("The ETag you read; 412 when somebody saved it meanwhile.")


class RecurrenceViewSet(KnownParameters, viewsets.GenericViewSet[Recurrence]):
    parameters: ClassVar = {
        "list": frozenset({"cursor"}),
        "days": frozenset({"cursor"}),
    }
    pagination_class = TicketPagination
    filterset_class = None
    lookup_value_regex = r"[0-9]{1,18}"
    lookup_url_kwarg = "recurrence_id"

    def get_queryset(self) -> QuerySet[Recurrence]:
        return Recurrence.objects.none()  # of the schema alone

    @extend_schema(responses=RecurrenceSerializer(many=True))
    @_for_desk
    def list(self, request: Request) -> Response:
        """List the recurring tickets of the customers that the caller serves, the newest first."""
        rows = self.paginate_queryset(queries.recurrences_for(person(request)))
        return self.get_paginated_response([recurrence_data(each) for each in rows or ()])

    @extend_schema(
        request=RecurrenceBodySerializer,
        responses={201: RecurrenceSerializer},
        parameters=[IDEMPOTENCY],
    )
    @_for_supervisors
    @idempotent
    def create(self, request: Request, *, at: datetime) -> Response:
        """Plan a recurring ticket."""
        found = services.save_recurrence(plan=_plan(request, at), by=_by(request), at=at)
        return _answer(found, status.HTTP_201_CREATED)

    @extend_schema(responses=RecurrenceSerializer)
    @_for_desk
    def retrieve(self, request: Request, recurrence_id: str) -> Response:
        return _answer(_recurrence(request, recurrence_id))

    @extend_schema(
        request=RecurrenceBodySerializer, responses=RecurrenceSerializer, parameters=[_IF_MATCH]
    )
    @_for_supervisors
    def update(self, request: Request, recurrence_id: str) -> Response:
        """Write the whole of a recurring ticket anew: what is left out has its default. It counts
        from now on; no day raises a second ticket.
        """
        now = timezone.now()
        found = services.save_recurrence(
            plan=_plan(request, now),
            recurrence=_recurrence(request, recurrence_id),
            expected_version=expected_version(request),
            by=_by(request),
            at=now,
        )
        return _answer(found)

    @extend_schema(responses={204: None})
    @_for_supervisors
    def destroy(self, request: Request, recurrence_id: str) -> Response:
        """Delete one that has not come due yet. Any other is refused: it can be paused."""
        found = _recurrence(request, recurrence_id)
        services.delete_recurrence(recurrence=found, by=_by(request), at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=RecurrenceBodySerializer, responses=ScheduleSerializer)
    @action(detail=False, methods=["post"])
    @_for_supervisors
    def preview(self, request: Request) -> Response:
        """Say when a recurring ticket would be raised; nothing is saved."""
        now = timezone.now()
        plan = _plan(request, now)
        times = queries.times_to_come(
            plan.rule,
            plan.starts_on,
            plan.at_time,
            closed=plan.closed_days,
            organization=plan.request.organization,
            at=now,
            count=5,
        )
        return Response(schedule_data(rule_words(plan.rule), times))

    @extend_schema(request=None, responses=RecurrenceSerializer)
    @action(detail=True, methods=["post"])
    @_for_supervisors
    def pause(self, request: Request, recurrence_id: str) -> Response:
        """Raise no more tickets until it is resumed."""
        found = _recurrence(request, recurrence_id)
        services.pause_recurrence(recurrence=found, by=_by(request), at=timezone.now())
        return _answer(_recurrence(request, recurrence_id))

    @extend_schema(request=None, responses=RecurrenceSerializer)
    @action(detail=True, methods=["post"])
    @_for_supervisors
    def resume(self, request: Request, recurrence_id: str) -> Response:
        """Raise tickets again, from now on."""
        found = _recurrence(request, recurrence_id)
        services.resume_recurrence(recurrence=found, by=_by(request), at=timezone.now())
        return _answer(_recurrence(request, recurrence_id))

    @extend_schema(responses=RecurrenceDaySerializer(many=True))
    @action(detail=True, methods=["get"])
    @_for_desk
    def days(self, request: Request, recurrence_id: str) -> Response:
        """List the days on which a ticket was due, with it or with the reason why there is none."""
        days: Any = queries.days_of(_recurrence(request, recurrence_id))
        rows: Any = self.paginate_queryset(days)
        return self.get_paginated_response([day_data(each) for each in rows or ()])

    @extend_schema(request=None, responses={201: TicketSerializer}, parameters=[IDEMPOTENCY])
    @action(
        detail=True,
        methods=["post"],
        url_path=r"days/(?P<day_id>[0-9]{1,18})/ticket",
        url_name="raise",
    )
    @_for_supervisors
    @idempotent
    def raise_now(
        self, request: Request, recurrence_id: str, day_id: str, *, at: datetime
    ) -> Response:
        """Raise the ticket of a day on which none was raised; its times run from now."""
        day: RecurrenceDay = queries.get_day(_recurrence(request, recurrence_id), int(day_id))
        ticket = services.raise_missed(day=day, by=_by(request), at=at)
        return ticket_answer(request, ticket, status.HTTP_201_CREATED)


def _recurrence(request: Request, recurrence_id: str) -> Recurrence:
    return queries.get_recurrence(person(request), int(recurrence_id))


def _answer(recurrence: Recurrence, code: int = status.HTTP_200_OK) -> Response:
    data = recurrence_data(recurrence)
    return Response(data, status=code, headers={"ETag": f'"{recurrence.version}"'})


def _by(request: Request) -> Actor:
    return actor(request._request, Channel.API)


def _plan(request: Request, at: datetime) -> RecurrencePlan:
    """Return what the body says. Raises ``Invalid``, by field."""
    body = RecurrenceBodySerializer(data=request.data)
    body.is_valid(raise_exception=True)
    data = body.validated_data
    if words := wrong_start(data["starts_on"]):
        raise Invalid(words, fields={"starts_on": words})
    ticket = new_ticket(request, {**data, "environment": Environment.PRODUCTION}, at)
    return RecurrencePlan(
        name=data["name"],
        request=ticket,
        rule=parse_rule(data["rule"]),
        starts_on=data["starts_on"],
        at_time=data["at_time"],
        closed_days=ClosedDays(data["closed_days"]),
        assignee=staff_by_email(data.get("assignee") or None),
        tags=", ".join(data["tags"]),
        tasks="\n".join(data["tasks"]),
    )
