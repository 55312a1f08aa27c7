"""What was written on a ticket, over the API: its messages with their files, and what they mask."""

from typing import Any

from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.tickets.messages import MessageSerializer
from foundation.accounts.models import User
from foundation.core.classification import Channel
from foundation.core.errors import Invalid
from tickets import queries, services
from tickets.models import Attachment, Message, Ticket, format_number
from tickets.queries import ConversationItem, ConversationPage, TicketNotFound
from web.requests import actor, is_id, person
from web.views import file_response

_BEFORE = OpenApiParameter(
    "before", int, description="The id of a message: those before it come, the newest last."
)


class FileSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    content_type = serializers.CharField()
    size_bytes = serializers.IntegerField()


class ReadMessageSerializer(MessageSerializer):
    ticket = serializers.CharField(help_text="The number of the ticket on which it was written.")
    files = FileSerializer(many=True)

    class Meta(MessageSerializer.Meta):
        fields = ("ticket", *MessageSerializer.Meta.fields, "files")  # type: ignore[assignment]


class ConversationSerializer(serializers.Serializer[Any]):
    """Up to 100 messages, oldest first. ``files`` are those of the description."""

    earlier = serializers.IntegerField(help_text="How many messages lie before these.")
    files = FileSerializer(many=True)
    messages = ReadMessageSerializer(many=True)


class OriginalSerializer(serializers.Serializer[Any]):
    """A text as it was written. Of a message: ``text`` alone."""

    subject = serializers.CharField()
    text = serializers.CharField()
    answers = serializers.ListField(child=serializers.DictField())


class ConversationActions:
    """Actions of ``TicketViewSet``. Passwords and numbers of cards and of people are masked in
    every text of a ticket; reading what was written is recorded.
    """

    @extend_schema(responses=ConversationSerializer, parameters=[_BEFORE])
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def messages(self, request: Request, number: str) -> Response:
        """Read the conversation as the page shows it: internal notes and the messages of merged
        tickets for the staff alone.
        """
        reader = person(request)
        ticket = queries.get_ticket(reader, number)
        page = queries.conversation(
            ticket,
            with_notes=reader.is_staff,
            absorbed=queries.absorbed_by(ticket) if reader.is_staff else (),
            before=_before(request),
        )
        return Response(_conversation_data(ticket, page))

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(
        detail=True,
        methods=["get"],
        url_path=r"files/(?P<file_id>[0-9]{1,18})",
        url_name="file",
        pagination_class=None,
        filterset_class=None,
    )
    def file(self, request: Request, number: str, file_id: str) -> FileResponse:
        """Download a file of the ticket."""
        reader = person(request)
        ticket = queries.get_ticket(reader, number)
        found, blob = queries.get_attachment(reader, int(file_id))
        _require_on(ticket, reader, found.ticket_id, found.message)
        return file_response(blob, found.name)

    @extend_schema(request=None, responses=OriginalSerializer)
    @action(detail=True, methods=["post"])
    def original(self, request: Request, number: str) -> Response:
        """Read subject, description and answers as they were written, where they are masked; that
        is recorded.
        """
        ticket = queries.get_ticket(person(request), number)
        return _original(request, ticket, None)

    @extend_schema(request=None, responses=OriginalSerializer)
    @action(
        detail=True,
        methods=["post"],
        url_path=r"messages/(?P<message_id>[0-9]{1,18})/original",
        url_name="message-original",
    )
    def message_original(self, request: Request, number: str, message_id: str) -> Response:
        """Read a message as it was written, where it is masked; that is recorded."""
        reader = person(request)
        ticket = queries.get_ticket(reader, number)
        message = queries.get_message(reader, int(message_id))
        _require_on(ticket, reader, message.ticket_id, message)
        return _original(request, message.ticket, message)


def _require_on(ticket: Ticket, reader: User, ticket_id: int, message: Message | None) -> None:
    """Raise ``TicketNotFound`` for what the conversation of the ticket does not show: it shows what
    was written on it and, to the staff, on the tickets that were merged into it.
    """
    shown = {ticket.pk}
    if reader.is_staff:
        shown |= {each.pk for each in queries.absorbed_by(ticket)}
    if shown.isdisjoint({ticket_id, message.through_id if message is not None else None}):
        raise TicketNotFound(_("There is no such message or file on this ticket."))


def _original(request: Request, ticket: Ticket, message: Message | None) -> Response:
    """Return what was written. No answer is kept for a repeated request: it has the secret, and
    each reading is recorded.
    """
    by = actor(request._request, Channel.API)
    found = services.show_original(ticket=ticket, message=message, by=by, at=timezone.now())
    data = {"subject": found.subject, "text": found.text, "answers": found.answers}
    return Response(data, headers={"Cache-Control": "private, no-store"})


def _before(request: Request) -> int | None:
    """Return ``?before=``. Raises ``Invalid`` for what is no id."""
    given = request.query_params.get("before")
    if given is None:
        return None
    if not is_id(given):
        words = _("Give the id of a message.")
        raise Invalid(words, fields={"before": words})
    return int(given)


def _conversation_data(ticket: Ticket, page: ConversationPage) -> dict[str, Any]:
    described = queries.attachments_of_description(ticket)
    return {
        "earlier": page.earlier,
        "files": [_file_data(file) for file in described],
        "messages": [message_data(item) for item in page],
    }


def message_data(item: ConversationItem) -> dict[str, Any]:
    """Return the shape of ``ReadMessageSerializer``."""
    message = item.message
    return {
        "ticket": format_number(message.through_id or message.ticket_id),
        **MessageSerializer(message).data,
        "files": [_file_data(file) for file in item.attachments],
    }


def _file_data(file: Attachment) -> dict[str, Any]:
    return {
        "id": file.pk,
        "name": file.name,
        "content_type": file.blob.content_type,
        "size_bytes": file.blob.size_bytes,
    }
