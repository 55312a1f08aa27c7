"""Lookups of querysets, registered when the app is ready."""

from typing import Any

from django.db.models import BigAutoField, Lookup

from foundation.core.bulk import array_text


@BigAutoField.register_lookup
class OneOf(Lookup):
    """``pk__one_of=ids``: the key is one of many ids, at least one. On PostgreSQL they are one
    array: a thousand parameters take longer to write than their rows to read.
    """

    lookup_name = "one_of"

    def get_prep_lookup(self) -> Any:
        return [int(each) for each in self.rhs]

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        key, params = self.process_lhs(compiler, connection)
        marks = ", ".join(["%s"] * len(self.rhs))
        return f"{key} IN ({marks})", [*params, *self.rhs]

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        key, params = self.process_lhs(compiler, connection)
        return f"{key} = ANY(%s::bigint[])", [*params, array_text(self.rhs)]
