"""Models of this app, re-exported from one module per subject."""

from tickets.models.conversation import Attachment, Message, MessageKind, StateInterval
from tickets.models.tickets import LAST, Ticket, format_number

__all__ = [
    "Attachment",
    "LAST",
    "Message",
    "MessageKind",
    "StateInterval",
    "Ticket",
    "format_number",
]
