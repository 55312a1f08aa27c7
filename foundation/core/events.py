"""The event bus: facts go up the stack, inside the transaction that made them true.

``servicedesk/wiring.py`` is the only place that subscribes. A handler runs in the publisher's
transaction, may veto by raising, and asks for later work with ``transaction.on_commit``.
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
    """A fact: ids only, the customer it belongs to and the aware instant at which it
    became true.
    """

    organization_id: int | None
    at: datetime


E = TypeVar("E", bound=Event)

_unheard: ContextVar[frozenset[type[Event]]] = ContextVar("unheard", default=frozenset())
_handlers: dict[type[Event], list[Callable[[Any], None]]] = defaultdict(list)


def subscribe(event_type: type[E], handler: Callable[[E], None]) -> None:
    """Call ``handler`` for each published event of exactly this type; subscribing twice is once."""
    if handler not in _handlers[event_type]:
        _handlers[event_type].append(handler)


@contextmanager
def unheard(*event_types: type[Event]) -> Iterator[None]:
    """Let nobody hear these events inside the block: loaders of past data wake no worker for what
    is long done.
    """
    token = _unheard.set(_unheard.get() | set(event_types))
    try:
        yield
    finally:
        _unheard.reset(token)


def publish(event: Event) -> None:
    """Tell every subscriber, in order of subscription. Outside a transaction this is a programming
    error.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"{type(event).__name__} was published outside a transaction.")
    if type(event) in _unheard.get():
        return
    for handler in _handlers[type(event)]:
        handler(event)


def subscriptions() -> dict[type[Event], list[Callable[[Any], None]]]:
    """Return who listens to what, for the architecture tests and the docs."""
    return {event_type: list(handlers) for event_type, handlers in _handlers.items() if handlers}
