from dataclasses import dataclass

from foundation.core.events import Event


@dataclass(frozen=True, kw_only=True)
class MessageQueued(Event):
    """One or more messages wait in the outbox; wakes the worker after commit."""


@dataclass(frozen=True, kw_only=True)
class MessageDied(Event):
    """A message was given up after its last attempt."""

    message_id: int
