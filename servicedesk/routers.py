"""Database router: the embedded cache has a file of its own, and the read-only connection is never
migrated.
"""

from typing import Any

from django.db import models

CACHE = "django_cache"


class Router:
    """Routes the cache table to its own SQLite file, so that it does not wait for the write lock of
    the data. Migrates nothing over the read-only connection.
    """

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str | None:
        return "cache" if model._meta.app_label == CACHE else None

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return {"cache": app_label == CACHE, "reader": False}.get(db, app_label != CACHE)
