"""Models of this app, re-exported from one module per subject."""

from tickets.models.conversation import Attachment, Message, MessageKind, StateInterval
from tickets.models.held import HeldFile, HeldMessage
from tickets.models.renames import Rename
from tickets.models.shared import Audience, SavedReply, SavedView, Shared
from tickets.models.tickets import LAST, Ticket, format_number
from tickets.models.visits import Visit

__all__ = [
    "Attachment",
    "Audience",
    "HeldFile",
    "HeldMessage",
    "LAST",
    "Message",
    "MessageKind",
    "Rename",
    "SavedReply",
    "SavedView",
    "Shared",
    "StateInterval",
    "Ticket",
    "Visit",
    "format_number",
]
