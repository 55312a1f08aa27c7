"""State intervals of tickets, and the time of each holder's turns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from tickets.models import StateInterval, Ticket
from tickets.states import HOLDERS, Bucket, Holder, State, turn_of


def handover_of(ticket: Ticket) -> StateInterval | None:
    """Return the stay in which the ticket was last sent to the group that holds it, with reason and
    what was tried; None when no group holds it.
    """
    if ticket.team_id is None:
        return None
    sent = StateInterval.objects.filter(ticket=ticket, state=State.ASSIGNED, tried__gt="")
    return sent.order_by("-started_at", "-pk").first()


def entries_into_states() -> QuerySet[StateInterval]:
    """Return the stays that began with a change of state, not with a mark or its end."""
    before = StateInterval.objects.filter(
        ticket=OuterRef("ticket"), state=OuterRef("state"), ended_at=OuterRef("started_at")
    )
    entries: QuerySet[StateInterval] = StateInterval.objects.exclude(Exists(before))
    return entries


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


def time_per_bucket(rows: Sequence[StateInterval], at: datetime) -> list[tuple[Bucket, timedelta]]:
    """Return the elapsed time up to ``at`` in each bucket in which the ticket was, in their order
    (SPEC 3.8); none for the time after its end.
    """
    spent: dict[str, timedelta] = {}
    for interval in rows:
        time = max((interval.ended_at or at) - interval.started_at, timedelta())
        spent[interval.bucket] = spent.get(interval.bucket, timedelta()) + time
    return [
        (bucket, spent[bucket]) for bucket in Bucket if bucket in spent and bucket != Bucket.ENDED
    ]


def intervals_of(ids: Sequence[int]) -> dict[int, list[StateInterval]]:
    """Return ticket id -> its intervals, in one query for all."""
    by_ticket: dict[int, list[StateInterval]] = {pk: [] for pk in ids}
    for interval in StateInterval.objects.filter(ticket_id__in=ids).order_by("started_at", "pk"):
        by_ticket[interval.ticket_id].append(interval)
    return by_ticket


def time_held_by(tickets: Iterable[Ticket], at: datetime) -> dict[int, list[Held]]:
    """Return ticket id -> ``time_held``, in one query for all."""
    found = intervals_of([ticket.pk for ticket in tickets])
    return {pk: time_held(rows, at) for pk, rows in found.items()}


def turn_began_at(rows: Sequence[StateInterval]) -> datetime | None:
    """Return when the present turn began: the start of the first of the last intervals in which it
    is the same holder's turn; None when there is no interval.
    """
    began = None
    last = turn_of(rows[-1].state) if rows else ""
    for interval in reversed(rows):
        if turn_of(interval.state) != last:
            break
        began = interval.started_at
    return began
