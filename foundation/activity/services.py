"""Write the append-only record. Every service calls ``record`` in the transaction of its change:
both commit or neither.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from foundation.activity.models import Record
from foundation.core.actor import Actor
from foundation.core.bulk import insert_rows

MANY = 500  # above this number of facts, ``insert_rows`` replaces ``bulk_create``
_COLUMNS = (
    "organization_id",
    "at",
    "verb",
    "object_type",
    "object_id",
    "person_id",
    "system",
    "channel",
    "on_behalf_of",
    "payload",
)


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A fact to record about one object: a dotted past-tense verb and a payload of ids, codes and
    ISO instants.
    """

    verb: str
    object_type: str
    object_id: int
    payload: dict[str, Any] = field(default_factory=dict)


def record(*, organization_id: int | None, facts: Iterable[Fact], by: Actor, at: datetime) -> None:
    """Append the facts to the record, in order, with actor ``by`` and aware instant ``at``.

    Raises ``RuntimeError`` outside a transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("The record is written in the transaction of the change it tells of.")
    written = list(facts)
    if len(written) > MANY and organization_id is not None:
        same = (by.person_id, by.system, by.channel, by.on_behalf_of)
        rows = (
            (organization_id, at, fact.verb, fact.object_type, fact.object_id, *same, fact.payload)
            for fact in written
        )
        insert_rows(Record, _COLUMNS, rows, organization_id=organization_id)
        return
    Record.objects.bulk_create(
        Record(
            organization_id=organization_id,
            at=at,
            verb=fact.verb,
            object_type=fact.object_type,
            object_id=fact.object_id,
            person_id=by.person_id,
            system=by.system,
            channel=by.channel,
            on_behalf_of=by.on_behalf_of,
            payload=fact.payload,
        )
        for fact in written
    )
