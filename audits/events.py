from dataclasses import dataclass

from foundation.core.events import Event


@dataclass(frozen=True, kw_only=True)
class EvidenceSubmitted(Event):
    """Evidence needs its PDF; the handler starts the worker after the commit."""

    evidence_id: int
