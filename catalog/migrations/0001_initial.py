import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("accounts", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Category",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name_es",
                    models.CharField(max_length=80, unique=True, verbose_name="name in Spanish"),
                ),
                (
                    "name_en",
                    models.CharField(blank=True, max_length=80, verbose_name="name in English"),
                ),
                (
                    "icon",
                    models.CharField(
                        default="life-buoy",
                        help_text="A name of the Lucide icon set.",
                        max_length=40,
                        verbose_name="icon",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
            ],
            options={
                "verbose_name": "category",
                "verbose_name_plural": "categories",
                "ordering": ("position", "pk"),
            },
        ),
        migrations.CreateModel(
            name="Contract",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reference", models.CharField(max_length=60, verbose_name="reference")),
                ("starts_on", models.DateField(verbose_name="starts on")),
                (
                    "ends_on",
                    models.DateField(
                        blank=True,
                        help_text="The last day it is in force. Empty: without end.",
                        null=True,
                        verbose_name="ends on",
                    ),
                ),
                (
                    "validation_days",
                    models.PositiveSmallIntegerField(
                        default=3,
                        help_text=(
                            "How long the customer has to accept a solution before the ticket "
                            "closes by itself. The day of the solution does not count."
                        ),
                        validators=[
                            django.core.validators.MinValueValidator(3),
                            django.core.validators.MaxValueValidator(90),
                        ],
                        verbose_name="validation period in days",
                    ),
                ),
                (
                    "validation_in_business_days",
                    models.BooleanField(default=False, verbose_name="count business days"),
                ),
                (
                    "audit_validation_days",
                    models.PositiveSmallIntegerField(
                        default=3,
                        help_text=(
                            "How long the customer has to validate what an audit request delivered."
                        ),
                        validators=[
                            django.core.validators.MinValueValidator(3),
                            django.core.validators.MaxValueValidator(90),
                        ],
                        verbose_name="validation period of an audit in business days",
                    ),
                ),
                (
                    "visit_notice_days",
                    models.PositiveSmallIntegerField(
                        default=5,
                        help_text=(
                            "For a visit that is not announced with the audit request itself."
                        ),
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(90),
                        ],
                        verbose_name="notice of an auditors' visit in business days",
                    ),
                ),
                (
                    "acknowledgement_is_reaction",
                    models.BooleanField(
                        default=False,
                        help_text=(
                            "Then the mail with the number stops the reaction clock. Otherwise "
                            "only a message by a person does."
                        ),
                        verbose_name="an automatic acknowledgement is the reaction",
                    ),
                ),
                (
                    "reopen_days",
                    models.PositiveSmallIntegerField(
                        default=0,
                        validators=[django.core.validators.MaxValueValidator(365)],
                        help_text=(
                            "How long after closing a ticket may be reopened; 0 means a new "
                            "linked ticket."
                        ),
                        verbose_name="reopening window in days",
                    ),
                ),
                (
                    "time_asked",
                    models.CharField(
                        choices=[
                            ("never", "it is not asked for"),
                            ("with_solution", "with the solution"),
                            ("with_reply", "with each message to the customer"),
                        ],
                        default="never",
                        help_text="When the desk has to say how long it worked on a ticket.",
                        max_length=15,
                        verbose_name="time worked",
                    ),
                ),
                (
                    "time_step",
                    models.PositiveSmallIntegerField(
                        default=1,
                        help_text=("Each entry of time worked is rounded up to a multiple of it."),
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(480),
                        ],
                        verbose_name="billing increment in minutes",
                    ),
                ),
                (
                    "drp_contracted",
                    models.BooleanField(default=False, verbose_name="DRP contracted"),
                ),
                (
                    "currency",
                    models.CharField(default="USD", max_length=3, verbose_name="currency"),
                ),
                (
                    "report_language",
                    models.CharField(
                        choices=[("es", "Spanish"), ("en", "English")],
                        default="es",
                        max_length=5,
                        verbose_name="report language",
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
                    "report_recipients",
                    models.ManyToManyField(
                        blank=True,
                        help_text=(
                            "Who gets the monthly report by e-mail, beside the people with the "
                            "role of report recipient."
                        ),
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="report recipients",
                    ),
                ),
                (
                    "masks_mail",
                    models.BooleanField(
                        default=False,
                        help_text=(
                            "Passwords, IP and MAC addresses, numbers of cards and of people: "
                            "letters have a mask in their place, and a link to the ticket. "
                            "Without a contract letters always mask them."
                        ),
                        verbose_name="e-mails mask sensitive data",
                    ),
                ),
                (
                    "no_answer_end",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "it stays open"),
                            ("cancelled", "it is closed as cancelled by the user"),
                            ("invalid", "it is closed as invalid"),
                        ],
                        default="",
                        help_text="As many business days after it, still without an answer.",
                        max_length=10,
                        verbose_name="after the last reminder",
                    ),
                ),
                (
                    "answer_reminders",
                    models.PositiveSmallIntegerField(
                        default=2,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(10),
                        ],
                        verbose_name="number of reminders",
                    ),
                ),
                (
                    "answer_days",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text=(
                            "After how many business days a customer who does not answer a "
                            "question is reminded, and again after each reminder; 0: never."
                        ),
                        validators=[django.core.validators.MaxValueValidator(90)],
                        verbose_name="reminder without an answer, in business days",
                    ),
                ),
            ],
            options={
                "verbose_name": "contract",
                "verbose_name_plural": "contracts",
                "ordering": ("organization_id", "-starts_on", "pk"),
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "reference"), name="contract_unique_reference"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends_on__isnull", True),
                            ("ends_on__gte", models.F("starts_on")),
                            _connector="OR",
                        ),
                        name="contract_ends_after_start",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Service",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name_es", models.CharField(max_length=120, verbose_name="name in Spanish")),
                (
                    "name_en",
                    models.CharField(blank=True, max_length=120, verbose_name="name in English"),
                ),
                (
                    "description_es",
                    models.TextField(blank=True, verbose_name="description in Spanish"),
                ),
                (
                    "description_en",
                    models.TextField(blank=True, verbose_name="description in English"),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("slug", models.SlugField(unique=True, verbose_name="short name")),
                (
                    "support_type",
                    models.CharField(
                        choices=[
                            ("functional", "Functional"),
                            ("technical", "Technical"),
                            ("technological", "Technological"),
                        ],
                        max_length=20,
                        verbose_name="support type",
                    ),
                ),
                (
                    "category",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="services",
                        to="catalog.category",
                        verbose_name="category",
                    ),
                ),
                (
                    "needs_analysis",
                    models.BooleanField(
                        default=False,
                        help_text=(
                            "For updates and deletes of tables: its tickets are solved only when a "
                            "functional analysis is recorded."
                        ),
                        verbose_name="needs a functional analysis",
                    ),
                ),
            ],
            options={
                "verbose_name": "service",
                "verbose_name_plural": "services",
                "ordering": ("position", "pk"),
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="RequestTemplate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name_es", models.CharField(max_length=120, verbose_name="name in Spanish")),
                (
                    "name_en",
                    models.CharField(blank=True, max_length=120, verbose_name="name in English"),
                ),
                (
                    "description_es",
                    models.TextField(blank=True, verbose_name="description in Spanish"),
                ),
                (
                    "description_en",
                    models.TextField(blank=True, verbose_name="description in English"),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("slug", models.SlugField(unique=True, verbose_name="short name")),
                (
                    "kind",
                    models.CharField(
                        choices=[("incident", "Incident"), ("request", "Service request")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "default_impact",
                    models.CharField(
                        choices=[
                            ("extensive", "Extensive: the whole company"),
                            ("significant", "Significant: a business unit"),
                            ("moderate", "Moderate: a department"),
                            ("minor", "Minor: one person"),
                        ],
                        default="minor",
                        max_length=20,
                        verbose_name="proposed impact",
                    ),
                ),
                (
                    "default_urgency",
                    models.CharField(
                        choices=[
                            ("critical", "Critical: cannot work"),
                            ("high", "High: work is degraded"),
                            ("medium", "Medium: degraded, not critical"),
                            ("low", "Low: can work"),
                        ],
                        default="medium",
                        max_length=20,
                        verbose_name="proposed urgency",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="templates",
                        to="catalog.service",
                        verbose_name="service",
                    ),
                ),
            ],
            options={
                "verbose_name": "template",
                "verbose_name_plural": "templates",
                "ordering": ("position", "pk"),
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ContractService",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "contract",
                    models.ForeignKey(
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
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.service",
                        verbose_name="service",
                    ),
                ),
            ],
            options={
                "verbose_name": "contracted service",
                "verbose_name_plural": "contracted services",
                "ordering": ("pk",),
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("contract", "service"), name="contract_service_unique"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="contract",
            name="services",
            field=models.ManyToManyField(
                related_name="+",
                through="catalog.ContractService",
                to="catalog.service",
                verbose_name="contracted services",
            ),
        ),
        migrations.CreateModel(
            name="TemplateField",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.SlugField(max_length=40, verbose_name="key")),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("text", "Text"),
                            ("long_text", "Long text"),
                            ("choice", "Choice"),
                            ("date", "Date"),
                            ("person", "Person of the organization"),
                            ("file", "File"),
                        ],
                        default="text",
                        max_length=12,
                        verbose_name="type",
                    ),
                ),
                ("label_es", models.CharField(max_length=120, verbose_name="label in Spanish")),
                (
                    "label_en",
                    models.CharField(blank=True, max_length=120, verbose_name="label in English"),
                ),
                (
                    "options_es",
                    models.TextField(
                        blank=True,
                        help_text="One per line; only for a choice.",
                        verbose_name="options in Spanish",
                    ),
                ),
                (
                    "options_en",
                    models.TextField(
                        blank=True,
                        help_text="In the order of the Spanish ones.",
                        verbose_name="options in English",
                    ),
                ),
                ("is_required", models.BooleanField(default=False, verbose_name="required")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                (
                    "template",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="fields",
                        to="catalog.requesttemplate",
                        verbose_name="template",
                    ),
                ),
            ],
            options={
                "verbose_name": "field",
                "verbose_name_plural": "fields",
                "ordering": ("position", "pk"),
                "constraints": [
                    models.UniqueConstraint(fields=("template", "key"), name="template_field_key")
                ],
            },
        ),
        migrations.CreateModel(
            name="ContractVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="version")),
                ("published_at", models.DateTimeField(verbose_name="known since")),
                ("terms", models.JSONField()),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
                (
                    "contract",
                    models.ForeignKey(
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
                "verbose_name": "version of the contract",
                "verbose_name_plural": "versions of the contract",
                "ordering": ("contract_id", "number"),
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("contract", "number"), name="contract_version_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MatrixVersion",
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
                ("cells", models.JSONField()),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
                (
                    "contract",
                    models.ForeignKey(
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
                "verbose_name": "priority matrix",
                "verbose_name_plural": "priority matrices",
                "ordering": ("contract_id", "number"),
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("contract", "number"), name="matrix_version_unique"
                    )
                ],
            },
        ),
    ]
