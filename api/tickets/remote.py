"""Sessions of remote support over the API. Customers read those of their tickets."""

from datetime import datetime
from typing import Any

from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import BodySerializer, InstantField, TextField
from api.idempotency import idempotent
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from tickets import queries, services
from tickets.models import LONGEST_SUMMARY, Consent, RemoteSession, Ticket
from tickets.services import NewSession
from web.access import needs
from web.requests import actor, person

_STAFF_ONLY = gettext_lazy("Only staff can note remote sessions.")
_for_staff = method_decorator(needs(Capability.SEE_TICKETS, refusal=_STAFF_ONLY))


class NewSessionSerializer(BodySerializer):
    """A session of the caller that has ended. The customer reads it."""

    tool = serializers.CharField(max_length=60)
    started_at = InstantField()
    ended_at = InstantField()
    consent_by = serializers.CharField(max_length=150, help_text="Who of the customer consented.")
    consent = serializers.ChoiceField(choices=Consent.choices)
    summary = TextField(max_length=LONGEST_SUMMARY)
    recording = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=500,
        help_text="An address, or where it is kept.",
    )


class SessionSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    ticket = serializers.CharField(help_text="This one or, for staff, one merged into it.")
    person = serializers.CharField()
    tool = serializers.CharField()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()
    consent_by = serializers.CharField()
    consent = serializers.ChoiceField(choices=Consent.choices)
    summary = serializers.CharField()
    recording = serializers.CharField()


class SessionActions:
    """Actions of ``TicketViewSet``."""

    @extend_schema(methods=["GET"], responses=SessionSerializer(many=True))
    @extend_schema(
        methods=["POST"],
        request=NewSessionSerializer,
        responses={201: SessionSerializer(many=True)},
    )
    @action(
        detail=True,
        methods=["get", "post"],
        pagination_class=None,
        filterset_class=None,
        url_path="remote-sessions",
    )
    @idempotent
    def remote_sessions(self, request: Request, number: str, *, at: datetime) -> Response:
        """Show the remote sessions of the ticket, or note one; all of them come back."""
        ticket = queries.get_ticket(person(request), number)
        code: int = status.HTTP_200_OK
        if request.method == "POST":
            self._note(request, ticket, at)
            code = status.HTTP_201_CREATED
        ids = [ticket.pk]
        if person(request).is_staff:
            ids += [each.pk for each in queries.absorbed_by(ticket)]
        return Response([_session_data(each) for each in queries.sessions_of(ids)], status=code)

    @extend_schema(responses={204: None})
    @action(
        detail=True,
        methods=["delete"],
        url_path=r"remote-sessions/(?P<session_id>[0-9]{1,18})",
        url_name="remote-session",
    )
    @_for_staff
    @idempotent
    def remote_session(
        self, request: Request, number: str, session_id: str, *, at: datetime
    ) -> Response:
        """Remove a session; one that is gone is gone."""
        ticket = queries.get_ticket(person(request), number)
        session = queries.session_of(ticket, int(session_id))
        if session is not None:
            by = actor(request._request, Channel.API)
            services.remove_session(session=session, by=by, at=at)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @_for_staff
    def _note(self, request: Request, ticket: Ticket, at: datetime) -> None:
        body = NewSessionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        session = NewSession(**body.validated_data)
        by = actor(request._request, Channel.API)
        services.note_session(ticket=ticket, session=session, by=by, at=at)


def _session_data(session: RemoteSession) -> dict[str, Any]:
    return {
        "id": session.pk,
        "ticket": session.ticket.number,
        "person": session.person.full_name,
        "tool": session.tool,
        "started_at": session.started_at,
        "ended_at": session.ended_at,
        "consent_by": session.consent_by,
        "consent": session.consent,
        "summary": session.summary,
        "recording": session.recording,
    }
