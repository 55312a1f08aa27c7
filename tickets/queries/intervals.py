"""State intervals of tickets, and the time of each holder's turns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tickets.models import StateInterval, Ticket
from tickets.states import HOLDERS, Holder, State


def intervals(ticket_id: int) -> list[StateInterval]:
    return list(StateInterval.objects.filter(ticket_id=ticket_id).order_by("started_at", "pk"))


@dataclass(frozen=True)
class Held:
    """Elapsed time during which it was one holder's turn."""

    holder: Holder
    time: timedelta


def time_held(rows: Sequence[StateInterval], at: datetime) -> list[Held]:
    """Return the elapsed time per holder up to ``at``, in the order desk, customer, supplier. Leave
    out a holder who never had a turn.
    """
    held: dict[Holder, timedelta] = {}
    for interval in rows:
        holder = HOLDERS.get(State(interval.state))
        if holder is not None:
            held[holder] = held.get(holder, timedelta()) + max(
                (interval.ended_at or at) - interval.started_at, timedelta()
            )
    return [Held(holder, held[holder]) for holder in Holder if holder in held]


def time_held_by(tickets: Iterable[Ticket], at: datetime) -> dict[int, list[Held]]:
    """Return ticket id -> ``time_held``, in one query for all."""
    by_ticket: dict[int, list[StateInterval]] = {ticket.pk: [] for ticket in tickets}
    for interval in StateInterval.objects.filter(ticket_id__in=list(by_ticket)).order_by(
        "started_at", "pk"
    ):
        by_ticket[interval.ticket_id].append(interval)
    return {pk: time_held(rows, at) for pk, rows in by_ticket.items()}
