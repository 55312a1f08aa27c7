from dataclasses import dataclass

from foundation.core.events import Event


@dataclass(frozen=True, kw_only=True)
class OrganizationCreated(Event):
    """An organization was created. ``calendars`` handles it and creates the default calendars."""
