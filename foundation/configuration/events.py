from dataclasses import dataclass

from foundation.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ConfigurationChanged(Event):
    """An administrator saved a configuration object; ``fields`` are those that were changed."""

    object_type: str
    object_id: int
    fields: tuple[str, ...] = ()
