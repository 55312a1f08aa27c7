"""The event bus: lower apps publish events, higher apps handle them in the same transaction.

Only ``servicedesk/wiring.py`` subscribes handlers. A handler that raises rolls back the publisher's
transaction. Work for after the commit goes through ``transaction.on_commit``.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of events: the organization's id and the aware instant at which the event happened."""

    organization_id: int | None
    at: datetime


E = TypeVar("E", bound=Event)

_unheard: ContextVar[frozenset[type[Event]]] = ContextVar("unheard", default=frozenset())
_handlers: dict[type[Event], list[Callable[[Any], None]]] = defaultdict(list)


def subscribe(event_type: type[E], handler: Callable[[E], None]) -> None:
    """Call ``handler`` for each published event of exactly this type. Subscribing again has no
    effect.
    """
    if handler not in _handlers[event_type]:
        _handlers[event_type].append(handler)


@contextmanager
def unheard(*event_types: type[Event]) -> Iterator[None]:
    """Skip the handlers of these events inside the block. Loaders of past data use it, so that no
    worker is started for past events.
    """
    token = _unheard.set(_unheard.get() | set(event_types))
    try:
        yield
    finally:
        _unheard.reset(token)


def publish(event: Event) -> None:
    """Call every handler of the event, in order of subscription. Raises ``RuntimeError`` outside a
    transaction; ignores event types muted by ``unheard``.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"{type(event).__name__} was published outside a transaction.")
    if type(event) in _unheard.get():
        return
    for handler in _handlers[type(event)]:
        handler(event)


def subscriptions() -> dict[type[Event], list[Callable[[Any], None]]]:
    """Return the handlers of each event type, for the architecture tests and the docs."""
    return {event_type: list(handlers) for event_type, handlers in _handlers.items() if handlers}
