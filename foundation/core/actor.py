"""Who did something, through which channel and for whom."""

from dataclasses import dataclass

from foundation.core.classification import Channel


@dataclass(frozen=True, kw_only=True)
class Actor:
    """The author of an act: a person (``person_id``) or a named part of the system (``system``),
    never both empty.

    ``on_behalf_of`` is the id of the person an agent or a service account acts for.
    """

    person_id: int | None = None
    system: str = ""
    channel: Channel = Channel.PORTAL
    on_behalf_of: int | None = None

    def __post_init__(self) -> None:
        if self.person_id is None and not self.system:
            raise ValueError("An actor is a person or a named part of the system.")


def system_actor(name: str) -> Actor:
    """Return the actor of an act nobody did by hand, such as the automatic closing."""
    return Actor(system=name, channel=Channel.SYSTEM)
