from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_first_versions")]

    operations = [migrations.DeleteModel("MatrixCell")]
