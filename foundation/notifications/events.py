from dataclasses import dataclass

from foundation.core.events import Event


@dataclass(frozen=True, kw_only=True)
class MessageQueued(Event):
    """Messages were added to the outbox. The handler enqueues ``deliver_due`` after the commit."""


@dataclass(frozen=True, kw_only=True)
class MessageDied(Event):
    """A message was given up after its last attempt."""

    message_id: int
