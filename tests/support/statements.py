"""Counts the SQL statements of a page."""

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

CONTROL = ("SAVEPOINT", "RELEASE", "BEGIN", "ROLLBACK")


def counted(queries: Iterable[dict[str, Any]]) -> int:
    """Count the SQL statements, without transaction control."""
    return sum(1 for query in queries if not query["sql"].startswith(CONTROL))


def statements(client: Any, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    return counted(queries)
