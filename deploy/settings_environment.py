"""Defaults of the environment for the embedded shape: the demonstration, on SQLite."""

import os


def embedded() -> dict[str, str]:
    """Set missing variables of this process and return a copy of its environment. ``MESA_DEMO`` is
    set only without ``DATABASE_URL``.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings")
    if not os.environ.get("DATABASE_URL"):
        os.environ.setdefault("MESA_DEMO", "1")
    return dict(os.environ)
