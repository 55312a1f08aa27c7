from dataclasses import dataclass, field
from typing import Any

from foundation.core.actor import Actor
from foundation.core.events import Event


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A fact to record about one object: a dotted past-tense verb and a payload of ids, codes and
    ISO instants.
    """

    verb: str
    object_type: str
    object_id: int
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FactsRecorded(Event):
    """Facts were appended to the record, in this order."""

    facts: tuple[Fact, ...]
    by: Actor
