import datetime
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("accounts", "__first__"),
        ("calendars", "0001_initial"),
        ("catalog", "0001_initial"),
        ("tickets", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Clock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "metric",
                    models.CharField(
                        choices=[
                            ("reaction", "Reaction"),
                            ("attention", "Attention"),
                            ("resolution", "Resolution"),
                            ("validation", "Validation"),
                            ("delivery", "Audit delivery"),
                            ("rca", "Root cause analysis"),
                            ("restoration", "Restoration"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("paused", "Paused"),
                            ("stopped", "Stopped"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("policy_ids", models.JSONField(default=list)),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "Critical"), (2, "High"), (3, "Medium"), (4, "Low")]
                    ),
                ),
                ("target", models.DurationField()),
                (
                    "target_unit",
                    models.CharField(
                        choices=[
                            ("time", "service time"),
                            ("calendar_days", "calendar days"),
                            ("business_days", "business days"),
                        ],
                        default="time",
                        max_length=15,
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(null=True)),
                ("stopped_at", models.DateTimeField(null=True)),
                ("used", models.DurationField(null=True)),
                ("is_met", models.BooleanField(null=True)),
                ("breached_at", models.DateTimeField(null=True)),
                ("announced_percent", models.PositiveSmallIntegerField(default=0)),
                ("next_event_at", models.DateTimeField(null=True)),
                ("remeasured_at", models.DateTimeField(null=True)),
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
                (
                    "ticket",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.ticket",
                    ),
                ),
                ("at_risk_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("ticket_id", "pk"),
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_event_at__isnull", False)),
                        fields=["next_event_at"],
                        name="clock_next_event",
                    ),
                    models.Index(fields=["organization", "due_at"], name="clock_by_due"),
                    models.Index(fields=["organization", "stopped_at"], name="clock_by_stop"),
                    models.Index(
                        condition=models.Q(("remeasured_at__isnull", False)),
                        fields=["organization", "remeasured_at"],
                        name="clock_by_remeasure",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("ticket", "metric"), name="clock_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("target__gte", datetime.timedelta(seconds=60))),
                        name="clock_target_positive",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ClockSegment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("start", "the ticket arrived"),
                            ("begin", "the promise was made"),
                            ("classification", "the classification changed"),
                            ("contract", "the contract changed"),
                        ],
                        default="start",
                        max_length=15,
                    ),
                ),
                ("policy_ids", models.JSONField(default=list)),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "Critical"), (2, "High"), (3, "Medium"), (4, "Low")]
                    ),
                ),
                ("target", models.DurationField()),
                (
                    "target_unit",
                    models.CharField(
                        choices=[
                            ("time", "service time"),
                            ("calendar_days", "calendar days"),
                            ("business_days", "business days"),
                        ],
                        default="time",
                        max_length=15,
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("breached_at", models.DateTimeField(null=True)),
                (
                    "calendar",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="calendars.calendar",
                    ),
                ),
                (
                    "clock",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="segments",
                        to="sla.clock",
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
                "ordering": ("clock_id", "number"),
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("clock", "number"), name="segment_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="Announcement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("percent", models.PositiveSmallIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="organization",
                    ),
                ),
                (
                    "clock",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="sla.clock",
                    ),
                ),
                (
                    "segment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="sla.clocksegment",
                    ),
                ),
            ],
            options={
                "ordering": ("pk",),
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("segment", "percent"), name="announcement_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="PolicyVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="version")),
                ("effective_from", models.DateTimeField(verbose_name="in force from")),
                ("published_at", models.DateTimeField()),
                (
                    "extension_includes_second_level",
                    models.BooleanField(
                        default=False,
                        help_text="Then it widens attention too.",
                        verbose_name="the extension includes second level",
                    ),
                ),
                (
                    "pauses_while_pending_user",
                    models.BooleanField(
                        blank=True,
                        choices=[
                            (None, "As the more general policy says"),
                            (True, "Yes"),
                            (False, "No"),
                        ],
                        null=True,
                        verbose_name="attention pauses while pending user",
                    ),
                ),
                (
                    "pauses_while_pending_supplier",
                    models.BooleanField(
                        blank=True,
                        choices=[
                            (None, "As the more general policy says"),
                            (True, "Yes"),
                            (False, "No"),
                        ],
                        null=True,
                        verbose_name="attention pauses while pending supplier",
                    ),
                ),
                (
                    "pauses_extend_terms",
                    models.BooleanField(
                        blank=True,
                        choices=[
                            (None, "As the more general policy says"),
                            (True, "Yes"),
                            (False, "No"),
                        ],
                        help_text="Then a day that ends in a pause does not count.",
                        null=True,
                        verbose_name="pauses extend terms in days",
                    ),
                ),
                (
                    "warning_percents",
                    models.JSONField(blank=True, default=list, verbose_name="warnings at percent"),
                ),
                (
                    "business_calendar",
                    models.ForeignKey(
                        blank=True,
                        help_text=(
                            "Empty: the one of the more general policy, in the end the "
                            "organization's business hours."
                        ),
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="calendars.calendar",
                        verbose_name="business calendar",
                    ),
                ),
                (
                    "contract",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.contract",
                        verbose_name="contract",
                    ),
                ),
                (
                    "extended_calendar",
                    models.ForeignKey(
                        blank=True,
                        help_text=(
                            "Contracted extension: nights, Saturdays, Sundays. It widens the "
                            "reaction calendar."
                        ),
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="calendars.calendar",
                        verbose_name="extended calendar",
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
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        help_text=(
                            "For the tickets of this requester alone. Without person and contract"
                            " it holds for the whole organization."
                        ),
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                (
                    "at_risk_percent",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text=(
                            "The share of the target from which the desk lists a ticket as at "
                            "risk. Empty: as the more general policy says, or 75."
                        ),
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(99),
                        ],
                        verbose_name="at risk from percent",
                    ),
                ),
                (
                    "pauses_while_marked",
                    models.BooleanField(
                        blank=True,
                        choices=[
                            (None, "As the more general policy says"),
                            (True, "Yes"),
                            (False, "No"),
                        ],
                        help_text=(
                            "Our own schedule, spare parts, accessories. By default it goes on."
                        ),
                        null=True,
                        verbose_name="attention pauses in marked stays",
                    ),
                ),
            ],
            options={
                "verbose_name": "service level policy",
                "verbose_name_plural": "service level policies",
                "ordering": ("organization_id", "contract_id", "person_id", "number"),
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("contract", "number"), name="policy_version_unique"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("person__isnull", False)),
                        fields=("organization", "person", "number"),
                        name="policy_of_person_unique",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("contract__isnull", True), ("person__isnull", True)),
                        fields=("organization", "number"),
                        name="policy_of_organization_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("contract__isnull", True), ("person__isnull", True), _connector="OR"
                        ),
                        name="policy_of_one",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PolicyTarget",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "metric",
                    models.CharField(
                        choices=[
                            ("reaction", "Reaction"),
                            ("attention", "Attention"),
                            ("resolution", "Resolution"),
                            ("delivery", "Audit delivery"),
                            ("rca", "Root cause analysis"),
                            ("restoration", "Restoration"),
                        ],
                        help_text="Nothing starts root cause analysis and restoration yet.",
                        max_length=12,
                        verbose_name="clock",
                    ),
                ),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "Critical"), (2, "High"), (3, "Medium"), (4, "Low")],
                        verbose_name="priority",
                    ),
                ),
                (
                    "support_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("functional", "Functional"),
                            ("technical", "Technical"),
                            ("technological", "Technological"),
                        ],
                        help_text="Empty: every type.",
                        max_length=20,
                        verbose_name="support type",
                    ),
                ),
                (
                    "minutes",
                    models.PositiveIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(525600),
                        ],
                        verbose_name="minutes",
                    ),
                ),
                (
                    "days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Instead of minutes.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(3650),
                        ],
                        verbose_name="or days",
                    ),
                ),
                (
                    "in_business_days",
                    models.BooleanField(default=True, verbose_name="business days"),
                ),
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        help_text="Of the catalogue. Empty: every category.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.category",
                        verbose_name="category",
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
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="targets",
                        to="sla.policyversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "target",
                "verbose_name_plural": "targets",
                "ordering": ("metric", "priority", "support_type", "pk"),
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("category__isnull", True)),
                        fields=("policy", "metric", "priority", "support_type"),
                        name="policy_target_unique",
                    ),
                    models.UniqueConstraint(
                        fields=("policy", "metric", "priority", "support_type", "category"),
                        name="policy_target_by_category",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("days__isnull", True), ("minutes__gte", 1)),
                            models.Q(("days__gte", 1), ("minutes__isnull", True)),
                            _connector="OR",
                        ),
                        name="policy_target_positive",
                    ),
                ],
            },
        ),
    ]
