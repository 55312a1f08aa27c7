"""What was written in texts of which a ticket shows a masked copy (SPEC 3.15)."""

from tickets.models import Message, OriginalText, Ticket


def original_of(ticket: Ticket, message: Message | None) -> OriginalText | None:
    """Return what was written in a message or, without one, in the ticket itself; None when nothing
    of it is masked. The caller has checked who reads it.
    """
    found = OriginalText.objects.filter(message=message)
    if message is None:
        found = found.filter(ticket=ticket)
    return found.order_by("pk").first()
