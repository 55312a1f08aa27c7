"""The columns of a list of tickets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Column:
    """``sorts`` is the name of an order in ``desk.queue.lists.ORDERS``; "" does not sort."""

    label: str | Promise
    sorts: str = ""
    icon: str = ""  # in the head, instead of the label


FIXED: Mapping[str, Column] = {
    "clock": Column(_("Clock"), sorts="clock"),
    "priority": Column(_("Priority"), sorts="priority", icon="flag"),
    "number": Column(_("Number"), sorts="number"),
    "subject": Column(_("Subject")),
}
OPTIONAL: Mapping[str, Column] = {
    "state": Column(_("State")),
    "requester": Column(_("Requester")),
    "service": Column(_("Service")),
    "team": Column(_("Group")),
    "received": Column(_("Arrived")),
    "assignee": Column(_("Assignee")),
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


def heads_of(names: Sequence[str]) -> list[Head]:
    """Return the heads of the fixed columns and of those named, without a way to sort."""
    fixed = [Head(name, column) for name, column in FIXED.items()]
    return fixed + [Head(name, OPTIONAL[name]) for name in names]
