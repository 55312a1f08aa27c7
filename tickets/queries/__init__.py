"""Read-only queries on tickets, re-exported from one module per subject."""

from tickets.queries.conversation import (
    ConversationItem,
    ConversationPage,
    attachments_of_description,
    conversation,
    get_attachment,
    last_message_id,
    messages_after,
)
from tickets.queries.due import due_for_closing, due_for_reminder
from tickets.queries.history import (
    Reclassified,
    TimelineEntry,
    changes_since,
    reclassifications,
    timeline,
)
from tickets.queries.intervals import Held, intervals, time_held, time_held_by
from tickets.queries.lists import (
    COUNT_LIMIT,
    active,
    at_risk,
    breached,
    desk_counts,
    ended,
    holders_of_active_tickets,
    in_queue_order,
    matching,
    waiting_for_customer,
)
from tickets.queries.tickets import (
    TicketNotFound,
    find_by_number,
    followers_of,
    get_ticket,
    visible_to,
)

__all__ = [
    "COUNT_LIMIT",
    "ConversationItem",
    "ConversationPage",
    "Held",
    "Reclassified",
    "TicketNotFound",
    "TimelineEntry",
    "active",
    "at_risk",
    "attachments_of_description",
    "breached",
    "changes_since",
    "conversation",
    "desk_counts",
    "due_for_closing",
    "due_for_reminder",
    "ended",
    "find_by_number",
    "followers_of",
    "get_attachment",
    "get_ticket",
    "holders_of_active_tickets",
    "in_queue_order",
    "intervals",
    "last_message_id",
    "matching",
    "messages_after",
    "reclassifications",
    "time_held",
    "time_held_by",
    "timeline",
    "visible_to",
    "waiting_for_customer",
]
