"""A database whose columns are not those of the models is refused when it is prepared."""

import pytest
from django.db import connection

from servicedesk.management.commands.prepare import missing_columns


@pytest.mark.django_db
def test_a_column_that_the_database_lacks_is_named() -> None:
    assert list(missing_columns()) == []

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audits_auditrequest DROP COLUMN reported_to")

    assert list(missing_columns()) == ["audits_auditrequest.reported_to"]
