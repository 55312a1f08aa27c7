"""The record only grows, in the database too: triggers refuse a change, and the role of the product
has no right to one.
"""

from django.db import migrations

GROWS = "The record only grows: add a new record that corrects the old one."
SQLITE = tuple(
    f"""CREATE TRIGGER activity_record_{act.lower()} BEFORE {act} ON activity_record
        BEGIN SELECT RAISE(ABORT, '{GROWS}'); END"""
    for act in ("UPDATE", "DELETE")
) + (
    # REPLACE deletes a row without its DELETE trigger where ``recursive_triggers`` is off
    f"""CREATE TRIGGER activity_record_insert BEFORE INSERT ON activity_record
        WHEN EXISTS (SELECT 1 FROM activity_record WHERE id = NEW.id)
        BEGIN SELECT RAISE(ABORT, '{GROWS}'); END""",
)
POSTGRESQL = (
    f"""CREATE FUNCTION activity_guard_record() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION '{GROWS}' USING ERRCODE = 'integrity_constraint_violation';
    END $$""",
    """CREATE TRIGGER activity_record_guard BEFORE UPDATE OR DELETE ON activity_record
       FOR EACH ROW EXECUTE FUNCTION activity_guard_record()""",
    # whoever has rights by the owner's default privileges keeps reading and adding
    """DO $$ DECLARE reader name; BEGIN
      FOR reader IN SELECT DISTINCT grantee FROM information_schema.role_table_grants
        WHERE table_name = 'activity_record' AND grantee <> current_user
      LOOP
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON activity_record FROM %I', reader);
      END LOOP;
    END $$""",
)


def raise_guards(apps, schema_editor):
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement, params=None)


def lower_guards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER activity_record_guard ON activity_record")
        schema_editor.execute("DROP FUNCTION activity_guard_record()")
        return
    for act in ("update", "delete", "insert"):
        schema_editor.execute(f"DROP TRIGGER activity_record_{act}")


class Migration(migrations.Migration):
    dependencies = [("activity", "0001_initial")]
    operations = [migrations.RunPython(raise_guards, lower_guards)]
