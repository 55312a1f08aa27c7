"""The shortcuts of the desk. They are plain letters and signs, compared by what the key types and
not by its place, so that they work on every layout.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import User


class Place(StrEnum):
    """Where a shortcut works."""

    EVERYWHERE = "everywhere"
    QUEUE = "queue"
    TICKET = "ticket"


PLACE_LABELS: Mapping[Place, str | Promise] = {
    Place.EVERYWHERE: _("Everywhere"),
    Place.QUEUE: _("In the queue"),
    Place.TICKET: _("On a ticket"),
}


@dataclass(frozen=True)
class Shortcut:
    name: str
    label: str | Promise
    key: str
    place: Place

    @property
    def place_label(self) -> str | Promise:
        return PLACE_LABELS[self.place]


SHORTCUTS = (
    Shortcut("search", _("Search"), "/", Place.EVERYWHERE),
    Shortcut("help", _("This help"), "?", Place.EVERYWHERE),
    Shortcut("new", _("New ticket"), "c", Place.EVERYWHERE),
    Shortcut("queue", _("Go to the queue"), "q", Place.EVERYWHERE),
    Shortcut("take", _("Give me the next ticket"), "m", Place.EVERYWHERE),
    Shortcut("next", _("Next ticket"), "j", Place.QUEUE),
    Shortcut("previous", _("Previous ticket"), "k", Place.QUEUE),
    Shortcut("open", _("Open the ticket"), "o", Place.QUEUE),
    Shortcut(
        "glance", _("Look at the ticket beside the list (or the space bar)"), "v", Place.QUEUE
    ),
    Shortcut("select", _("Select the ticket"), "x", Place.QUEUE),
    Shortcut("give", _("Assign the selected tickets"), "a", Place.QUEUE),
    Shortcut("following", _("Next ticket"), "j", Place.TICKET),
    Shortcut("preceding", _("Previous ticket"), "k", Place.TICKET),
    Shortcut("primary", _("Take or solve"), "t", Place.TICKET),
    Shortcut("reply", _("Write a reply"), "r", Place.TICKET),
    Shortcut("note", _("Write an internal note"), "n", Place.TICKET),
    Shortcut("assignee", _("Assign the ticket"), "a", Place.TICKET),
    Shortcut("step", _("Other steps"), "e", Place.TICKET),
    Shortcut("macro", _("Run a macro"), "i", Place.TICKET),
    Shortcut("classify", _("Classify"), "p", Place.TICKET),
    Shortcut("back", _("Back to the queue"), "u", Place.TICKET),
    Shortcut("copy", _("Copy the number"), ".", Place.TICKET),
)


def shortcuts_of(user: User) -> list[Shortcut]:
    """Return a person's shortcuts, with their own keys; [] when they are switched off."""
    if user.shortcuts.get("is_off"):
        return []
    own = user.shortcuts.get("keys", {})
    return [replace(each, key=own.get(each.name, each.key)) for each in SHORTCUTS]


def places_together(one: Place, other: Place) -> bool:
    """Tell whether two shortcuts can both be meant by a key."""
    return one == other or Place.EVERYWHERE in {one, other}
