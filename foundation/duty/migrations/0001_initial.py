import django.db.models.deletion
import foundation.core.zones
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Shift",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80, unique=True, verbose_name="name")),
                (
                    "time_zone",
                    models.CharField(
                        default="America/Mexico_City",
                        max_length=60,
                        validators=[foundation.core.zones.validate_time_zone],
                        verbose_name="time zone",
                    ),
                ),
                ("hours", models.JSONField()),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "people",
                    models.ManyToManyField(
                        blank=True,
                        help_text=(
                            "Who stands in no shift is on duty around the clock, unless others "
                            "of their group stand in one: then they are off duty."
                        ),
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="people",
                    ),
                ),
            ],
            options={
                "verbose_name": "shift",
                "verbose_name_plural": "shifts",
                "ordering": ("name", "pk"),
            },
        ),
        migrations.CreateModel(
            name="Absence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="from")),
                ("ends_at", models.DateTimeField(verbose_name="until")),
                ("reason", models.CharField(blank=True, max_length=120, verbose_name="reason")),
                (
                    "keeps_tickets",
                    models.BooleanField(
                        default=False,
                        help_text=(
                            "For an absence of a day at most. Otherwise the tickets go to the "
                            "substitute when it begins, or back to the desk or the group."
                        ),
                        verbose_name="keeps their tickets",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                (
                    "substitute",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="substitute",
                    ),
                ),
            ],
            options={
                "verbose_name": "absence",
                "verbose_name_plural": "absences",
                "ordering": ("-starts_at", "pk"),
                "indexes": [models.Index(fields=["ends_at"], name="absence_by_end")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                        name="absence_ends_after_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("substitute__isnull", True),
                            models.Q(("substitute", models.F("person")), _negated=True),
                            _connector="OR",
                        ),
                        name="absence_substitute_is_another",
                    ),
                ],
            },
        ),
    ]
