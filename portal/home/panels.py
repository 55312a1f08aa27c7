"""Panels of the portal's home, in display order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from catalog.queries import catalogue
from foundation.accounts.models import Membership, User
from foundation.accounts.queries import memberships_of
from tickets import queries
from tickets.models import Ticket
from web.panels import Panel

SHOWN = 5


@dataclass
class Home:
    reader: User

    @cached_property
    def memberships(self) -> list[Membership]:
        return memberships_of(self.reader.pk)

    @cached_property
    def visible(self) -> QuerySet[Ticket]:
        return queries.visible_to(self.reader)

    @cached_property
    def waiting(self) -> QuerySet[Ticket]:
        return queries.waiting_for_customer(self.visible)


HomePanel = Panel[Home]


class Hero(HomePanel):
    """The greeting, and the search of one's own tickets."""

    name = "hero"
    template = "portal/home/panels/hero.html"

    def load(self, user: User, subject: Home, at: datetime) -> dict[str, Any]:
        return {}


class Waiting(HomePanel):
    name = "waiting"
    template = "portal/home/panels/waiting.html"
    statements = 3

    def load(self, user: User, subject: Home, at: datetime) -> dict[str, Any] | None:
        waiting = list(subject.waiting[:SHOWN])
        return {"waiting": waiting} if waiting else None


class Open(HomePanel):
    name = "open"
    template = "portal/home/panels/open.html"
    statements = 3

    def load(self, user: User, subject: Home, at: datetime) -> dict[str, Any]:
        waiting = subject.waiting.order_by().values("pk")
        return {"open": queries.active(subject.visible).exclude(pk__in=waiting)[:SHOWN]}


class Catalog(HomePanel):
    name = "catalog"
    template = "portal/home/panels/catalog.html"
    statements = 6

    def load(self, user: User, subject: Home, at: datetime) -> dict[str, Any]:
        organizations = [each.organization_id for each in subject.memberships]
        return {"categories": catalogue(organizations, at.date())}


PANELS: Sequence[HomePanel] = (Hero(), Waiting(), Open(), Catalog())
