from dataclasses import dataclass

from foundation.core.events import Event


@dataclass(frozen=True, kw_only=True)
class OrganizationCreated(Event):
    """A customer exists; higher apps give it calendars and the like."""
