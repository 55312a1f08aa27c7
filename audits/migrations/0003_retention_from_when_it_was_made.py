"""An end that is entered for a day before the evidence was made shortens nothing: its days count from then at the earliest (SPEC 9.9)."""

from importlib import import_module

from django.db import migrations

_guards = import_module("audits.migrations.0002_guards")
SQLITE = (
    "date(c.ends_on, '+' || OLD.retention_days || ' days')",
    "date(max(c.ends_on, date(OLD.prepared_at)), '+' || OLD.retention_days || ' days')",
)
POSTGRESQL = ("c.ends_on + OLD.retention_days", "GREATEST(c.ends_on, (OLD.prepared_at AT TIME ZONE 'UTC')::date) + OLD.retention_days")


def _put(schema_editor, new):
    if schema_editor.connection.vendor == "postgresql":
        statement = _guards.POSTGRESQL[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION").replace(POSTGRESQL[0], POSTGRESQL[new])
        schema_editor.execute(statement, params=None)
        return
    schema_editor.execute("DROP TRIGGER audits_evidence_retention")
    schema_editor.execute(_guards.SQLITE[2].replace(SQLITE[0], SQLITE[new]), params=None)


def from_when_it_was_made(apps, schema_editor):
    _put(schema_editor, 1)


def from_the_end_alone(apps, schema_editor):
    _put(schema_editor, 0)


class Migration(migrations.Migration):
    dependencies = [("audits", "0002_guards")]
    operations = [migrations.RunPython(from_when_it_was_made, from_the_end_alone)]
