from dataclasses import dataclass

from core.events import Event


@dataclass(frozen=True, kw_only=True)
class MessageQueued(Event):
    """A message waits in the outbox; wakes the worker after commit."""

    message_id: int


@dataclass(frozen=True, kw_only=True)
class MessageDied(Event):
    """A message was given up after its last attempt."""

    message_id: int
