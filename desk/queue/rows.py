"""Rows of the desk's lists of tickets."""

from collections.abc import Iterable
from datetime import datetime

from sla.clocks.models import Clock
from sla.clocks.queries import clocks_of, most_urgent
from tickets import queries
from tickets.models import Ticket
from tickets.queries import Held


def rows_of(
    tickets: Iterable[Ticket], now: datetime
) -> list[tuple[Ticket, Clock | None, list[Held]]]:
    """Return each ticket with its most urgent clock and the time each holder had the turn. Runs one
    query for all clocks and one for all intervals.
    """
    found = list(tickets)
    clocks = clocks_of([ticket.pk for ticket in found])
    held = queries.time_held_by(found, now)
    return [(ticket, most_urgent(clocks[ticket.pk]), held[ticket.pk]) for ticket in found]
