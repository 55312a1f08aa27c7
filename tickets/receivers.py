from django.db import transaction

from foundation.accounts.models import Organization, Team, User
from foundation.configuration.events import ConfigurationChanged
from foundation.core.enqueuing import enqueue, enqueue_after_commit
from foundation.duty.models import Absence
from tickets import queries, services
from tickets.events import TicketAssigned, TicketRaised, TicketStateChanged
from tickets.models import AgentProfile, GroupAssignment, Rename
from tickets.states import DESK_TURN, FINAL, State
from tickets.tasks import ASSIGNMENT, sweep_absences, sweep_assignment, sweep_renames

# What of them stands in the search index.
_NAMES = {
    User._meta.label_lower: (Rename.Kind.PERSON, {"full_name", "email"}),
    Organization._meta.label_lower: (Rename.Kind.ORGANIZATION, {"name"}),
}

# By what automatic assignment goes.
_ASSIGNS_BY = {AgentProfile._meta.label_lower, GroupAssignment._meta.label_lower}


def on_configuration_changed(event: ConfigurationChanged) -> None:
    """Return the tickets of a person who was changed, or, when a group was changed, of everybody
    who may have lost customers by it, unless they may still hold them. After another name, have the
    search index of its tickets written anew.
    """
    kind, names = _NAMES.get(event.object_type, (None, frozenset()))
    if kind is not None and names.intersection(event.fields):
        services.note_rename(kind=kind, object_id=event.object_id, at=event.at)
        enqueue_after_commit(sweep_renames)
    if event.object_type == User._meta.label_lower:
        holders = User.objects.filter(pk=event.object_id)
    elif event.object_type == Team._meta.label_lower:
        holders = queries.holders_of_active_tickets()
    else:
        if event.object_type in _ASSIGNS_BY:
            services.forget_groups()
            enqueue_after_commit(sweep_assignment)
        elif event.object_type == Absence._meta.label_lower:
            enqueue_after_commit(sweep_absences)
        return
    for holder in holders.order_by("pk"):
        services.return_tickets(holder=holder, at=event.at)


def on_ticket_waits(event: TicketRaised | TicketStateChanged | TicketAssigned) -> None:
    """Have a ticket that may wait for an assignee assigned at once; the sweep takes every other."""
    is_given = isinstance(event, TicketAssigned) and event.assignee_id is not None
    rests = isinstance(event, TicketStateChanged) and event.to_state not in DESK_TURN
    if not (is_given or rests) and queries.has_automatic_groups():
        transaction.on_commit(_wake_assignment, robust=True)


def _wake_assignment() -> None:
    """Enqueue one task for all the tickets that come meanwhile: the queue has the clocks in it."""
    if ASSIGNMENT.is_needed():
        enqueue(sweep_assignment)


def on_ticket_resumed(event: TicketStateChanged) -> None:
    """A ticket that had ended, or was solved, goes on: give it back if whoever had it may not hold
    it any more.
    """
    if event.from_state in {*FINAL, State.SOLVED} and event.to_state in DESK_TURN:
        services.return_resumed(ticket_id=event.ticket_id, at=event.at)
