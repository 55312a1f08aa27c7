import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sla", "0004_clock_calendar")]

    operations = [
        migrations.AlterField(
            "clock", "calendar", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sla.calendar")
        ),
    ]
