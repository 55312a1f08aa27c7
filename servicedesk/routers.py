"""Says which tables lie in which database: the embedded cache has a file of its own, and the
reader's connection has none.
"""

from typing import Any

from django.db import models

CACHE = "django_cache"


class Router:
    """Keeps the cache in its own SQLite file, so that it never waits for the data's write lock;
    migrates nothing as the reader.
    """

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str | None:
        return "cache" if model._meta.app_label == CACHE else None

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return {"cache": app_label == CACHE, "reader": False}.get(db, app_label != CACHE)
