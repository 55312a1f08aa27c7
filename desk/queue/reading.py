"""The page of the queue as its address asks for it: groups and columns."""

from collections.abc import Sequence
from dataclasses import replace

from django.db.models import QuerySet

from desk.queue.columns import OPTIONAL, USUAL, Head, heads_of
from tickets.models import Ticket
from web.queue.lists import ORDERS, without_closed
from web.queue.reading import Reading
from web.requests import with_query


class PageReading(Reading):
    @property
    def open_tickets(self) -> QuerySet[Ticket]:
        """The tickets that the page shows: without those of the groups that are closed."""
        return without_closed(self.tickets, self.now) if self.is_grouped else self.tickets

    @property
    def is_grouped(self) -> bool:
        """Tell whether the rows stand under headings: those of a list in the desk's own order,
        without a search and without a state.
        """
        narrows = self.filter.chosen
        is_plain = "q" not in narrows and "state" not in narrows
        return self.queue_list.is_grouped and self.order == "clock" and is_plain

    @property
    def columns(self) -> Sequence[str]:
        """The names of the columns after the subject."""
        asked = ",".join(self.address.getlist("columns")).split(",")
        return [name for name in OPTIONAL if name in asked] or USUAL

    def heads(self) -> list[Head]:
        """Return the heads of the columns, each with the address that sorts by it: again the other
        way round, where there is one.
        """
        return [self._head(head) for head in heads_of(self.columns)]

    def _head(self, head: Head) -> Head:
        name = head.column.sorts
        if not name:
            return head
        opposite = f"-{name}" if self.order == name else name
        wanted = opposite if opposite in ORDERS else name
        address = with_query(self.address, sort=wanted, after=None, before=None)
        first = ORDERS[self.order][0]
        descends = first.startswith("-") and name != "clock"
        direction = "descending" if descends else "ascending"
        is_sorted = self.order.removeprefix("-") == name
        return replace(head, address=address, direction=direction if is_sorted else "")
