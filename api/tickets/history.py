"""What happened on a ticket, over the API (SPEC 3.14)."""

from typing import Any

from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from foundation.accounts.roles import Capability
from tickets import queries
from web.access import needs
from web.requests import person
from web.timeline import author_words, sentence

_STAFF_ONLY = gettext_lazy("Only staff can read the history of a ticket.")


class FactSerializer(serializers.Serializer[Any]):
    """One fact of the record, which is never changed."""

    at = serializers.DateTimeField()
    verb = serializers.CharField(help_text="A stable code, such as ticket.state_changed.")
    by = serializers.CharField(help_text="Who did it and through which channel, as words.")
    sentence = serializers.CharField(help_text="In the caller's language.")


class HistoryAction:
    """Action of ``TicketViewSet``."""

    @extend_schema(responses=FactSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    @method_decorator(needs(Capability.SEE_TICKETS, refusal=_STAFF_ONLY))
    def history(self, request: Request, number: str) -> Response:
        """Read everything that happened on the ticket, oldest first: the history of its page."""
        ticket = queries.get_ticket(person(request), number)
        zone = ticket.organization.time_zone
        return Response(
            [
                {
                    "at": entry.at,
                    "verb": entry.verb,
                    "by": author_words(entry),
                    "sentence": sentence(entry, zone),
                }
                for entry in queries.timeline(ticket)
            ]
        )
