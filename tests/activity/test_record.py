"""The append-only record."""

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, connection, transaction

from foundation.activity.models import Record, RecordIsAppendOnly
from foundation.activity.services import MANY, Fact, record
from foundation.core.actor import Actor
from foundation.core.classification import Channel
from tests.support.house import MONDAY_9AM, House


def facts(count: int) -> list[Fact]:
    return [
        Fact(verb="thing.done", object_type="thing", object_id=number, payload={"n": number})
        for number in range(1, count + 1)
    ]


@pytest.mark.parametrize("count", [2, MANY, MANY + 1])
def test_facts_are_kept_in_order_with_their_actor(house: House, count: int) -> None:
    by = Actor(
        person_id=house.agent.pk,
        channel=Channel.API,
        system="robot",
        on_behalf_of=house.requester.pk,
    )
    before = Record.objects.count()

    record(organization_id=house.north.pk, facts=facts(count), by=by, at=MONDAY_9AM)

    rows = Record.objects.order_by("pk")[before:]
    assert [row.object_id for row in rows] == list(range(1, count + 1))
    last = rows[count - 1]
    assert (last.organization_id, last.at, last.verb, last.object_type, last.payload) == (
        house.north.pk,
        MONDAY_9AM,
        "thing.done",
        "thing",
        {"n": count},
    )
    assert (last.person_id, last.system, last.channel, last.on_behalf_of) == (
        house.agent.pk,
        "robot",
        "api",
        house.requester.pk,
    )


def test_facts_of_no_organization_are_kept(house: House) -> None:
    by = Actor(person_id=house.agent.pk, channel=Channel.DESK)

    record(organization_id=None, facts=facts(1), by=by, at=MONDAY_9AM)

    assert Record.objects.filter(organization_id=None, verb="thing.done").count() == 1


@pytest.fixture
def _recursive_triggers(db: None) -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA recursive_triggers=ON")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a statement of SQLite")
@pytest.mark.usefixtures("_recursive_triggers")
@pytest.mark.parametrize("recursive", ["ON", "OFF"])
def test_a_row_of_the_record_is_not_replaced(house: House, recursive: str) -> None:
    """Whatever program opens the file: only the product sets ``recursive_triggers``."""
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA recursive_triggers={recursive}")
    by = Actor(person_id=house.agent.pk, channel=Channel.DESK)
    record(organization_id=house.north.pk, facts=facts(1), by=by, at=MONDAY_9AM)
    columns = [str(field.column) for field in Record._meta.concrete_fields]
    values = ", ".join("'thing.undone'" if name == "verb" else name for name in columns)
    replace = (
        f"INSERT OR REPLACE INTO activity_record ({', '.join(columns)}) "
        f"SELECT {values} FROM activity_record WHERE verb = 'thing.done'"
    )

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(replace)

    assert not Record.objects.filter(verb="thing.undone").exists()


def test_rows_of_the_record_never_change(house: House) -> None:
    by = Actor(person_id=house.agent.pk, channel=Channel.DESK)
    record(organization_id=house.north.pk, facts=facts(1), by=by, at=MONDAY_9AM)
    row = Record.objects.get(verb="thing.done")

    for change in (
        row.save,
        row.delete,
        Record.objects.filter(pk=row.pk).delete,
        lambda: Record.objects.filter(pk=row.pk).update(verb="thing.undone"),
    ):
        with pytest.raises(RecordIsAppendOnly):
            change()

    assert Record.objects.get(pk=row.pk).verb == "thing.done"
    assert str(row) == "thing.done thing 1"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE activity_record SET verb = 'thing.undone'",
        "DELETE FROM activity_record",
        "UPDATE activity_record SET at = at WHERE id = (SELECT MAX(id) FROM activity_record)",
    ],
)
def test_the_database_refuses_a_change_of_the_record(house: House, statement: str) -> None:
    by = Actor(person_id=house.agent.pk, channel=Channel.DESK)
    record(organization_id=house.north.pk, facts=facts(1), by=by, at=MONDAY_9AM)
    before = list(Record.objects.order_by("pk").values_list("pk", "verb"))

    refused = pytest.raises(IntegrityError, match="only grows")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert list(Record.objects.order_by("pk").values_list("pk", "verb")) == before
