"""Rows of the desk's lists of tickets."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from foundation.accounts.models import User
from sla.clocks.models import Clock
from sla.clocks.queries import clocks_of, most_urgent
from tickets import queries
from tickets.models import Tag, Ticket
from tickets.queries import Held, Hit, Presence


@dataclass(frozen=True)
class Row:
    """A ticket with what its row shows. ``turn_since`` is when the present turn began."""

    ticket: Ticket
    clock: Clock | None
    held: Sequence[Held]
    turn_since: datetime | None
    hit: Hit | None = None
    presence: Presence | None = None
    tags: Sequence[Tag] = ()
    worked: timedelta | None = None

    @property
    def is_dated(self) -> bool:
        return self.clock is not None and self.clock.due_at is not None


def rows_of(
    tickets: Sequence[Ticket],
    now: datetime,
    *,
    reader: User,
    hits: Mapping[int, Hit] | None = None,
    columns: Collection[str] = (),
) -> list[Row]:
    """Return each ticket with its most urgent clock, the time each holder had the turn, who looks
    at it and, for their column, its tags. Runs one query each for the clocks, intervals, visits and
    tags of all.
    """
    ids = [ticket.pk for ticket in tickets]
    clocks = clocks_of(ids)
    intervals = queries.intervals_of(ids)
    present = queries.presence_in(tickets, reader=reader, at=now)
    tags = queries.tags_of_tickets(ids) if "tags" in columns else {}
    worked = queries.time_worked(ids) if "worked" in columns else {}
    return [
        Row(
            ticket,
            clock=most_urgent(clocks[ticket.pk]),
            held=queries.time_held(intervals[ticket.pk], now),
            turn_since=queries.turn_began_at(intervals[ticket.pk]),
            hit=(hits or {}).get(ticket.pk),
            presence=present.get(ticket.pk),
            tags=tags.get(ticket.pk, ()),
            worked=worked.get(ticket.pk),
        )
        for ticket in tickets
    ]
