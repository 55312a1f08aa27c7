from dataclasses import dataclass

from foundation.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ConfigurationChanged(Event):
    """An administrator saved a configuration object."""

    object_type: str
    object_id: int
