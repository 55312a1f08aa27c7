"""Panels of the desk's home, in display order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from desk.queue.columns import USUAL, heads_of, joined
from desk.queue.rows import rows_of
from foundation.accounts.granting import open_grants
from foundation.accounts.models import DESK_ZONE, User
from foundation.accounts.roles import Capability
from tickets import queries
from tickets.models import Ticket
from web.panels import Panel

SHOWN = 8
_LISTED = {"columns": USUAL, "heads": heads_of(USUAL)}  # as in the queue


@dataclass
class Home:
    reader: User

    @property
    def sees_tickets(self) -> bool:
        return self.reader.can(Capability.SEE_TICKETS)

    @cached_property
    def active(self) -> QuerySet[Ticket]:
        return joined(queries.active(queries.visible_to(self.reader)), USUAL)


HomePanel = Panel[Home]


class Roles(HomePanel):
    """Roles that wait for the reader's confirmation, as the second person."""

    name = "roles"
    template = "desk/home/panels/roles.html"
    statements = 3

    def load(self, user: User, subject: Home, at: datetime) -> dict[str, Any] | None:
        grants = open_grants(user)
        return {"grants": grants} if grants else None


class Figures(HomePanel):
    """Counts of the reader's own, unassigned, at-risk and overdue tickets, each linked to the
    queue.
    """

    name = "figures"
    template = "desk/home/panels/figures.html"
    statements = 5

    def load(self, user: User, subject: Home, at: datetime) -> dict[str, Any] | None:
        return {"counts": queries.desk_counts(user, at)} if subject.sees_tickets else None


class Urgent(HomePanel):
    name = "urgent"
    template = "desk/home/panels/urgent.html"
    statements = 4

    def load(self, user: User, subject: Home, at: datetime) -> dict[str, Any] | None:
        if not subject.sees_tickets:
            return None
        urgent = queries.in_queue_order(subject.active.filter(at_risk_at__lte=at))[:SHOWN]
        return {"urgent": rows_of(list(urgent), at, reader=user), **_LISTED}


class Mine(HomePanel):
    name = "mine"
    template = "desk/home/panels/mine.html"
    statements = 4

    def load(self, user: User, subject: Home, at: datetime) -> dict[str, Any] | None:
        if not subject.sees_tickets:
            return None
        own = queries.not_snoozed(subject.active.filter(assignee=user), at)
        mine = queries.in_queue_order(own)[:SHOWN]
        return {"mine": rows_of(list(mine), at, reader=user), **_LISTED}


class MyTasks(HomePanel):
    """The reader's open tasks, those that are due first."""

    name = "tasks"
    template = "desk/home/panels/tasks.html"
    statements = 1

    def load(self, user: User, subject: Home, at: datetime) -> dict[str, Any] | None:
        tasks = queries.tasks_for(user, limit=SHOWN) if subject.sees_tickets else []
        return {"tasks": tasks, "desk_zone": DESK_ZONE} if tasks else None


class NoTickets(HomePanel):
    """Shown to a role that may not see tickets."""

    name = "no_tickets"
    template = "desk/home/panels/no_tickets.html"

    def load(self, user: User, subject: Home, at: datetime) -> dict[str, Any] | None:
        return None if subject.sees_tickets else {}


PANELS: Sequence[HomePanel] = (
    Roles(),
    Figures(),
    Urgent(),
    MyTasks(),
    Mine(),
    NoTickets(),
)
