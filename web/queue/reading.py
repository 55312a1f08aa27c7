"""What the address of the queue, or a saved view, says: list, filters and order."""

from collections.abc import Collection
from datetime import datetime
from functools import cached_property

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from foundation.core.errors import Invalid
from tickets import queries
from tickets.models import Ticket
from tickets.states import ACTIVE, FINAL, State
from web.queue.filters import QueueFilter
from web.queue.lists import ANYWHERE, LISTS, ORDERS, QueueList, usual_order
from web.requests import person

_KEPT = ("view", *QueueFilter.base_filters, "sort", "columns")  # of the address, in a saved view


class Reading:
    """The queue as a request asks for it, in its own address or in ``address``. ``refusal`` is the
    sentence about a search that says nothing: no ticket is shown then.
    """

    def __init__(
        self, request: HttpRequest, now: datetime, address: QueryDict | None = None
    ) -> None:
        self.request = request
        self.address = request.GET if address is None else address
        self.reader = person(request)
        self.now = now
        asked = self.address.get("view", "all")
        self.name = asked if asked in LISTS else "all"
        self.refusal = ""
        # Filters whose value is nothing (any more): name -> label.
        self.left_out: dict[str, str] = {}

    @property
    def queue_list(self) -> QueueList:
        return LISTS[self.name]

    @cached_property
    def filter(self) -> QueueFilter:
        chosen = self._filter(self.address)
        wrong = [name for name in chosen.form.errors if name in chosen.filters]
        if not wrong:
            return chosen
        self.left_out = {name: str(chosen.filters[name].label) for name in wrong}
        valid = self.address.copy()
        for name in wrong:
            del valid[name]
        return self._filter(valid)

    def _filter(self, data: QueryDict) -> QueueFilter:
        lists = queries.desk_lists(self.reader, self.now)
        return QueueFilter(
            data,
            queryset=lists[self.name],
            request=self.request,
            states=[state for state in State if state in self._states()],
        )

    def _states(self) -> Collection[State]:
        return {"ended": FINAL, ANYWHERE: frozenset(State)}.get(self.name, ACTIVE)

    @cached_property
    def tickets(self) -> QuerySet[Ticket]:
        """The tickets of the list that fit the filters, in no order."""
        try:
            return self.filter.narrowed()
        except Invalid as error:
            self.refusal = str(error.message)
            return Ticket.objects.none()

    @property
    def order(self) -> str:
        asked = self.address.get("sort", "")
        return asked if asked in ORDERS else usual_order(self.name)

    def query(self) -> str:
        """Return the part of the address that a saved view keeps."""
        named = self.address.copy()
        named["view"] = self.name
        return kept_query(named)


def kept_query(address: QueryDict) -> str:
    kept = QueryDict(mutable=True)
    for name in _KEPT:
        if value := ",".join(address.getlist(name)):
            kept[name] = value
    return kept.urlencode()
