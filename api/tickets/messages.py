"""Messages of a ticket over the API, as they are read and written."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.fields import BodySerializer, InstantField, TextField
from api.tickets.serializers import SENSITIVE_WORDS, kinds_list
from api.tickets.times import SPENT_WORDS, SpentSerializer
from foundation.core.sensitive import Sensitive
from tickets.models import Message, MessageKind
from tickets.notices import has_reader
from tickets.services import MOST_COPIES

_SENSITIVE = serializers.ListField(child=serializers.ChoiceField(choices=Sensitive.choices))


class MessageSerializer(serializers.ModelSerializer[Message]):
    author = serializers.SerializerMethodField()
    cc = serializers.ListField(
        child=serializers.EmailField(),
        read_only=True,
        help_text="Who else got it by e-mail.",
    )
    sensitive = serializers.SerializerMethodField(help_text=SENSITIVE_WORDS)

    class Meta:
        model = Message
        fields = (
            "id",
            "kind",
            "author",
            "is_from_staff",
            "body",
            "sensitive",
            "channel",
            "created_at",
            "estimated_at",
            "cc",
        )

    @extend_schema_field(_SENSITIVE)
    def get_sensitive(self, message: Message) -> list[str]:
        return kinds_list(message.sensitive)

    def get_author(self, message: Message) -> str | None:
        return message.author.full_name if message.author else None


class SentMessageSerializer(MessageSerializer):
    requester_has_access = serializers.SerializerMethodField(
        help_text="False when the requester left: the message is kept, and nobody was told."
    )

    class Meta(MessageSerializer.Meta):
        fields = (  # type: ignore[assignment]
            *MessageSerializer.Meta.fields,
            "requester_has_access",
        )

    def get_requester_has_access(self, message: Message) -> bool:
        return has_reader(message.ticket)


class NewReplySerializer(BodySerializer):
    """``kind`` is for the staff: reply (public), statement (with ``estimated_at``) or note
    (internal). ``still_fails`` is for the customer and needed on a solved ticket: true declines
    the solution, false only adds the message.
    """

    body = TextField()
    kind = serializers.ChoiceField(
        choices=[c for c in MessageKind.choices if c[0] != MessageKind.SOLUTION],
        default=MessageKind.REPLY,
    )
    estimated_at = InstantField(required=False, allow_null=True)
    still_fails = serializers.BooleanField(required=False, allow_null=True, default=None)
    spent = SpentSerializer(required=False, allow_null=True, default=None, help_text=SPENT_WORDS)
    cc = serializers.ListField(
        child=serializers.CharField(max_length=400),
        default=list,
        max_length=MOST_COPIES,
        help_text="For the staff, with a reply or a statement: who gets it by e-mail too.",
    )
    bcc = serializers.ListField(
        child=serializers.CharField(max_length=400),
        default=list,
        max_length=MOST_COPIES,
        help_text="As cc, without the customer seeing them.",
    )


class NewFollowUpSerializer(BodySerializer):
    """What the customer writes after a ticket has ended for good."""

    body = TextField()
