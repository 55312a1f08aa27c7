"""Models of this app, re-exported from one module per subject."""

from tickets.models.analyses import DataChange, FunctionalAnalysis
from tickets.models.assignment import (
    MOST_HELD,
    AgentProfile,
    AssignmentChoice,
    GroupAssignment,
)
from tickets.models.conversation import Attachment, Message, MessageKind, StateInterval
from tickets.models.held import HeldFile, HeldMessage
from tickets.models.macros import MACRO_KINDS, MACRO_STEPS, Macro
from tickets.models.originals import OriginalText
from tickets.models.recurrences import NotRaised, Recurrence, RecurrenceDay
from tickets.models.relations import CHOSEN_LINKS, LinkKind, Merge, TicketLink, Watcher, link_label
from tickets.models.remote import LONGEST_SUMMARY, Consent, RemoteSession
from tickets.models.renames import Rename
from tickets.models.shared import Audience, SavedReply, SavedView, Shared
from tickets.models.signatures import LONGEST_SIGNATURE, Signature
from tickets.models.snoozes import Snooze
from tickets.models.tags import LONGEST_KEY, LONGEST_TAG, Tag, TicketTag, tag_key
from tickets.models.tasks import LONGEST_TITLE, Checklist, Task
from tickets.models.tickets import LAST, Ticket, format_number
from tickets.models.times import LONGEST_NOTE, MOST_MINUTES, Activity, TimeEntry
from tickets.models.visits import Visit

__all__ = [
    "Activity",
    "AgentProfile",
    "AssignmentChoice",
    "Attachment",
    "Audience",
    "CHOSEN_LINKS",
    "Checklist",
    "Consent",
    "DataChange",
    "FunctionalAnalysis",
    "GroupAssignment",
    "HeldFile",
    "HeldMessage",
    "LAST",
    "LONGEST_KEY",
    "LONGEST_NOTE",
    "LONGEST_SIGNATURE",
    "LONGEST_SUMMARY",
    "LONGEST_TAG",
    "LONGEST_TITLE",
    "LinkKind",
    "MACRO_KINDS",
    "MACRO_STEPS",
    "MOST_HELD",
    "MOST_MINUTES",
    "Macro",
    "Merge",
    "Message",
    "MessageKind",
    "NotRaised",
    "OriginalText",
    "Recurrence",
    "RecurrenceDay",
    "RemoteSession",
    "Rename",
    "SavedReply",
    "SavedView",
    "Shared",
    "Signature",
    "Snooze",
    "StateInterval",
    "Tag",
    "Task",
    "Ticket",
    "TicketLink",
    "TicketTag",
    "TimeEntry",
    "Visit",
    "Watcher",
    "format_number",
    "link_label",
    "tag_key",
]
