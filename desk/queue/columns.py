"""The columns of a list of tickets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tickets.models import Ticket


@dataclass(frozen=True)
class Column:
    """``sorts`` is the name of an order in ``web.queue.lists.ORDERS``; "" does not sort.
    ``relation`` is the field of a ticket whose object the column shows.
    """

    label: str | Promise
    sorts: str = ""
    icon: str = ""  # in the head, instead of the label
    relation: str = ""


FIXED: Mapping[str, Column] = {
    "clock": Column(_("Clock"), sorts="clock"),
    "priority": Column(_("Priority"), sorts="priority", icon="flag"),
    "number": Column(_("Number"), sorts="number"),
    "subject": Column(_("Subject"), relation="organization"),
}
OPTIONAL: Mapping[str, Column] = {
    "state": Column(_("State")),
    "requester": Column(_("Requester"), relation="requester"),
    "service": Column(_("Service"), relation="service"),
    "team": Column(_("Group"), relation="team"),
    "tags": Column(_("Tags")),
    "worked": Column(_("Time worked")),
    "received": Column(_("Arrived")),
    "assignee": Column(_("Assignee"), relation="assignee"),
    "activity": Column(_("Activity"), sorts="activity"),
}
USUAL = ("state", "assignee", "activity")


@dataclass(frozen=True)
class Head:
    """The head of a column. ``address`` sorts by it; ``direction`` is its ``aria-sort``."""

    name: str
    column: Column
    address: str = ""
    direction: str = ""


def joined(tickets: QuerySet[Ticket], names: Sequence[str]) -> QuerySet[Ticket]:
    """Return the tickets joined with what the fixed columns and those named show, and nothing
    else: each join costs a list more than its column.
    """
    shown = [*FIXED.values(), *(OPTIONAL[name] for name in names)]
    relations = [column.relation for column in shown if column.relation]
    return tickets.select_related(None).select_related(*relations)


def heads_of(names: Sequence[str]) -> list[Head]:
    """Return the heads of the fixed columns and of those named, without a way to sort."""
    fixed = [Head(name, column) for name, column in FIXED.items()]
    return fixed + [Head(name, OPTIONAL[name]) for name in names]
