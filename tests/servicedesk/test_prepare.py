"""``prepare`` refuses a database whose columns are not those of the models, and loads the
demonstration in demo mode, into an empty database alone.
"""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from foundation.accounts.models import Organization
from servicedesk.management.commands.prepare import missing_columns
from tests.support.house import House


@pytest.mark.django_db
def test_a_column_that_the_database_lacks_is_named() -> None:
    assert list(missing_columns()) == []

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audits_auditrequest DROP COLUMN reported_to")

    assert list(missing_columns()) == ["audits_auditrequest.reported_to"]


@pytest.mark.parametrize(
    ("is_demo", "words"),
    [(False, ""), (True, "Nothing was loaded: the database holds people.\n")],
)
def test_the_demonstration_is_looked_at_in_demo_mode_alone_and_never_joins_people(
    house: House, settings: Any, tmp_path: Path, is_demo: bool, words: str
) -> None:
    settings.STATIC_ROOT = str(tmp_path)
    settings.DEMO = is_demo
    said = StringIO()
    count = Organization.objects.count()

    call_command("prepare", "--tickets", "1", stdout=said)

    assert (said.getvalue(), Organization.objects.count()) == (words, count)
    assert (tmp_path / "js").is_dir()
