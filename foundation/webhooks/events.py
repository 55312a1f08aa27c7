from dataclasses import dataclass

from foundation.core.events import Event


@dataclass(frozen=True, kw_only=True)
class DeliveriesQueued(Event):
    """Events were queued for endpoints. The handler enqueues ``deliver_due`` after the commit."""
