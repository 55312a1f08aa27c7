from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0004_terms_at_arrival")]

    operations = [migrations.AlterField("ticket", "terms_at", models.DateTimeField())]
