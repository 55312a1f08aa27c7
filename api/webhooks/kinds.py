"""The kinds of events of a ticket that webhooks tell: verbs of the record, with short labels."""

from django.utils.translation import gettext_lazy as _

from escalation import verbs as escalation
from foundation.webhooks.kinds import EventKind
from sla import verbs as clocks
from tickets import verbs as tickets
from tickets.models import MessageKind

_message = tickets.message_verb

KINDS = (
    EventKind(tickets.RAISED, _("Ticket raised"), is_for_customers=True),
    EventKind(tickets.STATE_CHANGED, _("State changed"), is_for_customers=True),
    EventKind(tickets.CLASSIFIED, _("Classification changed"), is_for_customers=True),
    EventKind(_message(MessageKind.REPLY), _("Reply"), is_for_customers=True),
    EventKind(_message(MessageKind.STATEMENT), _("Attention statement"), is_for_customers=True),
    EventKind(_message(MessageKind.SOLUTION), _("Solution sent"), is_for_customers=True),
    EventKind(tickets.FOLLOWED_UP, _("Goes on in another ticket"), is_for_customers=True),
    EventKind(tickets.MERGED, _("Merged into another"), is_for_customers=True),
    EventKind(tickets.UNMERGED, _("No longer merged"), is_for_customers=True),
    EventKind(tickets.REQUESTER_CHANGED, _("Requester changed"), is_for_customers=True),
    EventKind(escalation.ESCALATED, _("Escalated"), is_for_customers=True),
    EventKind(_message(MessageKind.NOTE), _("Internal note")),
    EventKind(tickets.ASSIGNED, _("Assigned")),
    EventKind(tickets.CONTRACT_CHANGED, _("Contract changed")),
    EventKind(tickets.NUMBER_GIVEN, _("Number given at once")),
    EventKind(tickets.STAY_MARKED, _("Waits for something")),
    EventKind(tickets.STAY_UNMARKED, _("No longer waits")),
    EventKind(tickets.TAGGED, _("Tag put on")),
    EventKind(tickets.UNTAGGED, _("Tag taken off")),
    EventKind(tickets.LINKED, _("Linked")),
    EventKind(tickets.UNLINKED, _("Link removed")),
    EventKind(tickets.ABSORBED, _("Another was merged into it")),
    EventKind(tickets.RELEASED, _("Another is no longer merged into it")),
    EventKind(tickets.WATCHED, _("Follower added")),
    EventKind(tickets.UNWATCHED, _("Follower left")),
    EventKind(tickets.TIME_ADDED, _("Time added")),
    EventKind(tickets.TIME_REMOVED, _("Time removed")),
    EventKind(tickets.TASK_ADDED, _("Task added")),
    EventKind(tickets.TASK_CHANGED, _("Task changed")),
    EventKind(tickets.TASK_DONE, _("Task done")),
    EventKind(tickets.TASK_OPENED, _("Task open again")),
    EventKind(tickets.TASK_REMOVED, _("Task removed")),
    EventKind(tickets.SNOOZED, _("Ticket snoozed")),
    EventKind(tickets.WOKEN, _("No longer snoozed")),
    EventKind(tickets.CUSTOMER_REMINDED, _("Customer reminded")),
    EventKind(clocks.STARTED, _("Clock started")),
    EventKind(clocks.STOPPED, _("Clock stopped")),
    EventKind(clocks.WARNED, _("Clock at risk")),
    EventKind(clocks.BREACHED, _("Target missed")),
    EventKind(clocks.BREACH_TAKEN_BACK, _("Missed target taken back")),
    EventKind(clocks.REDATED, _("Due date moved by a calendar")),
    EventKind(clocks.RETARGETED, _("Target changed")),
    EventKind(escalation.ACKNOWLEDGED, _("Escalation acknowledged")),
    EventKind(escalation.DEESCALATED, _("No longer escalated")),
)
