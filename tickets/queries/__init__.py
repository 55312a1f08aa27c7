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
from tickets.queries.counts import COUNT_LIMIT, counts_up_to_limit
from tickets.queries.due import due_for_closing, due_for_reminder
from tickets.queries.history import (
    Reclassified,
    TimelineEntry,
    changes_since,
    reclassifications,
    timeline,
)
from tickets.queries.hits import Hit, hits_of
from tickets.queries.intervals import (
    Held,
    intervals,
    intervals_of,
    time_held,
    time_held_by,
    turn_began_at,
)
from tickets.queries.lists import (
    active,
    at_risk,
    breached,
    desk_counts,
    desk_lists,
    ended,
    held_by_person,
    holders_of_active_tickets,
    in_queue_order,
    of_groups,
    waiting_for_customer,
    waiting_for_supplier,
)
from tickets.queries.saved_views import saved_views_for
from tickets.queries.searching import Search, matching, read_search
from tickets.queries.tickets import (
    TicketNotFound,
    find_by_number,
    followers_of,
    get_ticket,
    visible_to,
)
from tickets.queries.visits import Presence, Visitor, presence_in, visit_of, visitors_of

__all__ = [
    "COUNT_LIMIT",
    "ConversationItem",
    "ConversationPage",
    "Held",
    "Hit",
    "Presence",
    "Reclassified",
    "Search",
    "TicketNotFound",
    "TimelineEntry",
    "Visitor",
    "active",
    "at_risk",
    "attachments_of_description",
    "breached",
    "changes_since",
    "conversation",
    "counts_up_to_limit",
    "desk_counts",
    "desk_lists",
    "due_for_closing",
    "due_for_reminder",
    "ended",
    "find_by_number",
    "followers_of",
    "get_attachment",
    "get_ticket",
    "held_by_person",
    "hits_of",
    "holders_of_active_tickets",
    "in_queue_order",
    "intervals",
    "intervals_of",
    "last_message_id",
    "matching",
    "messages_after",
    "of_groups",
    "presence_in",
    "read_search",
    "saved_views_for",
    "reclassifications",
    "time_held",
    "time_held_by",
    "timeline",
    "turn_began_at",
    "visible_to",
    "visit_of",
    "visitors_of",
    "waiting_for_customer",
    "waiting_for_supplier",
]
