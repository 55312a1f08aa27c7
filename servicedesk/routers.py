"""Keeps the embedded default's cache in a SQLite file of its own, so that it never waits for the data's write lock."""

from typing import Any

from django.db import models


class CacheRouter:
    def _is_cache(self, app_label: str) -> bool:
        return app_label == "django_cache"

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str | None:
        return "cache" if self._is_cache(model._meta.app_label) else None

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return (db == "cache") == self._is_cache(app_label)
