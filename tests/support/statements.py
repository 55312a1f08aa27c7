"""How many statements a page costs."""

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


def statements(client: Any, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(path)
    return sum(
        1 for q in queries if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "ROLLBACK"))
    )
