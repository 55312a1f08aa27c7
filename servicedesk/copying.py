"""Many rows at once, for measurements: COPY on PostgreSQL, INSERT elsewhere, without what the ORM
does for a row.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import StringIO
from itertools import islice
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models

NULL = "\\N"
PORTION = 10_000
PENDING = 4  # portions that wait for the database
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Rows:
    """The rows of one model that share most of their values. ``sample`` is an unsaved object with
    those; ``row`` gives the others by the names of their columns.
    """

    def __init__(self, sample: models.Model) -> None:
        self.model = type(sample)
        self._fields = {field.attname: field for field in self.model._meta.concrete_fields}
        self._places = {name: place for place, name in enumerate(self._fields)}
        self._copies = connection.vendor == "postgresql"
        highest = self.model._base_manager.aggregate(highest=models.Max("pk"))["highest"]
        self._first_id = (highest or 0) + 1
        self._made = 0
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
            is_adapted = not self._copies and isinstance(value, datetime)
            prepared = self._prepared(name, value) if is_adapted else value
            row[self._places[name]] = _word(value) if self._copies else prepared
        self._made += 1
        return row

    def _prepared(self, name: str, value: Any) -> Any:
        """Return a value as INSERT takes it, or as a word of COPY."""
        if not self._copies:
            return self._fields[name].get_db_prep_save(value, connection)
        if isinstance(value, timedelta):
            return f"{value.total_seconds()} seconds"
        return _word(json.dumps(value) if isinstance(value, list | dict) else value)

    @property
    def next_id(self) -> int:
        """Return the id after the highest one, of the table and of the rows that were made."""
        return self._first_id + self._made

    def write(self, rows: Iterable[Sequence[Any]], copier: "Copier | None") -> None:
        """Write the rows; a copier, which PostgreSQL needs, does it while the next ones are
        made.
        """
        table = connection.ops.quote_name(self.model._meta.db_table)
        names = ", ".join(connection.ops.quote_name(name) for name in self.columns)
        if copier is not None:
            for part in _texts(rows):
                copier.copy(f"COPY {table} ({names}) FROM STDIN", part)
            return
        marks = ", ".join(["%s"] * len(self.columns))
        insert = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - our names
        with connection.cursor() as cursor:
            cursor.executemany(insert, list(rows))


def _texts(rows: Iterable[Sequence[str]]) -> Iterator[StringIO]:
    """Yield rows as COPY reads them, ``PORTION`` of them at a time."""
    rest = iter(rows)
    while portion := list(islice(rest, PORTION)):
        yield StringIO("\n".join("\t".join(row) for row in portion))


def _word(value: Any) -> str:
    if isinstance(value, str):
        return value.translate(_ESCAPED)
    return NULL if value is None else str(value)


class Copier:
    """Writes to PostgreSQL in a thread of its own, in the order in which it is asked to, while the
    caller makes the next rows and does not use the connection.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._pending: deque[Future[None]] = deque()

    def copy(self, statement: str, part: StringIO) -> None:
        """Write a part, once at most ``PENDING`` others wait. Raises what an earlier one raised."""
        while len(self._pending) > PENDING:
            self._pending.popleft().result()
        self._pending.append(self._thread.submit(_copy, connection.connection, statement, part))

    def wait(self) -> None:
        """Wait until everything is written. Raises what the writing raised."""
        while self._pending:
            self._pending.popleft().result()

    def finish(self) -> None:
        try:
            self.wait()
        finally:
            self._thread.shutdown(cancel_futures=True)


def _copy(database: Any, statement: str, part: StringIO) -> None:
    with database.cursor() as cursor:
        cursor.copy_expert(statement, part)


@contextmanager
def copying() -> Iterator[Copier | None]:
    """Yield what writes the rows on PostgreSQL; None elsewhere."""
    if connection.vendor != "postgresql":
        yield None
        return
    connection.ensure_connection()
    copier = Copier()
    try:
        yield copier
    finally:
        copier.finish()


class Loading:
    """An empty database is filled faster without its indexes: on PostgreSQL those of these tables
    are dropped, with their foreign keys, and made again. Elsewhere nothing changes.
    """

    def __init__(self, tables: Sequence[Rows]) -> None:
        self._indexes: dict[str, list[str]] = {}  # by table
        self._keys: list[str] = []
        self._names = [each.model._meta.db_table for each in tables]
        self._threads = ThreadPoolExecutor(2)
        self._made: list[Future[None]] = []
        if connection.vendor == "postgresql":
            self._drop()

    def _drop(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT conrelid::regclass, quote_ident(conname), pg_get_constraintdef(oid)
                   FROM pg_constraint
                   WHERE contype = 'f' AND conrelid = ANY(%s::regclass[]) ORDER BY oid""",
                [self._names],
            )
            for table, name, definition in cursor.fetchall():
                self._keys.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
            # not those that hold a constraint
            cursor.execute(
                """SELECT tablename, indexname, indexdef FROM pg_indexes
                   WHERE schemaname = 'public' AND tablename = ANY(%s) AND indexname NOT IN
                         (SELECT conname FROM pg_constraint) ORDER BY indexname""",
                [self._names],
            )
            for table, name, definition in cursor.fetchall():
                self._indexes.setdefault(table, []).append(definition)
                cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")

    def complete(self, rows: Rows) -> None:
        """Begin to make the indexes of a table whose rows are all written."""
        for definition in self._indexes.pop(rows.model._meta.db_table, ()):
            self._made.append(self._threads.submit(_run, definition))

    def finish(self) -> None:
        """Make what is left, two indexes at a time, and vacuum."""
        for definitions in self._indexes.values():
            self._made += [self._threads.submit(_run, each) for each in definitions]
        self._threads.shutdown()
        for each in self._made:
            each.result()
        if connection.vendor != "postgresql":
            return
        with connection.cursor() as cursor:
            for statement in self._keys:
                cursor.execute(statement)
            cursor.execute(f"VACUUM (ANALYZE) {', '.join(self._names)}")


def _run(statement: str) -> None:
    """Run a statement on a connection of its own."""
    database = connection.get_new_connection(connection.get_connection_params())
    database.autocommit = True
    try:
        with database.cursor() as cursor:
            cursor.execute("SET maintenance_work_mem = '1GB'")
            cursor.execute(statement)
    finally:
        database.close()


def set_sequences(tables: Sequence[Rows]) -> None:
    """Let the ids that the database gives follow those that were written."""
    written = [each.model for each in tables]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), written):
            cursor.execute(statement)
