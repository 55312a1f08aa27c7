"""Many rows at once, for measurements: COPY on PostgreSQL, INSERT elsewhere, without what the ORM
does for a row.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import StringIO
from itertools import islice
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models

NULL = "\\N"
PORTION = 10_000
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Rows:
    """The rows of one model that share most of their values. ``sample`` is an unsaved object with
    those; ``row`` gives the others by the names of their columns.
    """

    def __init__(self, sample: models.Model) -> None:
        self.model = type(sample)
        self._fields = {field.attname: field for field in self.model._meta.concrete_fields}
        self._places = {name: place for place, name in enumerate(self._fields)}
        self._adapts = connection.vendor != "postgresql"
        self._shared = [
            self._prepared(name, field.pre_save(sample, add=True))
            for name, field in self._fields.items()
        ]

    @property
    def columns(self) -> list[str]:
        return [str(field.column) for field in self._fields.values()]

    def row(self, **values: Any) -> list[Any]:
        """Return a row of texts, numbers, truth values and instants."""
        row = self._shared.copy()
        for name, value in values.items():
            is_adapted = self._adapts and isinstance(value, datetime)
            row[self._places[name]] = self._prepared(name, value) if is_adapted else value
        return row

    def _prepared(self, name: str, value: Any) -> Any:
        """Return a value as INSERT takes it, or as text for COPY."""
        if connection.vendor != "postgresql":
            return self._fields[name].get_db_prep_save(value, connection)
        if isinstance(value, timedelta):
            return f"{value.total_seconds()} seconds"
        return json.dumps(value) if isinstance(value, list | dict) else value

    @property
    def next_id(self) -> int:
        """Return the id after the highest one."""
        highest = self.model._base_manager.aggregate(highest=models.Max("pk"))["highest"]
        return (highest or 0) + 1

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        table = connection.ops.quote_name(self.model._meta.db_table)
        names = ", ".join(connection.ops.quote_name(name) for name in self.columns)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                copy = f"COPY {table} ({names}) FROM STDIN"
                for part in _texts(rows):
                    cursor.copy_expert(copy, part)
                return
            marks = ", ".join(["%s"] * len(self.columns))
            insert = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - our names
            cursor.executemany(insert, list(rows))


def _texts(rows: Iterable[Sequence[Any]]) -> Iterator[StringIO]:
    """Yield rows as COPY reads them, ``PORTION`` of them at a time."""
    rest = iter(rows)
    while portion := list(islice(rest, PORTION)):
        yield StringIO("\n".join("\t".join(map(_word, row)) for row in portion))


def _word(value: Any) -> str:
    return NULL if value is None else str(value).translate(_ESCAPED)


@contextmanager
def loading(tables: Sequence[Rows]) -> Iterator[None]:
    """On PostgreSQL drop the indexes and the foreign keys of these tables while many rows are
    written; then make them again and vacuum. Elsewhere change nothing.
    """
    if connection.vendor != "postgresql":
        yield
        return
    names = [each.model._meta.db_table for each in tables]
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '1GB'")
        cursor.execute(
            """SELECT conrelid::regclass, quote_ident(conname), pg_get_constraintdef(oid)
               FROM pg_constraint
               WHERE contype = 'f' AND conrelid = ANY(%s::regclass[]) ORDER BY oid""",
            [names],
        )
        keys = cursor.fetchall()
        for table, name, _definition in keys:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        # not those that hold a constraint
        cursor.execute(
            """SELECT indexname, indexdef FROM pg_indexes
               WHERE schemaname = 'public' AND tablename = ANY(%s) AND indexname NOT IN
                     (SELECT conname FROM pg_constraint) ORDER BY indexname""",
            [names],
        )
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
        try:
            yield
        finally:
            for _name, definition in indexes:
                cursor.execute(definition)
            for table, name, definition in keys:
                cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
            cursor.execute(f"VACUUM (ANALYZE) {', '.join(names)}")


def set_sequences(tables: Sequence[Rows]) -> None:
    """Let the ids that the database gives follow those that were written."""
    written = [each.model for each in tables]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), written):
            cursor.execute(statement)
