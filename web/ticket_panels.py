"""Panels that the ticket pages of portal and desk share."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

from foundation.accounts.models import User
from web.panels import Panel, Place
from web.ticket_page import TicketPage


@dataclass(frozen=True)
class ClocksPanel(Panel[TicketPage]):
    """``explanation_url`` names the URL of the page that explains one clock."""

    name = "clocks"
    template = "web/panels/clocks.html"
    place = Place.SIDE
    statements = 8

    heading: str | Promise
    explanation_url: str

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any]:
        return {
            "heading": self.heading,
            "clocks": page.clocks,
            "explanation_url": self.explanation_url,
        }


@dataclass(frozen=True)
class HolderPanel(Panel[TicketPage]):
    """The present holder, and the time that each holder has had the turn (SPEC 17.9)."""

    name = "turn"
    template = "web/panels/turn.html"
    place = Place.SIDE
    statements = 1

    for_staff: bool

    def load(self, user: User, page: TicketPage, at: datetime) -> dict[str, Any] | None:
        turns = page.turns
        return {"turns": turns, "for_staff": self.for_staff} if turns else None
