import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sla", "0002_segments_by_calendar")]

    operations = [
        migrations.AlterField("calendarversion", "published_at", models.DateTimeField()),
        migrations.AlterField(
            "clocksegment",
            "calendar",
            models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sla.calendar"),
        ),
        migrations.RemoveField("clocksegment", "calendar_version"),
        migrations.RemoveField("clocksegment", "ends_at"),
        migrations.AddIndex(
            "calendarversion",
            models.Index(fields=["published_at"], name="calendar_version_to_redate", condition=models.Q(redated_at__isnull=True)),
        ),
    ]
