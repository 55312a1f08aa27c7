from dataclasses import dataclass

from foundation.core.events import Event


@dataclass(frozen=True, kw_only=True)
class CalendarVersionPublished(Event):
    """A calendar says something new from an instant on. A handler in the same transaction may
    refuse the version by raising ``ValidationError``.

    ``is_renewal``: the content stays, only the tz database is another one.
    """

    version_id: int
    is_renewal: bool
