import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def take_from_the_clock(apps, schema_editor):  # type: ignore[no-untyped-def]
    clocks, segments = apps.get_model("sla", "Clock"), apps.get_model("sla", "ClockSegment")
    bound = clocks._base_manager.filter(pk=OuterRef("clock_id")).values("policy_id")[:1]
    segments._base_manager.update(policy_id=Subquery(bound))


class Migration(migrations.Migration):
    dependencies = [("sla", "0005_clock_calendar_needed")]

    operations = [
        migrations.AddField(
            "clocksegment",
            "policy",
            models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sla.policyversion"),
        ),
        migrations.RunPython(take_from_the_clock, migrations.RunPython.noop),
    ]
