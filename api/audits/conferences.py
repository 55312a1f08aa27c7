"""Conferences and site visits of an audit over the API (SPEC 9.3, 9.6)."""

from datetime import datetime

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from api.audits.answers import act_on, audit_act
from api.audits.serializers import (
    ConferenceBodySerializer,
    ConferenceSerializer,
    MoveSerializer,
    VisitAnswerSerializer,
    VisitBodySerializer,
    VisitSerializer,
)
from audits import services
from audits.models import VisitPlace

_ID = r"(?P<pk>[0-9]{1,18})"


class ConferencesMixin:
    @audit_act(ConferenceBodySerializer, ConferenceSerializer, code=status.HTTP_201_CREATED)
    def conferences(self, request: Request, number: str, *, at: datetime) -> Response:
        """Schedule a conference: everybody invited gets it for their calendar."""
        made = services.schedule_conference(**act_on(request, number, at, ConferenceBodySerializer))
        return Response(ConferenceSerializer(made).data, status=status.HTTP_201_CREATED)

    @audit_act(
        MoveSerializer,
        ConferenceSerializer,
        path=rf"conferences/{_ID}/move",
        name="move-conference",
    )
    def move_conference(self, request: Request, number: str, pk: str, *, at: datetime) -> Response:
        """Move a conference; everybody invited gets the new time and place."""
        given = act_on(request, number, at, MoveSerializer)
        moved = services.move_conference(**given, conference_id=int(pk))
        return Response(ConferenceSerializer(moved).data)

    @audit_act(
        None, ConferenceSerializer, path=rf"conferences/{_ID}/cancel", name="cancel-conference"
    )
    def cancel_conference(
        self, request: Request, number: str, pk: str, *, at: datetime
    ) -> Response:
        """Cancel a conference; everybody invited is told. A cancelled one stays as it is."""
        given = act_on(request, number, at)
        found = services.cancel_conference(**given, conference_id=int(pk))
        return Response(ConferenceSerializer(found).data)

    @audit_act(VisitBodySerializer, VisitSerializer, code=status.HTTP_201_CREATED)
    def visits(self, request: Request, number: str, *, at: datetime) -> Response:
        """Announce a visit to the site, as who asked for the audit or as a coordinator."""
        given = act_on(request, number, at, VisitBodySerializer)
        made = services.announce_visit(**given | {"place": VisitPlace(given["place"])})
        return Response(VisitSerializer(made).data, status=status.HTTP_201_CREATED)

    @audit_act(
        VisitAnswerSerializer, VisitSerializer, path=rf"visits/{_ID}/answer", name="answer-visit"
    )
    def answer_visit(self, request: Request, number: str, pk: str, *, at: datetime) -> Response:
        """Authorize a visit, or refuse it with what the customer reads."""
        given = act_on(request, number, at, VisitAnswerSerializer)
        answered = services.answer_visit(**given, visit_id=int(pk))
        return Response(VisitSerializer(answered).data)
