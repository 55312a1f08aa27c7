"""Views of the desk's queue over the API: the lists that everybody has, and what was saved."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import BodySerializer
from api.idempotency import idempotent
from api.parameters import KnownParameters
from api.tickets.answers import IDEMPOTENCY
from api.tickets.serializers import LIST_COLUMNS, TicketListSerializer, listed_ticket_data
from foundation.accounts.models import Team, User
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from foundation.core.errors import Invalid, NotFound
from sla.clocks.queries import clocks_of, shown_to
from tickets import services
from tickets.models import Audience, SavedView, Ticket
from web.access import needs
from web.keyset import keyset_page
from web.queue.filters import QueueFilter
from web.queue.lists import LISTS, ORDERS
from web.queue.reading import Reading
from web.queue.saved import saved_views
from web.requests import actor, person, public_address

PER_PAGE = 50
_STAFF_ONLY = gettext_lazy("Only staff can read the views of the queue.")
_for_staff = method_decorator(needs(Capability.SEE_TICKETS, refusal=_STAFF_ONLY))
_KEYS = ("view", "sort", *QueueFilter.base_filters)
_PAGES = [
    OpenApiParameter(name, str, description="From next or previous.")
    for name in ("after", "before")
]


class SavedViewSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    owner = serializers.EmailField()
    audience = serializers.ChoiceField(choices=Audience.choices)
    group = serializers.CharField(allow_null=True, help_text="Name of the group that sees it.")
    query = serializers.DictField(
        child=serializers.CharField(), help_text="As in the address of the queue."
    )


class NewSavedViewSerializer(BodySerializer):
    """One of the caller's own with this name is replaced."""

    name = serializers.CharField(max_length=60)
    audience = serializers.ChoiceField(choices=Audience.choices, default=Audience.MINE)
    group = serializers.CharField(required=False, help_text="Of the audience group: its name.")
    query = serializers.DictField(
        child=serializers.CharField(max_length=200),
        help_text=f"Of {', '.join(_KEYS)}. view is one of {', '.join(LISTS)}; sort one of "
        f"{', '.join(ORDERS)}.",
    )

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if data["audience"] == Audience.GROUP and "group" not in data:
            raise serializers.ValidationError({"group": [_("Choose the group.")]})
        return data


class PageOfTicketsSerializer(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = TicketListSerializer(many=True)


class SavedViewViewSet(KnownParameters, viewsets.ViewSet):
    parameters: ClassVar = {"tickets": frozenset({"after", "before"})}
    lookup_url_kwarg = "view"
    lookup_value_regex = r"[0-9]{1,18}|[a-z_]{1,20}"

    @extend_schema(responses=SavedViewSerializer(many=True))
    @_for_staff
    def list(self, request: Request) -> Response:
        """List the saved views of the caller, of their groups, and the public ones."""
        return Response([_data(each) for each in saved_views(person(request))])

    @extend_schema(
        request=NewSavedViewSerializer,
        responses={201: SavedViewSerializer},
        parameters=[IDEMPOTENCY],
    )
    @_for_staff
    @idempotent
    def create(self, request: Request, *, at: datetime) -> Response:
        """Save a view under a name."""
        body = NewSavedViewSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        view = services.save_view(
            name=data["name"],
            query=_query(request, data["query"], at),
            audience=data["audience"],
            team=_team(data.get("group")),
            by=actor(request._request, Channel.API),
            at=at,
        )
        return Response(_data(view), status=status.HTTP_201_CREATED)

    @extend_schema(responses=SavedViewSerializer)
    @_for_staff
    def retrieve(self, request: Request, view: str) -> Response:
        """Read a saved view."""
        return Response(_data(_saved(person(request), view)))

    @extend_schema(responses={204: None})
    @_for_staff
    def destroy(self, request: Request, view: str) -> Response:
        """Delete a view of one's own, or one that others see, as a supervisor."""
        by = actor(request._request, Channel.API)
        services.delete_view(view_id=_saved(person(request), view).pk, by=by)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=PageOfTicketsSerializer, parameters=_PAGES)
    @action(detail=True, methods=["get"])
    @_for_staff
    def tickets(self, request: Request, view: str) -> Response:
        """Read the tickets of a view, in its order, 50 a page: one that was saved, by its id, or
        one that everybody has, by its name, such as mine, unassigned, at_risk or all.
        """
        reader = person(request)
        query = f"view={view}" if view in LISTS else _saved(reader, view).query
        reading = Reading(request._request, timezone.now(), QueryDict(query))
        page = keyset_page(
            reading.tickets,
            ORDERS[reading.order],
            PER_PAGE,
            after=request.query_params.get("after", ""),
            before=request.query_params.get("before", ""),
        )
        if reading.refusal:
            raise Invalid(reading.refusal)
        return Response(
            {
                "next": _address(request, after=page.after),
                "previous": _address(request, before=page.before),
                "results": _listed([ticket.pk for ticket in page.rows], reader),
            }
        )


def _saved(reader: User, view: str) -> SavedView:
    for each in saved_views(reader):
        if str(each.pk) == view:
            return each
    raise NotFound(_("There is no such view, or it is not yours."))


def _query(request: Request, given: Mapping[str, str], at: datetime) -> str:
    """Return what a view keeps. Raises ``Invalid`` for a name or a value that says nothing."""
    address = QueryDict(urlencode({"view": "all", **given}))
    reading = Reading(request._request, at, address)
    known = _("Unknown. Known: %(known)s.") % {"known": ", ".join(_KEYS)}
    wrong = dict.fromkeys(given.keys() - {*_KEYS}, known)
    if reading.tickets.query.is_empty() and reading.refusal:
        wrong["q"] = reading.refusal
    wrong |= dict.fromkeys(reading.left_out, _("There is nothing like that."))
    if address["view"] not in LISTS:
        wrong["view"] = _("Use one of %(codes)s.") % {"codes": ", ".join(LISTS)}
    if address.get("sort", "clock") not in ORDERS:
        wrong["sort"] = _("Use one of %(codes)s.") % {"codes": ", ".join(ORDERS)}
    if wrong:
        words = "; ".join(f"{name}: {why}" for name, why in sorted(wrong.items()))
        raise Invalid(words, fields={"query": words})
    return reading.query()


def _team(name: str | None) -> Team | None:
    """Return the group with this name. Raises ``Invalid``."""
    found = Team.objects.filter(name=name).order_by("pk").first() if name is not None else None
    if name is not None and found is None:
        words = _("There is no such support group.")
        raise Invalid(words, fields={"group": words})
    return found


def _data(view: SavedView) -> dict[str, Any]:
    return {
        "id": view.pk,
        "name": view.name,
        "owner": view.owner.email,
        "audience": view.audience,
        "group": view.team.name if view.team is not None else None,
        "query": QueryDict(view.query).dict(),
    }


def _listed(ids: list[int], reader: User) -> list[dict[str, Any]]:
    rows = {row["id"]: row for row in Ticket.objects.filter(pk__in=ids).values(*LIST_COLUMNS)}
    clocks = clocks_of(ids)
    return [listed_ticket_data(rows[pk], shown_to(reader, clocks[pk])) for pk in ids]


def _address(request: Request, **mark: str) -> str | None:
    """Return the address of a page beside this one; None where there is none."""
    ((name, value),) = mark.items()
    return public_address(f"{request.path}?{name}={value}") if value else None
