import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def take_from_the_last_segment(apps, schema_editor):  # type: ignore[no-untyped-def]
    clocks, segments = apps.get_model("sla", "Clock"), apps.get_model("sla", "ClockSegment")
    last = segments._base_manager.filter(clock_id=OuterRef("pk")).order_by("-number").values("calendar_id")[:1]
    clocks._base_manager.update(calendar_id=Subquery(last))


class Migration(migrations.Migration):
    dependencies = [("sla", "0003_segments_without_version")]

    operations = [
        migrations.AddField(
            "clock",
            "calendar",
            models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sla.calendar"),
        ),
        migrations.RunPython(take_from_the_last_segment, migrations.RunPython.noop),
    ]
