"""The lists of the queue, their orders, and the groups of their rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import DESK_ZONE
from foundation.calendars.inputs import midnight
from foundation.core.zones import in_zone, zone
from tickets.models import Ticket
from tickets.queries import COUNT_LIMIT, counts_up_to_limit
from tickets.states import HOLDERS, Holder


@dataclass(frozen=True)
class QueueList:
    """One of ``tickets.queries.desk_lists``. The rows of a grouped one stand under headings."""

    label: str | Promise
    icon: str
    is_grouped: bool = False


ANYWHERE = "any"  # what the search of the frame looks through
LISTS: Mapping[str, QueueList] = {
    "mine": QueueList(_("My tickets"), "user", is_grouped=True),
    "unassigned": QueueList(_("Unassigned"), "user-x", is_grouped=True),
    "group": QueueList(_("My group"), "users", is_grouped=True),
    "at_risk": QueueList(_("At risk"), "hourglass"),
    "breached": QueueList(_("Overdue"), "circle-alert"),
    "customer": QueueList(_("Waits for the customer"), "message-circle"),
    "supplier": QueueList(_("Waits for a supplier"), "truck"),
    "snoozed": QueueList(_("Snoozed"), "moon"),
    "all": QueueList(_("All active"), "inbox", is_grouped=True),
    "ended": QueueList(_("Ended"), "archive"),
    ANYWHERE: QueueList(_("All tickets"), "search"),
}

# Columns of each order, as ``web.keyset`` takes them. "clock" is the desk's own (DECISIONS 13).
ORDERS: Mapping[str, tuple[str, ...]] = {
    "clock": ("-is_relevant", "-is_major", "queue_at", "id"),
    "priority": ("priority", "queue_at", "id"),
    "number": ("id",),
    "-number": ("-id",),
    "activity": ("-updated_at", "-id"),
    "-activity": ("updated_at", "id"),
}


def usual_order(name: str) -> str:
    """Return the order in which a list opens: the ended ones and a search begin with the last."""
    return {"ended": "activity", ANYWHERE: "-number"}.get(name, "clock")


class Group(StrEnum):
    """Where a row stands, in the order of the page (SPEC 17.9: whose turn it is)."""

    RELEVANT = "relevant"
    OVERDUE = "overdue"
    TODAY = "today"
    OURS = "ours"
    CUSTOMER = "customer"
    SUPPLIER = "supplier"


GROUP_LABELS: Mapping[Group, str | Promise] = {
    Group.RELEVANT: _("Relevant incidents"),
    Group.OVERDUE: _("Overdue"),
    Group.TODAY: _("Due today"),
    Group.OURS: _("Our turn"),
    Group.CUSTOMER: _("The customer's turn"),
    Group.SUPPLIER: _("A supplier's turn"),
}
# Groups that wait for somebody else are closed, and read when they are opened.
CLOSED: Mapping[Group, Holder] = {
    Group.CUSTOMER: Holder.CUSTOMER,
    Group.SUPPLIER: Holder.SUPPLIER,
}


def end_of_day(now: datetime) -> datetime:
    """Return the next midnight of the desk."""
    tomorrow = in_zone(now, DESK_ZONE).date() + timedelta(days=1)
    return midnight(tomorrow, zone(DESK_ZONE))


def group_of(ticket: Ticket, now: datetime) -> Group:
    if ticket.is_relevant or ticket.is_major:
        return Group.RELEVANT
    if ticket.queue_at <= now:
        return Group.OVERDUE
    if ticket.queue_at < end_of_day(now):
        return Group.TODAY
    waits = {holder: group for group, holder in CLOSED.items()}
    return waits.get(Holder(ticket.turn), Group.OURS) if ticket.turn else Group.OURS


def in_group(tickets: QuerySet[Ticket], group: Group, now: datetime) -> QuerySet[Ticket]:
    """Return the tickets of which ``group_of`` says this group."""
    if group is Group.RELEVANT:
        return tickets.filter(Q(is_relevant=True) | Q(is_major=True))
    rest = tickets.filter(is_relevant=False, is_major=False)
    if group is Group.OVERDUE:
        return rest.filter(queue_at__lte=now)
    if group is Group.TODAY:
        return rest.filter(queue_at__gt=now, queue_at__lt=end_of_day(now))
    later = rest.filter(queue_at__gte=end_of_day(now))
    if group is Group.OURS:
        return later.exclude(_waits_for(*CLOSED.values()))
    return later.filter(_waits_for(CLOSED[group]))


def group_counts(
    tickets: QuerySet[Ticket], groups: Iterable[Group], now: datetime
) -> dict[Group, int]:
    """Return the number of tickets in each of the groups, in one statement at most. Those that lead
    are counted as two lists, each a part of the queue's index.
    """
    lists = {str(group): in_group(tickets, group, now) for group in groups}
    leads = str(Group.RELEVANT)
    if leads in lists:
        lists[leads] = tickets.filter(is_relevant=True)
        lists["major"] = tickets.filter(is_relevant=False, is_major=True)
    counts = counts_up_to_limit(lists)
    if leads in lists:
        counts[leads] = min(counts[leads] + counts.pop("major"), COUNT_LIMIT)
    return {Group(name): count for name, count in counts.items()}


def without_closed(tickets: QuerySet[Ticket], now: datetime) -> QuerySet[Ticket]:
    """Return the tickets of the groups that are open."""
    led = Q(is_relevant=True) | Q(is_major=True)
    return tickets.filter(led | Q(queue_at__lt=end_of_day(now)) | ~_waits_for(*CLOSED.values()))


def _waits_for(*holders: Holder) -> Q:
    return Q(state__in=sorted(state for state, holder in HOLDERS.items() if holder in holders))
