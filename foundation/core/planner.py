"""What the database's planner knows of the tables."""

from django.db import connection

_SAMPLED = 1000  # rows of each index


def renew_statistics() -> None:
    """Count the values of the indexes, from a sample, so that SQLite chooses the narrowest index.
    PostgreSQL does it by itself.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA analysis_limit={_SAMPLED}")
            cursor.execute("ANALYZE")
