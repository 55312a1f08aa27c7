"""Write the append-only record. Every service calls ``record`` in the transaction of its change:
both commit or neither.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from foundation.activity.events import Fact, FactsRecorded
from foundation.activity.models import Record
from foundation.core.actor import Actor
from foundation.core.bulk import insert_rows
from foundation.core.events import publish

__all__ = ["MANY", "Fact", "record"]

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


def record(*, organization_id: int | None, facts: Iterable[Fact], by: Actor, at: datetime) -> None:
    """Append the facts to the record, in order, with actor ``by`` and aware instant ``at``, and
    publish ``FactsRecorded``.

    Raises ``RuntimeError`` outside a transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("The record is written in the transaction of the change it tells of.")
    written = tuple(facts)
    _write(organization_id, written, by, at)
    publish(FactsRecorded(organization_id=organization_id, at=at, facts=written, by=by))


def _write(organization_id: int | None, written: Sequence[Fact], by: Actor, at: datetime) -> None:
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
