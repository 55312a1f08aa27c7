"""``prepare`` refuses a database whose columns are not those of the models, and loads the
demonstration in demo mode.
"""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from foundation.accounts.models import Organization
from foundation.accounts.tenancy import every_organization
from foundation.notifications.models import MessageStatus, OutboxMessage
from servicedesk.management.commands.prepare import missing_columns


@pytest.mark.django_db
def test_a_column_that_the_database_lacks_is_named() -> None:
    assert list(missing_columns()) == []

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audits_auditrequest DROP COLUMN reported_to")

    assert list(missing_columns()) == ["audits_auditrequest.reported_to"]


@pytest.mark.django_db
@pytest.mark.parametrize("is_demo", [False, True])
def test_the_demonstration_is_loaded_in_demo_mode_alone(
    settings: Any, tmp_path: Path, is_demo: bool
) -> None:
    settings.STATIC_ROOT = str(tmp_path)
    settings.DEMO = is_demo
    said = StringIO()

    call_command("prepare", "--tickets", "1", stdout=said)

    assert said.getvalue().startswith("Loaded ") is is_demo
    with every_organization(reason="count what was loaded"):
        assert Organization.objects.exists() is is_demo
        assert OutboxMessage.objects.exists() is is_demo
        unsent = OutboxMessage.objects.exclude(status=MessageStatus.SENT)
        assert not unsent.exists()  # nobody gets letters about the past
