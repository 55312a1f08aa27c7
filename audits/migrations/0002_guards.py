"""Database triggers: evidence cannot be deleted before its time, delivered evidence cannot change
(SPEC 9.9).

Its days count from the end of the contract, and at the earliest from when it was prepared.
"""

from django.db import migrations

KEPT = (
    "item_id number state classification name source_id convert_from_id deliverable_id summary "
    "is_editable prepared_by_id prepared_at decided_by_id decided_at decision retention_days "
    "delivered_id delivered_by_id delivered_at organization_id"
).split()
KEEP = "Evidence is kept until its retention has ended."
FIXED = "Delivered evidence never changes."
RETENTION = "Evidence gets an end only after its contract has ended, and none before that."


def ended(today: str, kept_until: str) -> str:
    """Return the query that finds the ended contract which allows the new ``retain_until``."""
    return f"""
        SELECT 1 FROM audits_requesteditem i
        JOIN audits_auditrequest a ON a.id = i.audit_id
        JOIN catalog_contract c ON c.id = a.contract_id
        WHERE i.id = NEW.item_id AND c.ends_on IS NOT NULL AND c.ends_on < {today}
        AND NEW.retain_until >= {kept_until}"""


def changed(operator: str) -> str:
    """Return the condition that one of the fixed columns has another value."""
    return " OR ".join(f"NEW.{name} {operator} OLD.{name}" for name in KEPT)


SQLITE_KEPT_UNTIL = (
    "date(max(c.ends_on, date(OLD.prepared_at)), '+' || OLD.retention_days || ' days')"
)
SQLITE = (
    f"""CREATE TRIGGER audits_evidence_keep BEFORE DELETE ON audits_evidence
        WHEN OLD.retain_until IS NULL OR OLD.retain_until >= date('now')
        BEGIN SELECT RAISE(ABORT, '{KEEP}'); END""",
    f"""CREATE TRIGGER audits_evidence_fixed BEFORE UPDATE ON audits_evidence
        WHEN NEW.retention_days < OLD.retention_days
        OR OLD.state = 'delivered' AND ({changed("IS NOT")})
        BEGIN SELECT RAISE(ABORT, '{FIXED}'); END""",
    f"""CREATE TRIGGER audits_evidence_retention BEFORE UPDATE ON audits_evidence
        WHEN NEW.retain_until IS NOT NULL AND NEW.retain_until IS NOT OLD.retain_until
        AND NOT EXISTS ({ended("date('now')", SQLITE_KEPT_UNTIL)})
        BEGIN SELECT RAISE(ABORT, '{RETENTION}'); END""",
)

POSTGRESQL_KEPT_UNTIL = (
    "GREATEST(c.ends_on, (OLD.prepared_at AT TIME ZONE 'UTC')::date) + OLD.retention_days"
)
POSTGRESQL = (
    f"""CREATE FUNCTION audits_guard_evidence() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' THEN
        IF OLD.retain_until IS NULL OR OLD.retain_until >= CURRENT_DATE THEN
          RAISE EXCEPTION '{KEEP}' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN OLD;
      END IF;
      IF NEW.retention_days < OLD.retention_days
        OR OLD.state = 'delivered' AND ({changed("IS DISTINCT FROM")}) THEN
        RAISE EXCEPTION '{FIXED}' USING ERRCODE = 'integrity_constraint_violation';
      END IF;
      IF NEW.retain_until IS NOT NULL AND NEW.retain_until IS DISTINCT FROM OLD.retain_until
        AND NOT EXISTS ({ended("CURRENT_DATE", POSTGRESQL_KEPT_UNTIL)}) THEN
        RAISE EXCEPTION '{RETENTION}' USING ERRCODE = 'integrity_constraint_violation';
      END IF;
      RETURN NEW;
    END $$""",
    """CREATE TRIGGER audits_evidence_guard BEFORE UPDATE OR DELETE ON audits_evidence
       FOR EACH ROW EXECUTE FUNCTION audits_guard_evidence()""",
)


def raise_guards(apps, schema_editor):
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement, params=None)


def lower_guards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER audits_evidence_guard ON audits_evidence")
        schema_editor.execute("DROP FUNCTION audits_guard_evidence()")
        return
    for name in ("keep", "fixed", "retention"):
        schema_editor.execute(f"DROP TRIGGER audits_evidence_{name}")


class Migration(migrations.Migration):
    # The triggers read contracts; a later change of this table drops and creates them again.
    dependencies = [("audits", "0001_initial"), ("catalog", "0001_initial")]
    operations = [migrations.RunPython(raise_guards, lower_guards)]
