import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("escalation", "0004_first_matrices")]

    operations = [
        migrations.AlterField(
            "escalationlevel",
            "matrix",
            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="escalation.escalationmatrix"),
        ),
        migrations.AddConstraint(
            "escalationlevel", models.UniqueConstraint(fields=("matrix", "position"), name="escalation_level_unique")
        ),
    ]
