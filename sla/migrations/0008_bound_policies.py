"""Clocks and segments name every policy that bound them: so far it was one at most."""

from django.db import migrations
from django.db.models import F


def name_the_policies(apps, schema_editor):  # type: ignore[no-untyped-def]
    versions = apps.get_model("sla", "PolicyVersion")
    versions._base_manager.update(published_at=F("effective_from"))
    for name in ("Clock", "ClockSegment"):
        rows = apps.get_model("sla", name)._base_manager
        for policy_id in versions._base_manager.order_by("pk").values_list("pk", flat=True):
            rows.filter(policy_id=policy_id).update(policies=[policy_id])


class Migration(migrations.Migration):
    dependencies = [("sla", "0007_policies_in_layers")]

    operations = [migrations.RunPython(name_the_policies, migrations.RunPython.noop)]
