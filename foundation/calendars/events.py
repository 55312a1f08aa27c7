from dataclasses import dataclass

from foundation.core.events import Event


@dataclass(frozen=True, kw_only=True)
class CalendarVersionPublished(Event):
    """A version was added to a calendar that already had one. A handler in the same transaction may
    raise ``ValidationError`` to refuse it.

    ``is_renewal``: the content is unchanged; only the tz database differs.
    """

    version_id: int
    is_renewal: bool
