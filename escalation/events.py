from dataclasses import dataclass

from foundation.core.events import Event


@dataclass(frozen=True, kw_only=True)
class TicketEscalated(Event):
    ticket_id: int
    escalation_id: int
