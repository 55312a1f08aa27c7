"""Who gets in, by the name of the address: one table a door. A name without a line fails."""

from fnmatch import fnmatch

from tests.architecture.permissions import api, configuration, desk, portal, web
from tests.architecture.permissions.roles import Roles

TABLE: dict[str, Roles] = {**desk.TABLE, **portal.TABLE, **api.TABLE, **web.TABLE}


def expected(name: str) -> Roles:
    """Return the roles that the address lets in; names of Django's admin pages by pattern."""
    if name in TABLE:
        return TABLE[name]
    for pattern, roles in (*configuration.PATTERNS, *web.PATTERNS):
        if fnmatch(name, pattern):
            return roles
    raise AssertionError(f"{name!r} has no line in the permission table: add who may open it.")
