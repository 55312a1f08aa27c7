"""Bulk inserts and updates that bypass the models but check the scope. On PostgreSQL one COPY or
one UPDATE writes all rows.
"""

import csv
import gc
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from datetime import datetime
from io import StringIO
from typing import Any, TypeVar

from django.db import connection, models
from django.db.models.expressions import RawSQL

from foundation.core.tenancy import ScopeError, current_scope

_NULL = "\\N"
A = TypeVar("A")
B = TypeVar("B")


def insert_rows(
    model: type[models.Model],
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    organization_id: int,
) -> None:
    """Insert rows with the columns ``names``, in the caller's transaction, on PostgreSQL by COPY.

    The caller puts ``organization_id`` into each row; this is not checked. Raises ``ScopeError``
    when the organization is outside the open scope.
    """
    _require_scope(model, organization_id)
    fields = [model._meta.get_field(name) for name in names]
    table, columns = _quoted(model, fields)
    prepared = _prepared(fields, rows)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            text = StringIO()
            csv.writer(text).writerows(
                [_NULL if value is None else value for value in row] for row in prepared
            )
            text.seek(0)
            cursor.copy_expert(
                f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT csv, NULL '{_NULL}')", text
            )
            return
        marks = ", ".join(["%s"] * len(columns))
        cursor.executemany(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608
            list(prepared),
        )


def update_rows(
    model: type[models.Model],
    names: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    *,
    organization_id: int,
) -> None:
    """Set the columns ``names`` of each row; an element of ``rows`` is (pk, value, ...).

    Rows of another organization are not updated. Raises ``ScopeError`` when the organization is
    outside the open scope.
    """
    _require_scope(model, organization_id)
    if not rows:
        return
    fields = [model._meta.get_field(name) for name in names]
    table, columns = _quoted(model, fields)
    prepared = list(_prepared([model._meta.pk, *fields], rows))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            types = ["bigint", *(field.db_type(connection) for field in fields)]
            arrays = ", ".join(f"%s::{kind}[]" for kind in types)
            given = ", ".join(["id", *columns])
            assigned = ", ".join(f"{column} = given.{column}" for column in columns)
            cursor.execute(
                # noqa below: the names come from our own models
                f"UPDATE {table} SET {assigned} "  # noqa: S608
                f"FROM unnest({arrays}) AS given({given})"
                f" WHERE {table}.id = given.id AND {table}.organization_id = %s",
                [*map(array_text, zip(*prepared, strict=True)), organization_id],
            )
            return
        assigned = ", ".join(f"{column} = %s" for column in columns)
        cursor.executemany(
            # noqa below: the names come from our own models
            f"UPDATE {table} SET {assigned} "  # noqa: S608
            "WHERE id = %s AND organization_id = %s",
            [(*row, pk, organization_id) for pk, *row in prepared],
        )


def one_of(ids: Sequence[int]) -> Any:
    """Return ids for an ``__in`` lookup. On PostgreSQL they are one array parameter, otherwise one
    parameter each.
    """
    if connection.vendor != "postgresql":
        return ids
    return RawSQL("SELECT unnest(%s::bigint[])", (array_text(ids),))


@contextmanager
def without_collections() -> Iterator[None]:
    """Disable the cyclic garbage collector inside the block: a batch creates many objects and no
    cycles, so each collection would find nothing.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def in_threads(work: Callable[[A], B], items: Iterable[A], *, count: int) -> Iterator[B]:
    """Yield ``work(item)`` for each item, in order, computed in ``count`` threads. Each thread has
    its own connection and a copy of the caller's context, scope included.

    Without PostgreSQL the calls run one after the other, because SQLite has a single writer.
    Also in a transaction: another connection would not see its rows.
    """
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield from map(work, items)
        return
    with without_collections(), ThreadPoolExecutor(count) as pool:
        waiting: deque[Future[B]] = deque()
        for item in items:
            waiting.append(pool.submit(copy_context().run, _with_own_connection, work, item))
            if len(waiting) > count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _with_own_connection(work: Callable[[A], B], item: A) -> B:
    try:
        return work(item)
    finally:
        connection.close()


def array_text(values: Iterable[Any]) -> str:
    """Return a PostgreSQL array literal. It is parsed as one constant; the driver would send one
    per element.
    """
    texts = (
        "NULL" if value is None else str(value) if isinstance(value, int) else _in_quotes(value)
        for value in values
    )
    return "{" + ",".join(texts) + "}"


def _in_quotes(text: str) -> str:
    escaped = (
        text.replace("\\", "\\\\").replace('"', '\\"') if '"' in text or "\\" in text else text
    )
    return f'"{escaped}"'


def _require_scope(model: type[models.Model], organization_id: int) -> None:
    if not current_scope().covers(organization_id):
        raise ScopeError(
            f"{model.__name__} rows of an organization outside the scope were to be written."
        )


def _quoted(model: type[models.Model], fields: Sequence[Any]) -> tuple[str, list[str]]:
    quote = connection.ops.quote_name
    return quote(model._meta.db_table), [quote(field.column) for field in fields]


def _prepared(fields: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterable[list[Any]]:
    """Yield the rows with values converted for the database. On PostgreSQL values bypass
    ``Field.get_db_prep_save``: instants become ISO text, lists and dicts JSON.
    """
    if connection.vendor != "postgresql":
        yield from (
            [
                field.get_db_prep_save(value, connection)
                for field, value in zip(fields, row, strict=True)
            ]
            for row in rows
        )
        return
    for row in rows:
        yield [
            value.isoformat()
            if isinstance(value, datetime)
            else json.dumps(value)
            if isinstance(value, dict | list)
            else value
            for value in row
        ]
