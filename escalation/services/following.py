"""What follows when clocks cross a threshold: letters, an escalation after a breach, rules."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from escalation import notices
from escalation.models import Cause, Trigger
from escalation.rules import Occurrence
from escalation.services.batching import Batch
from escalation.services.climbing import escalate
from escalation.services.ruling import finish, judge
from sla.clocks.models import Clock
from sla.events import ClockBreached, ClockEvent
from tickets.services.base import locked_tickets


@transaction.atomic
def follow_clocks(*, clocks: Sequence[ClockEvent], in_sets: bool = False, at: datetime) -> None:
    """Notify whoever holds the tickets, move the ladder of each ticket with a breach, and apply the
    rules. The clocks are of one organization. ``in_sets`` as of ``Batch``. Locks the tickets.
    """
    tickets = locked_tickets(
        {event.ticket_id for event in clocks},
        "organization",
        "contract",
        "requester",
        "assignee",
        "owner",
    )
    batch = Batch(tickets, at=at, in_sets=in_sets)
    rows = Clock.objects.in_bulk([event.clock_id for event in clocks])
    for event in clocks:
        ticket = batch.tickets[event.ticket_id]
        batch.letters += notices.clock_letters(
            ticket=ticket,
            clock=rows[event.clock_id],
            segment_id=event.segment_id,
            percent=event.percent,
            duty=batch.duty,
        )
        subject = f"{event.clock_id}:{event.segment_id}"
        if isinstance(event, ClockBreached):
            # One step per segment, also when its first breach was taken back after the system clock
            # jumped (ADR 14).
            escalate(batch, ticket, cause=Cause.BREACH, cause_key=f"breach:{subject}")
        occurrence = Occurrence(
            f"clock:{subject}:{event.percent}",
            Trigger.CLOCK,
            metric=event.metric,
            percent=event.percent,
        )
        judge(batch, ticket, occurrence)
    finish(batch)
