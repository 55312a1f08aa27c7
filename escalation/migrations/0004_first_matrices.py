"""The levels that stand become the first version of their organization's matrix, in force since ever."""

from datetime import UTC, datetime

from django.db import migrations

SINCE_EVER = datetime(2000, 1, 1, tzinfo=UTC)


def make_matrices(apps, schema_editor):  # type: ignore[no-untyped-def]
    levels, matrices = (apps.get_model("escalation", name)._base_manager for name in ("EscalationLevel", "EscalationMatrix"))
    for organization_id in levels.order_by().values_list("organization_id", flat=True).distinct():
        matrix = matrices.create(
            organization_id=organization_id, kind="hierarchical", number=1, effective_from=SINCE_EVER, published_at=SINCE_EVER
        )
        levels.filter(organization_id=organization_id).update(matrix=matrix)


class Migration(migrations.Migration):
    dependencies = [("escalation", "0003_matrices")]

    operations = [migrations.RunPython(make_matrices, migrations.RunPython.noop)]
