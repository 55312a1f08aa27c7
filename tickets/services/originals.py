"""Texts with sensitive data: a masked copy in the ticket, what was written beside it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.queries import acting_person
from foundation.core.actor import Actor
from foundation.core.errors import NotFound
from tickets import verbs
from tickets.models import Message, OriginalText, Ticket
from tickets.queries import TicketNotFound, original_of, reads_text
from tickets.services.base import record_ticket


def keep_original(
    *,
    ticket: Ticket,
    message: Message | None = None,
    subject: str = "",
    text: str,
    answers: list[dict[str, str]] | None = None,
) -> None:
    """Keep what was written in a message or, without one, in the ticket itself, whose masked copy
    differs from it.
    """
    OriginalText.objects.create(
        organization_id=ticket.organization_id,
        ticket=ticket,
        message=message,
        subject=subject,
        text=text,
        answers=answers or [],
    )


@transaction.atomic
def show_original(
    *, ticket: Ticket, message: Message | None, by: Actor, at: datetime
) -> OriginalText:
    """Return what was written in a message of the ticket or, without one, in the ticket itself, and
    record who reads it, also on the absorbed ticket on which the message was written.

    Raises ``NotFound`` when nothing of it is masked, and ``TicketNotFound`` when the person may not
    read it: nobody a ticket that they do not see, a customer no internal note.
    """
    if not reads_text(acting_person(by), ticket.pk, message):
        raise TicketNotFound(_("There is no such message, or you have no access to it."))
    found = original_of(ticket, message)
    if found is None:
        raise NotFound(_("Nothing of this text is masked."))
    kinds = message.sensitive if message is not None else ticket.sensitive
    for each in {place.pk: place for place in (*_places_of(message), ticket)}.values():
        record_ticket(
            each,
            verbs.ORIGINAL_SHOWN,
            by=by,
            at=at,
            message=message.pk if message is not None else None,
            kinds=kinds,
        )
    return found


def _places_of(message: Message | None) -> list[Ticket]:
    """Return the tickets in whose conversation a message stands: its own, and the absorbed one on
    which it was written.
    """
    if message is None:
        return []
    return [place for place in (message.ticket, message.through) if place is not None]
