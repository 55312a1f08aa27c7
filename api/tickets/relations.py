"""Links, merges, tags and followers over the API. For the staff."""

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
from foundation.accounts.models import User
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from tickets import queries, services
from tickets.models import CHOSEN_LINKS, LONGEST_TAG, LinkKind
from tickets.queries import Relation
from tickets.services import MOST_TAGS
from web.access import needs
from web.requests import actor, person

_STAFF_ONLY = gettext_lazy("Only staff can read or change links, tags and followers.")
_for_staff = method_decorator(needs(Capability.SEE_TICKETS, refusal=_STAFF_ONLY))


class NewLinkSerializer(BodySerializer):
    """What this ticket is to another one of the same customer."""

    kind = serializers.ChoiceField(choices=CHOSEN_LINKS)
    ticket = serializers.CharField(max_length=40, help_text="Number of the other ticket.")


class LinkSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=LinkKind.choices)
    is_source = serializers.BooleanField(
        help_text="True when this ticket is of the kind, false when the other one is."
    )
    ticket = serializers.CharField(help_text="Number of the other ticket.")


class NewMergeSerializer(BodySerializer):
    into = serializers.CharField(
        max_length=40, help_text="Number of the ticket in which the matter goes on."
    )


class NewFollowerSerializer(BodySerializer):
    person = serializers.EmailField(required=False, help_text="Left out: you.")


class FollowerSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.EmailField()
    is_staff = serializers.BooleanField()


class NewTagsSerializer(BodySerializer):
    tags = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_TAG), allow_empty=False, max_length=MOST_TAGS
    )


class TagSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class RelationActions:
    """Actions of ``TicketViewSet``."""

    @extend_schema(methods=["GET"], responses=LinkSerializer(many=True))
    @extend_schema(
        methods=["POST"], request=NewLinkSerializer, responses={201: LinkSerializer(many=True)}
    )
    @action(detail=True, methods=["get", "post"], pagination_class=None, filterset_class=None)
    @_for_staff
    @idempotent
    def links(self, request: Request, number: str, *, at: datetime) -> Response:
        """Show the links of the ticket, or add one; all of them come back."""
        ticket = queries.get_ticket(person(request), number)
        code: int = status.HTTP_200_OK
        if request.method == "POST":
            body = NewLinkSerializer(data=request.data)
            body.is_valid(raise_exception=True)
            services.link_tickets(
                ticket=ticket,
                other=queries.get_named_ticket(
                    person(request), body.validated_data["ticket"], field="ticket"
                ),
                kind=LinkKind(body.validated_data["kind"]),
                by=actor(request._request, Channel.API),
                at=at,
            )
            code = status.HTTP_201_CREATED
        relations = queries.relations_of(ticket, person(request))
        return Response([_link_data(each) for each in relations], status=code)

    @extend_schema(responses={204: None})
    @action(detail=True, methods=["delete"], url_path=r"links/(?P<link_id>[0-9]{1,18})")
    @_for_staff
    @idempotent
    def link(self, request: Request, number: str, link_id: str, *, at: datetime) -> Response:
        """Remove a link; one that is gone is gone."""
        ticket = queries.get_ticket(person(request), number)
        found = queries.link_of(ticket, int(link_id))
        if found is not None:
            by = actor(request._request, Channel.API)
            services.unlink_tickets(link=found, ticket=ticket, by=by, at=at)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(methods=["GET"], responses=TagSerializer(many=True))
    @extend_schema(
        methods=["POST"], request=NewTagsSerializer, responses={201: TagSerializer(many=True)}
    )
    @action(detail=True, methods=["get", "post"], pagination_class=None, filterset_class=None)
    @_for_staff
    @idempotent
    def tags(self, request: Request, number: str, *, at: datetime) -> Response:
        """Show the tags of the ticket, or add some; all of them come back."""
        ticket = queries.get_ticket(person(request), number)
        code: int = status.HTTP_200_OK
        if request.method == "POST":
            body = NewTagsSerializer(data=request.data)
            body.is_valid(raise_exception=True)
            by = actor(request._request, Channel.API)
            services.tag_ticket(ticket=ticket, names=body.validated_data["tags"], by=by, at=at)
            code = status.HTTP_201_CREATED
        return Response(TagSerializer(queries.tags_of(ticket), many=True).data, status=code)

    @extend_schema(responses={204: None})
    @action(
        detail=True,
        methods=["delete"],
        url_path=r"tags/(?P<tag_id>[0-9]{1,18})",
        url_name="tag",
    )
    @_for_staff
    @idempotent
    def untag(self, request: Request, number: str, tag_id: str, *, at: datetime) -> Response:
        """Take a tag off the ticket; one that is gone is gone."""
        ticket = queries.get_ticket(person(request), number)
        found = queries.tag_of(ticket, int(tag_id))
        if found is not None:
            by = actor(request._request, Channel.API)
            services.untag_ticket(ticket=ticket, tag=found, by=by, at=at)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(methods=["GET"], responses=FollowerSerializer(many=True))
    @extend_schema(
        methods=["POST"],
        request=NewFollowerSerializer,
        responses={201: FollowerSerializer(many=True)},
    )
    @action(detail=True, methods=["get", "post"], pagination_class=None, filterset_class=None)
    @_for_staff
    @idempotent
    def followers(self, request: Request, number: str, *, at: datetime) -> Response:
        """Show who follows the ticket, or add somebody; all of them come back. Somebody of the
        customer can then read and answer the ticket.
        """
        ticket = queries.get_ticket(person(request), number)
        code: int = status.HTTP_200_OK
        if request.method == "POST":
            body = NewFollowerSerializer(data=request.data)
            body.is_valid(raise_exception=True)
            address = body.validated_data.get("person")
            services.watch_ticket(
                ticket=ticket,
                person=services.get_followable(ticket, address, at=at, field="person")
                if address
                else person(request),
                by=actor(request._request, Channel.API),
                at=at,
            )
            code = status.HTTP_201_CREATED
        people = [each.person for each in queries.watchers_of(ticket)]
        return Response([_follower_data(each) for each in people], status=code)

    @extend_schema(responses={204: None})
    @action(detail=True, methods=["delete"], url_path=r"followers/(?P<person_id>[0-9]{1,18})")
    @_for_staff
    @idempotent
    def follower(self, request: Request, number: str, person_id: str, *, at: datetime) -> Response:
        """End that somebody follows the ticket; who does not follow it does not."""
        ticket = queries.get_ticket(person(request), number)
        follower = queries.watcher_of(ticket, int(person_id))
        if follower is not None:
            by = actor(request._request, Channel.API)
            services.unwatch_ticket(ticket=ticket, person=follower, by=by, at=at)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _link_data(relation: Relation) -> dict[str, Any]:
    return {
        "id": relation.link.pk,
        "kind": relation.link.kind,
        "is_source": relation.is_source,
        "ticket": relation.other.number,
    }


def _follower_data(follower: User) -> dict[str, Any]:
    return {
        "id": follower.pk,
        "name": follower.full_name,
        "email": follower.email,
        "is_staff": follower.is_staff,
    }
