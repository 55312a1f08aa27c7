from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sla", "0008_bound_policies")]

    operations = [
        migrations.RemoveField("clock", "policy"),
        migrations.RemoveField("clocksegment", "policy"),
        migrations.AlterField("policyversion", "published_at", models.DateTimeField()),
    ]
