"""From the body of ``POST tickets/{number}/split/`` to the ticket that is split off."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from api.fields import BodySerializer, TextField
from catalog.queries import get_service
from foundation.accounts.models import Membership
from foundation.accounts.queries import membership_by_email, membership_of
from foundation.core.classification import Impact, Kind, Urgency
from foundation.core.errors import Invalid
from tickets import queries
from tickets.models import Message, Ticket
from tickets.services import NewTicket


class NewPartSerializer(BodySerializer):
    """What is left out is as in the ticket; the requester, who wrote it."""

    message = serializers.IntegerField(
        required=False, min_value=1, help_text="Of the customer; left out: the description."
    )
    subject = serializers.CharField(required=False, max_length=200)
    description = TextField(required=False, help_text="Left out: the text as it was written.")
    requester = serializers.EmailField(required=False)
    kind = serializers.ChoiceField(choices=Kind.choices, required=False)
    service = serializers.SlugField(required=False)
    impact = serializers.ChoiceField(choices=Impact.choices, required=False)
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False)


def message_to_split(ticket: Ticket, message_id: int | None) -> Message | None:
    """Return the message with this id; None without one. Raises ``Invalid`` for one that the ticket
    does not have.
    """
    if message_id is None:
        return None
    message = queries.message_of(ticket, message_id)
    if message is None or not message.is_public:
        words = _("There is no such message of the customer.")
        raise Invalid(words, fields={"message": words})
    return message


def part_of(ticket: Ticket, message: Message | None, data: dict[str, Any]) -> NewTicket:
    return NewTicket(
        membership=_requester(ticket, message, data.get("requester")),
        subject=data.get("subject", ticket.subject),
        description=data.get("description", message.body if message else ticket.description),
        kind=Kind(data.get("kind", ticket.kind)),
        service=get_service(data["service"]) if "service" in data else ticket.service,
        impact=Impact(data.get("impact", ticket.impact)),
        urgency=Urgency(data.get("urgency", ticket.urgency)),
    )


def _requester(ticket: Ticket, message: Message | None, address: str | None) -> Membership:
    """Return the membership of the named person; without a name, of who wrote the message or, when
    they are no member any more, of the ticket's requester. Raises ``Invalid`` for nobody.
    """
    if address:
        found = membership_by_email(ticket.organization_id, address)
    else:
        author_id = message.author_id if message is not None else None
        wrote = membership_of(author_id, ticket.organization_id) if author_id else None
        found = wrote or membership_of(ticket.requester_id, ticket.organization_id)
    if found is None:
        words = _("No valid user of that organization has this address.")
        raise Invalid(words, fields={"requester": words})
    return found
