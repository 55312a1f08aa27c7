"""Counts that never read a whole table."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from tickets.models import Ticket

K = TypeVar("K", bound=str)
COUNT_LIMIT = 1000  # shown as "999+"; an exact count reads the whole index


def counts_up_to_limit(lists: Mapping[K, QuerySet[Ticket]]) -> dict[K, int]:
    """Return the number of tickets of each list, at most ``COUNT_LIMIT``, in one statement."""
    counts = dict.fromkeys(lists, 0)
    columns = []
    params: list[Any] = []
    names = []
    for name, tickets in lists.items():
        limited = tickets.select_related(None).order_by().values("pk")[:COUNT_LIMIT]
        try:
            sql, values = limited.query.sql_with_params()
        except EmptyResultSet:
            continue
        names.append(name)
        columns.append(f"(SELECT COUNT(*) FROM ({sql}) AS counted)")  # noqa: S608 - Django's SQL
        params += values
    if not columns:
        return counts
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)}", params)
        found = cursor.fetchone()
    return counts | dict(zip(names, found, strict=True))
