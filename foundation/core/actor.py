"""The actor of an act, with its channel."""

from dataclasses import dataclass

from foundation.core.classification import Channel


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A person (``person_id``) or a named part of the system (``system``) that acts. Raises
    ``ValueError`` when both are empty.

    A service account fills both: its contact's id, and its own id in ``system``.
    ``on_behalf_of`` is the id of the person for whom the actor acts.
    """

    person_id: int | None = None
    system: str = ""
    channel: Channel = Channel.PORTAL
    on_behalf_of: int | None = None

    def __post_init__(self) -> None:
        if self.person_id is None and not self.system:
            raise ValueError("An actor is a person or a named part of the system.")


def system_actor(name: str) -> Actor:
    """Return the actor of an automatic act, such as closing a ticket; its channel is SYSTEM."""
    return Actor(system=name, channel=Channel.SYSTEM)
