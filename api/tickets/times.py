"""The time worked on tickets over the API. For the staff."""

from datetime import datetime
from typing import Any

from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import BodySerializer
from api.idempotency import idempotent
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from tickets import queries, services
from tickets.models import LONGEST_NOTE, MOST_MINUTES, Activity, TimeEntry
from tickets.services import Spent
from web.access import needs
from web.requests import actor, person

_STAFF_ONLY = gettext_lazy("Only staff can read or enter the time worked.")
_for_staff = method_decorator(needs(Capability.SEE_TICKETS, refusal=_STAFF_ONLY))


class SpentSerializer(BodySerializer):
    """Time that the caller worked."""

    minutes = serializers.IntegerField(min_value=1, max_value=MOST_MINUTES)
    activity = serializers.ChoiceField(choices=Activity.choices, default=Activity.ANALYSIS)


SPENT_WORDS = "Time that you worked; some contracts ask for it."


class NewTimeSerializer(SpentSerializer):
    worked_on = serializers.DateField(
        required=False, help_text="Left out: today, in the desk's time zone."
    )
    note = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=LONGEST_NOTE
    )


class TimeSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    person = serializers.EmailField()
    minutes = serializers.IntegerField()
    counted_minutes = serializers.IntegerField(
        help_text="Rounded up to a multiple of the contract's billing increment."
    )
    activity = serializers.ChoiceField(choices=Activity.choices)
    worked_on = serializers.DateField()
    note = serializers.CharField()


class TimeActions:
    """Actions of ``TicketViewSet``."""

    @extend_schema(methods=["GET"], responses=TimeSerializer(many=True))
    @extend_schema(
        methods=["POST"], request=NewTimeSerializer, responses={201: TimeSerializer(many=True)}
    )
    @action(detail=True, methods=["get", "post"], pagination_class=None, filterset_class=None)
    @_for_staff
    @idempotent
    def times(self, request: Request, number: str, *, at: datetime) -> Response:
        """Show the time worked on the ticket, or enter some of the caller; all of it comes back."""
        ticket = queries.get_ticket(person(request), number)
        code: int = status.HTTP_200_OK
        if request.method == "POST":
            body = NewTimeSerializer(data=request.data)
            body.is_valid(raise_exception=True)
            data = body.validated_data
            spent = Spent(
                data["minutes"], Activity(data["activity"]), data.get("worked_on"), data["note"]
            )
            by = actor(request._request, Channel.API)
            services.enter_time(ticket=ticket, spent=spent, by=by, at=at)
            code = status.HTTP_201_CREATED
        return Response([_time_data(each) for each in queries.times_of([ticket.pk])], status=code)

    @extend_schema(responses={204: None})
    @action(
        detail=True,
        methods=["delete"],
        url_path=r"times/(?P<entry_id>[0-9]{1,18})",
        url_name="time",
    )
    @_for_staff
    @idempotent
    def time(self, request: Request, number: str, entry_id: str, *, at: datetime) -> Response:
        """Remove an entry; one that is gone is gone."""
        ticket = queries.get_ticket(person(request), number)
        entry = queries.time_of(ticket, int(entry_id))
        if entry is not None:
            services.remove_time(entry=entry, by=actor(request._request, Channel.API), at=at)
        return Response(status=status.HTTP_204_NO_CONTENT)


def spent_of(data: dict[str, Any] | None) -> Spent | None:
    """Return the time that comes with a message or a step; None without one."""
    return Spent(data["minutes"], Activity(data["activity"])) if data else None


def _time_data(entry: TimeEntry) -> dict[str, Any]:
    return {
        "id": entry.pk,
        "person": entry.person.email,
        "minutes": entry.minutes,
        "counted_minutes": int(entry.counted.total_seconds()) // 60,
        "activity": entry.activity,
        "worked_on": entry.worked_on,
        "note": entry.note,
    }
