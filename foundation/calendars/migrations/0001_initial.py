import django.db.models.deletion
import foundation.core.zones
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Calendar",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("continuous", "Around the clock, without holidays"),
                            ("business", "Business hours"),
                            ("extended", "Extended hours"),
                        ],
                        max_length=12,
                        verbose_name="used for",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="organization",
                    ),
                ),
            ],
            options={
                "verbose_name": "calendar",
                "verbose_name_plural": "calendars",
                "ordering": ("organization_id", "role", "pk"),
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "name"), name="calendar_unique_name"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "time_zone",
                    models.CharField(
                        max_length=60,
                        validators=[foundation.core.zones.validate_time_zone],
                        verbose_name="time zone",
                    ),
                ),
                ("hours", models.JSONField()),
                ("holidays", models.JSONField(blank=True, default=dict)),
                ("tzdata_version", models.CharField(max_length=20)),
                ("effective_from", models.DateTimeField()),
                ("published_at", models.DateTimeField()),
                ("redated_at", models.DateTimeField(blank=True, null=True)),
                (
                    "calendar",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="calendars.calendar",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="organization",
                    ),
                ),
            ],
            options={
                "ordering": ("calendar_id", "number"),
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("redated_at__isnull", True)),
                        fields=["published_at"],
                        name="calendar_version_to_redate",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("calendar", "number"), name="calendar_version_unique"
                    )
                ],
            },
        ),
    ]
