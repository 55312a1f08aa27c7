"""Many rows, each with its own values, in one statement on PostgreSQL; written past the models, and still inside the scope."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, models

from core.tenancy import ScopeError, current_scope


def update_rows(model: type[models.Model], names: Sequence[str], rows: Sequence[tuple[Any, ...]], *, organization_id: int) -> None:
    """Set the columns ``names`` of each row: ``rows`` holds (pk, value, ...). Touches rows of this organization alone.

    Raises ``ScopeError`` when the organization is outside the open scope.
    """
    if not current_scope().covers(organization_id):
        raise ScopeError(f"{model.__name__} rows of an organization outside the scope were to be written.")
    if not rows:
        return
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    values = [
        [row[0] for row in rows],
        *([field.get_db_prep_save(row[i], connection) for row in rows] for i, field in enumerate(fields, start=1)),
    ]
    quote = connection.ops.quote_name
    table, columns = quote(model._meta.db_table), [quote(field.column) for field in fields]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            types = ["bigint", *(field.db_type(connection) for field in fields)]
            arrays = ", ".join(f"%s::{kind}[]" for kind in types)
            given = ", ".join(["id", *columns])
            assigned = ", ".join(f"{column} = given.{column}" for column in columns)
            cursor.execute(
                f"UPDATE {table} SET {assigned} FROM unnest({arrays}) AS given({given})"  # noqa: S608 - names of our own models
                f" WHERE {table}.id = given.id AND {table}.organization_id = %s",
                [*values, organization_id],
            )
            return
        assigned = ", ".join(f"{column} = %s" for column in columns)
        cursor.executemany(
            f"UPDATE {table} SET {assigned} WHERE id = %s AND organization_id = %s",  # noqa: S608 - names of our own models
            [(*row, pk, organization_id) for pk, *row in zip(*values, strict=True)],
        )
