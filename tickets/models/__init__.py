"""Models of this app, re-exported from one module per subject."""

from tickets.models.conversation import Attachment, Message, MessageKind, StateInterval
from tickets.models.saved_views import SavedView, SavedViewAudience
from tickets.models.tickets import LAST, Ticket, format_number
from tickets.models.visits import Visit

__all__ = [
    "Attachment",
    "LAST",
    "Message",
    "MessageKind",
    "SavedView",
    "SavedViewAudience",
    "StateInterval",
    "Ticket",
    "Visit",
    "format_number",
]
