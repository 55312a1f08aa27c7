"""SQLite knows how narrow its indexes are."""

import pytest
from django.db import connection

from foundation.core.tasks import renew_statistics
from sla.clocks.models import Clock
from tests.support.house import House, make_ticket


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL counts by itself")
def test_the_indexes_of_the_clocks_are_counted(house: House) -> None:
    make_ticket(house)

    renew_statistics()

    with connection.cursor() as cursor:
        cursor.execute("SELECT idx FROM sqlite_stat1 WHERE tbl = %s", [Clock._meta.db_table])
        counted = {row[0] for row in cursor.fetchall()}
    assert {"clock_by_due", "clock_by_stop"} <= counted
