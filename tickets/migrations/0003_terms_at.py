from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0002_continues")]

    operations = [migrations.AddField("ticket", "terms_at", models.DateTimeField(null=True))]
