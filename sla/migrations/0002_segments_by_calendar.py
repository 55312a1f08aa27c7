"""A segment names its calendar; which version held when follows from the versions themselves."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, OuterRef, Subquery


def name_the_calendar(apps, schema_editor):  # type: ignore[no-untyped-def]
    segments, versions = apps.get_model("sla", "ClockSegment"), apps.get_model("sla", "CalendarVersion")
    calendar = versions._base_manager.filter(pk=OuterRef("calendar_version_id")).values("calendar_id")[:1]
    segments._base_manager.update(calendar_id=Subquery(calendar))
    versions._base_manager.update(published_at=F("effective_from"), redated_at=F("effective_from"))
    later = segments._base_manager.filter(number__gt=1)
    later.update(cause="classification")


class Migration(migrations.Migration):
    dependencies = [("sla", "0001_initial")]

    operations = [
        migrations.AddField("calendarversion", "published_at", models.DateTimeField(null=True)),
        migrations.AddField("calendarversion", "redated_at", models.DateTimeField(null=True, blank=True)),
        migrations.AddField(
            "clocksegment",
            "cause",
            models.CharField(
                choices=[
                    ("start", "the ticket arrived"),
                    ("classification", "the classification changed"),
                    ("contract", "the contract changed"),
                ],
                default="start",
                max_length=15,
            ),
        ),
        migrations.AddField(
            "clocksegment",
            "calendar",
            models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sla.calendar"),
        ),
        migrations.RunPython(name_the_calendar, migrations.RunPython.noop),
    ]
