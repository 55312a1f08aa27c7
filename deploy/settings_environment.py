"""The environment of the embedded default: demo mode on an own database, unless the caller decided
otherwise.
"""

import os


def embedded() -> dict[str, str]:
    """Complete and return this process's environment for the product."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings")
    if not os.environ.get("DATABASE_URL"):
        os.environ.setdefault("MESA_DEMO", "1")
    return dict(os.environ)
