"""A ticket for what the customer wrote on another one (SPEC 3.13)."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.core.actor import Actor
from foundation.core.classification import Channel
from foundation.core.errors import Invalid
from tickets.models import Attachment, LinkKind, Message, Ticket
from tickets.queries import files_of, original_of, reads_text
from tickets.services.base import require_worker
from tickets.services.indexing import index_again
from tickets.services.linking import link_tickets
from tickets.services.raising import OLDEST_ARRIVAL, NewTicket, Written, raise_ticket


@transaction.atomic
def split_ticket(
    *, ticket: Ticket, message: Message | None, part: NewTicket, by: Actor, at: datetime
) -> Ticket:
    """Raise a ticket for a matter that the customer wrote on ``ticket``, in a message or, without
    one, in its description. Nothing moves: the text stays where it is, its files are on both, and a
    link says where the matter goes on. The times of the new ticket run from when it was written.

    Raises ``ActionNotAllowed`` for a person who may not work on the ticket; ``Invalid`` for a
    message of the desk or of another ticket, and for a requester of another customer; and what
    ``raise_ticket`` raises.
    """
    require_worker(ticket, by)
    if message is not None and (message.ticket_id != ticket.pk or message.is_from_staff):
        words = _("Only what the customer wrote on %(number)s is split off.")
        raise Invalid(words % {"number": ticket.number})
    if part.organization.pk != ticket.organization_id:
        words = _("Choose somebody of the customer of %(number)s.") % {"number": ticket.number}
        raise Invalid(words, fields={"requester": words})
    if reads_text(part.requester, ticket.pk, message):
        part = replace(part, description=_as_written(ticket, message, part.description))
    found = raise_ticket(request=replace(part, written=_written(ticket, message, at)), by=by, at=at)
    _share_files(ticket, message, found)
    link_tickets(ticket=found, other=ticket, kind=LinkKind.SPLIT, by=by, at=at)
    return found


def written_at(ticket: Ticket, message: Message | None, at: datetime) -> datetime:
    """Return the instant from which the times of a ticket run that is split off now: when its text
    was written, ``OLDEST_ARRIVAL`` ago at most.
    """
    written = message.created_at if message is not None else ticket.received_at
    return max(written, at - OLDEST_ARRIVAL)


def _written(ticket: Ticket, message: Message | None, at: datetime) -> Written:
    channel = message.channel if message is not None else ticket.channel
    return Written(written_at(ticket, message, at), Channel(channel))


def _as_written(ticket: Ticket, message: Message | None, text: str) -> str:
    """Return what was written, if the text is its masked copy: the part masks it again, and keeps
    it too.
    """
    shown = message.body if message is not None else ticket.description
    original = original_of(ticket, message) if text.strip() == shown.strip() else None
    return original.text if original is not None else text


def _share_files(ticket: Ticket, message: Message | None, part: Ticket) -> None:
    """Put the files of the text on the new ticket too, and into its index."""
    shared = Attachment.objects.bulk_create(
        Attachment(
            organization_id=file.organization_id,
            ticket=part,
            blob_id=file.blob_id,
            name=file.name,
            created_at=file.created_at,
        )
        for file in files_of(ticket, message)
    )
    if shared:
        index_again([part])
