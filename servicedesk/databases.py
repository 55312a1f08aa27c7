"""The connections to the database, as Django's settings want them."""

from pathlib import Path
from typing import Any

import dj_database_url

POSTGRES_SCHEMES = ("postgres", "postgresql")
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",  # a deferred one fails at once on another one's write lock
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;"
    "PRAGMA recursive_triggers=ON;PRAGMA cache_size=-20000;PRAGMA journal_size_limit=67108864;"
    "PRAGMA mmap_size=134217728;",
}
# A list joins six tables to one page of tickets. To try every order of those joins took PostgreSQL
# 6 ms, to read the rows 1 ms; compiling such a statement (jit) costs more than it saves.
_POSTGRES_SETTINGS = "-c join_collapse_limit=4 -c jit=off"
_READ_ONLY = "-c default_transaction_read_only=on"


def database(url: str, folder: Path) -> dict[str, Any]:
    """Return the database of ``url``; without one the SQLite file in ``folder``."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": folder / "mesa.sqlite3",
            "CONN_MAX_AGE": None,  # the last one to close takes the WAL away: unread on a full disk
            "OPTIONS": SQLITE_OPTIONS,
        }
    parsed = {**dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True)}
    return _with_options(parsed, f"{_POSTGRES_SETTINGS} {_options(parsed)}")


def read_only(database: dict[str, Any]) -> dict[str, Any]:
    """Return the same database over a connection that refuses every write."""
    if database["ENGINE"].endswith("sqlite3"):
        address = Path(str(database["NAME"])).absolute().as_uri() + "?mode=ro"
        return {
            **database,
            "NAME": address,
            "OPTIONS": {"timeout": 20, "init_command": "PRAGMA query_only=ON;"},
        }
    return _with_options(database, f"{_options(database)} {_READ_ONLY}")


def _options(database: dict[str, Any]) -> str:
    """Return the settings of the PostgreSQL session; of two for one name the last holds."""
    return str(database.get("OPTIONS", {}).get("options", ""))


def _with_options(database: dict[str, Any], options: str) -> dict[str, Any]:
    return {**database, "OPTIONS": {**database.get("OPTIONS", {}), "options": options.strip()}}
