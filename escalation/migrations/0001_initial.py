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
            name="Drill",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("notified", models.JSONField()),
                (
                    "contract",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.contract",
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
                    "started_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-pk",),
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="EscalationMatrix",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("hierarchical", "Escalation matrix"),
                            ("technical", "List for technical failures"),
                            ("complaints", "Complaints and suggestions"),
                        ],
                        default="hierarchical",
                        max_length=15,
                        verbose_name="kind",
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="version")),
                ("effective_from", models.DateTimeField(verbose_name="in force from")),
                ("published_at", models.DateTimeField()),
                (
                    "contract",
                    models.ForeignKey(
                        blank=True,
                        help_text=(
                            "Empty: for the tickets of every contract that has none of its own."
                        ),
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.contract",
                        verbose_name="contract",
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
                "verbose_name": "escalation matrix",
                "verbose_name_plural": "escalation matrices",
                "ordering": ("organization_id", "kind", "contract_id", "number"),
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("contract", "kind", "number"), name="escalation_matrix_of_contract"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("contract__isnull", True)),
                        fields=("organization", "kind", "number"),
                        name="escalation_matrix_of_organization",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EscalationLevel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="level",
                    ),
                ),
                ("name_es", models.CharField(max_length=80, verbose_name="name in Spanish")),
                (
                    "name_en",
                    models.CharField(blank=True, max_length=80, verbose_name="name in English"),
                ),
                (
                    "purpose_es",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="what it is for, in Spanish"
                    ),
                ),
                (
                    "purpose_en",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="what it is for, in English"
                    ),
                ),
                ("contact_name", models.CharField(max_length=120, verbose_name="contact")),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail")),
                ("phone", models.CharField(blank=True, max_length=60, verbose_name="telephone")),
                (
                    "hours",
                    models.CharField(
                        blank=True,
                        help_text="In words, as customers read them.",
                        max_length=120,
                        verbose_name="hours",
                    ),
                ),
                (
                    "acknowledge_minutes",
                    models.PositiveIntegerField(
                        default=30,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(43200),
                        ],
                        verbose_name="minutes to acknowledge",
                    ),
                ),
                (
                    "calendar",
                    models.ForeignKey(
                        blank=True,
                        help_text="In which the time to acknowledge runs. Empty: around the clock.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="calendars.calendar",
                        verbose_name="calendar",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        help_text=(
                            "Leave empty for a contact without a login: they acknowledge by the "
                            "link in the mail."
                        ),
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
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
                    "substitute",
                    models.ForeignKey(
                        blank=True,
                        help_text=(
                            "Who is notified while the person is off duty without a substitute."
                        ),
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="substitute",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        help_text="Instead of a person: its members on duty are notified.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="accounts.team",
                        verbose_name="group",
                    ),
                ),
                (
                    "matrix",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="escalation.escalationmatrix",
                    ),
                ),
            ],
            options={
                "verbose_name": "escalation level",
                "verbose_name_plural": "escalation levels",
                "ordering": ("matrix_id", "position", "pk"),
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("matrix", "position"), name="escalation_level_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("substitute__isnull", True),
                            ("contact__isnull", True),
                            models.Q(("substitute", models.F("contact")), _negated=True),
                            _connector="OR",
                        ),
                        name="escalation_level_substitute_is_another",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EscalationRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120, unique=True, verbose_name="name")),
                (
                    "is_active",
                    models.BooleanField(
                        default=False,
                        help_text=(
                            "Try it on the last 30 days first, then switch it on: it acts from "
                            "then on."
                        ),
                        verbose_name="active",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=1, verbose_name="order")),
                (
                    "trigger",
                    models.CharField(
                        choices=[
                            ("clock", "A clock reaches a percentage"),
                            ("state", "The ticket comes into a state"),
                            ("silence", "The customer hears nothing"),
                            ("raised", "A ticket is raised"),
                            ("changed", "Something about the ticket changes"),
                        ],
                        max_length=10,
                        verbose_name="when",
                    ),
                ),
                (
                    "metric",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("reaction", "Reaction"),
                            ("attention", "Attention"),
                            ("resolution", "Resolution"),
                            ("delivery", "Audit delivery"),
                            ("rca", "Root cause analysis"),
                            ("restoration", "Restoration"),
                        ],
                        help_text=(
                            "Of a clock's percentage. Empty: any clock. Nothing starts root cause "
                            "analysis and restoration yet."
                        ),
                        max_length=12,
                        verbose_name="clock",
                    ),
                ),
                (
                    "percent",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text=(
                            "Of the time used; 100 is the missed target. It acts at the first "
                            "warning of the policy that reaches it."
                        ),
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="percentage",
                    ),
                ),
                (
                    "silence_minutes",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text=(
                            "Of the organization's business hours, since the customer was last "
                            "written to or the state changed."
                        ),
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(525600),
                        ],
                        verbose_name="minutes without a word",
                    ),
                ),
                ("states", models.JSONField(blank=True, default=list, verbose_name="states")),
                (
                    "priorities",
                    models.JSONField(blank=True, default=list, verbose_name="priorities"),
                ),
                (
                    "support_types",
                    models.JSONField(blank=True, default=list, verbose_name="support types"),
                ),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("tell", "Tell a person or group"),
                            ("tell_tam", "Tell the customer's account manager"),
                            ("tell_level", "Tell a level of the matrix"),
                            ("assign", "Assign"),
                            ("raise", "Raise one level of the matrix"),
                            ("tag", "Put tags on the ticket"),
                            ("note", "Write an internal note"),
                        ],
                        max_length=10,
                        verbose_name="what to do",
                    ),
                ),
                ("planned_at", models.DateTimeField(editable=False, null=True)),
                (
                    "organizations",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Leave empty for every customer.",
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="customers",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        help_text=(
                            "Its members on duty are notified; a ticket goes to the one with the "
                            "fewest."
                        ),
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="accounts.team",
                        verbose_name="group",
                    ),
                ),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text=(
                            "Of the ticket's escalation matrix, which the rule does not move."
                        ),
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(20),
                        ],
                        verbose_name="level",
                    ),
                ),
                (
                    "words",
                    models.CharField(
                        blank=True,
                        help_text="One is in subject or description, in any form: printer, toner.",
                        max_length=200,
                        verbose_name="words",
                    ),
                ),
                (
                    "tags",
                    models.CharField(
                        blank=True,
                        help_text="The ticket has one of them. With commas.",
                        max_length=200,
                        verbose_name="tags",
                    ),
                ),
                (
                    "note",
                    models.TextField(
                        blank=True,
                        help_text="The customer never reads it.",
                        max_length=2000,
                        verbose_name="internal note",
                    ),
                ),
                ("kinds", models.JSONField(blank=True, default=list, verbose_name="kinds")),
                ("channels", models.JSONField(blank=True, default=list, verbose_name="channels")),
                (
                    "changes",
                    models.JSONField(blank=True, default=list, verbose_name="what changes"),
                ),
                (
                    "adds_tags",
                    models.CharField(
                        blank=True,
                        help_text="With commas.",
                        max_length=200,
                        verbose_name="tags to put on it",
                    ),
                ),
            ],
            options={
                "verbose_name": "escalation rule",
                "verbose_name_plural": "escalation rules",
                "ordering": ("position", "pk"),
            },
        ),
        migrations.CreateModel(
            name="RuleLog",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=80)),
                (
                    "trigger",
                    models.CharField(
                        choices=[
                            ("clock", "A clock reaches a percentage"),
                            ("state", "The ticket comes into a state"),
                            ("silence", "The customer hears nothing"),
                            ("raised", "A ticket is raised"),
                            ("changed", "Something about the ticket changes"),
                        ],
                        max_length=10,
                    ),
                ),
                ("occurrence", models.JSONField()),
                ("at", models.DateTimeField()),
                ("results", models.JSONField()),
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "ordering": ("pk",),
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("ticket", "key"), name="rule_log_once_per_occurrence"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SilenceWatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("since", models.DateTimeField()),
                ("run_after", models.DateTimeField()),
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
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="escalation.escalationrule",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "ordering": ("pk",),
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["run_after"], name="silence_watch_due")],
                "constraints": [
                    models.UniqueConstraint(fields=("ticket", "rule"), name="silence_watch_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="Coverage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("gaps", models.JSONField(default=list)),
                ("asked_at", models.DateTimeField(null=True)),
                ("computed_at", models.DateTimeField(null=True)),
                (
                    "contract",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.contract",
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
                "ordering": ("pk",),
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("asked_at__isnull", False)),
                        fields=["asked_at"],
                        name="coverage_asked",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "contract"), name="coverage_of_contract"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("contract__isnull", True)),
                        fields=("organization",),
                        name="coverage_of_organization",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Escalation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("breach", "A target was missed"),
                            ("request", "Asked for by the customer"),
                            ("desk", "Asked for by the desk"),
                            ("declined", "The solution was declined"),
                            ("rule", "A rule of the desk"),
                            ("unacknowledged", "Nobody acknowledged the level below"),
                            ("deescalated", "Taken back by the desk"),
                        ],
                        max_length=15,
                    ),
                ),
                ("cause_key", models.CharField(max_length=80)),
                ("reason", models.TextField(blank=True)),
                ("created_at", models.DateTimeField()),
                ("notified_at", models.DateTimeField(null=True)),
                ("notified", models.JSONField(default=list)),
                ("acknowledge_due_at", models.DateTimeField(null=True)),
                ("acknowledged_at", models.DateTimeField(null=True)),
                ("acknowledged_name", models.CharField(blank=True, max_length=120)),
                (
                    "acknowledged_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.ticket",
                    ),
                ),
                (
                    "level",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="escalation.escalationlevel",
                    ),
                ),
            ],
            options={
                "ordering": ("pk",),
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("acknowledge_due_at__isnull", False)),
                        fields=["acknowledge_due_at"],
                        name="escalation_unacknowledged",
                    ),
                    models.Index(fields=["ticket", "id"], name="escalation_by_ticket"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("ticket", "cause_key"), name="escalation_once_per_cause"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="escalationrule",
            name="services",
            field=models.ManyToManyField(
                blank=True,
                help_text="Leave empty for every service.",
                related_name="+",
                to="catalog.service",
                verbose_name="services",
            ),
        ),
    ]
