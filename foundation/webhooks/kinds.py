"""The kinds of events that endpoints can be told of, and who makes the body of one.

``servicedesk.wiring`` registers both at start-up: this app knows no tickets.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from foundation.accounts.models import User
from foundation.activity.events import Fact
from foundation.core.actor import Actor

TEST = "webhook.test"  # what an administrator sends to try an endpoint


@dataclass(frozen=True)
class EventKind:
    """A verb of the record as a kind of event. ``is_for_customers``: a customer's reader is told of
    it; otherwise the staff's alone.
    """

    code: str
    label: Any
    is_for_customers: bool = False


@dataclass(frozen=True, kw_only=True)
class Happening:
    """A fact of an organization's object, of which an endpoint is to be told."""

    organization_id: int
    at: datetime
    fact: Fact
    by: Actor


_kinds: dict[str, EventKind] = {}
_bodies: list[Callable[[Happening, User], dict[str, Any] | None]] = []


def use_kinds(
    kinds: Iterable[EventKind],
    body: Callable[[Happening, User], dict[str, Any] | None],
) -> None:
    """Register the kinds, and ``body``, which returns the ``data`` of an event as its reader may
    read it, plain JSON, and None when they may not. They replace earlier ones.
    """
    _kinds.clear()
    _kinds.update((kind.code, kind) for kind in kinds)
    _bodies[:] = [body]


def offered_kinds() -> Mapping[str, EventKind]:
    """Return the kinds by code, in the order in which they are offered."""
    return _kinds


def data_of(happening: Happening, reader: User) -> dict[str, Any] | None:
    """Return the ``data`` of an event for this reader, None when they may not read it. Runs in a
    scope of the happening's organization.
    """
    return _bodies[0](happening, reader)
