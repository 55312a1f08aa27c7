import datetime
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("accounts", "__first__"),
        ("catalog", "0001_initial"),
        ("documents", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Ticket",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subject", models.CharField(max_length=200, verbose_name="subject")),
                ("description", models.TextField(verbose_name="description")),
                (
                    "kind",
                    models.CharField(
                        choices=[("incident", "Incident"), ("request", "Service request")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("answers", models.JSONField(default=list)),
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
                    "environment",
                    models.CharField(
                        choices=[
                            ("production", "Production"),
                            ("test", "Test"),
                            ("development", "Development"),
                            ("training", "Training"),
                        ],
                        default="production",
                        max_length=20,
                        verbose_name="environment",
                    ),
                ),
                (
                    "proposed_impact",
                    models.CharField(
                        choices=[
                            ("extensive", "Extensive: the whole company"),
                            ("significant", "Significant: a business unit"),
                            ("moderate", "Moderate: a department"),
                            ("minor", "Minor: one person"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "proposed_urgency",
                    models.CharField(
                        choices=[
                            ("critical", "Critical: cannot work"),
                            ("high", "High: work is degraded"),
                            ("medium", "Medium: degraded, not critical"),
                            ("low", "Low: can work"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "impact",
                    models.CharField(
                        choices=[
                            ("extensive", "Extensive: the whole company"),
                            ("significant", "Significant: a business unit"),
                            ("moderate", "Moderate: a department"),
                            ("minor", "Minor: one person"),
                        ],
                        max_length=20,
                        verbose_name="impact",
                    ),
                ),
                (
                    "urgency",
                    models.CharField(
                        choices=[
                            ("critical", "Critical: cannot work"),
                            ("high", "High: work is degraded"),
                            ("medium", "Medium: degraded, not critical"),
                            ("low", "Low: can work"),
                        ],
                        max_length=20,
                        verbose_name="urgency",
                    ),
                ),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "Critical"), (2, "High"), (3, "Medium"), (4, "Low")],
                        verbose_name="priority",
                    ),
                ),
                ("classified_at", models.DateTimeField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("open", "Open"),
                            ("assigned", "Assigned"),
                            ("pending_user", "Pending user"),
                            ("pending_supplier", "Pending supplier"),
                            ("in_progress", "In progress"),
                            ("solved", "Solved"),
                            ("closed", "Closed"),
                            ("rejected", "Rejected"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="new",
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("portal", "Portal"),
                            ("email", "E-mail"),
                            ("phone", "Phone"),
                            ("chat", "Chat"),
                            ("whatsapp", "WhatsApp"),
                            ("api", "API"),
                            ("monitoring", "Monitoring"),
                            ("desk", "Desk"),
                            ("system", "System"),
                        ],
                        max_length=20,
                        verbose_name="channel",
                    ),
                ),
                (
                    "is_out_of_contract",
                    models.BooleanField(default=False, verbose_name="out of contract"),
                ),
                ("coverage_changed_at", models.DateTimeField(null=True)),
                ("terms_at", models.DateTimeField()),
                (
                    "is_relevant",
                    models.BooleanField(default=False, verbose_name="relevant incident"),
                ),
                ("is_major", models.BooleanField(default=False, verbose_name="major incident")),
                ("received_at", models.DateTimeField(verbose_name="arrived")),
                ("created_at", models.DateTimeField(verbose_name="registered")),
                ("updated_at", models.DateTimeField(verbose_name="last activity")),
                ("solved_at", models.DateTimeField(null=True, verbose_name="solved")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="closed")),
                (
                    "solution_type",
                    models.CharField(
                        blank=True,
                        choices=[("definitive", "Definitive"), ("workaround", "Workaround")],
                        max_length=12,
                        verbose_name="solution type",
                    ),
                ),
                (
                    "closure_code",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("cancelled", "Cancelled by the user"),
                            ("invalid", "Invalid"),
                            ("approved", "Approved by the customer"),
                            ("no_validation", "No validation by the user"),
                        ],
                        max_length=15,
                        verbose_name="closure code",
                    ),
                ),
                (
                    "validation_due_at",
                    models.DateTimeField(null=True, verbose_name="closes by itself"),
                ),
                ("validation_reminder_at", models.DateTimeField(null=True)),
                ("reopen_ends_at", models.DateTimeField(null=True)),
                ("next_due_at", models.DateTimeField(null=True, verbose_name="due")),
                ("at_risk_at", models.DateTimeField(null=True)),
                (
                    "queue_at",
                    models.DateTimeField(
                        default=datetime.datetime(9999, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "assignee",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="assignee",
                    ),
                ),
                (
                    "continues",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.ticket",
                        verbose_name="continues",
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.ticket",
                        verbose_name="merged into",
                    ),
                ),
                (
                    "contract",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.contract",
                        verbose_name="contract",
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="accounts.department",
                        verbose_name="department",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="organization",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="desk owner",
                    ),
                ),
                (
                    "requester",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="requester",
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
                (
                    "site",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="accounts.site",
                        verbose_name="site",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.team",
                        verbose_name="group",
                    ),
                ),
                (
                    "template",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="catalog.requesttemplate",
                    ),
                ),
                ("contacted_at", models.DateTimeField(null=True, verbose_name="time of contact")),
                (
                    "stay_mark",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("own_schedule", "Our own schedule"),
                            ("spare_parts", "Spare parts"),
                            ("accessories", "Accessories"),
                        ],
                        max_length=12,
                        verbose_name="waits for",
                    ),
                ),
                (
                    "end_cause",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("duplicate", "Duplicate of another ticket"),
                            ("requested", "The customer asked for it"),
                            ("incomplete", "The minimum information is missing"),
                            ("no_answer", "The customer did not answer"),
                            ("out_of_scope", "Outside the contracted services"),
                            ("not_entitled", "Not from a valid user"),
                            ("junk", "Junk or automatic mail"),
                            ("elsewhere", "Registered for the wrong company"),
                            ("other", "Another cause"),
                        ],
                        max_length=12,
                        verbose_name="cause",
                    ),
                ),
                ("sensitive", models.CharField(blank=True, max_length=40)),
                ("reminders_sent", models.PositiveSmallIntegerField(default=0)),
                ("answer_due_at", models.DateTimeField(null=True)),
                ("is_closing_announced", models.BooleanField(default=False)),
            ],
            options={
                "verbose_name": "ticket",
                "verbose_name_plural": "tickets",
                "ordering": ("-pk",),
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "assigned",
                                    "in_progress",
                                    "new",
                                    "open",
                                    "pending_supplier",
                                    "pending_user",
                                    "solved",
                                ],
                            )
                        ),
                        fields=[
                            "-is_relevant",
                            "-is_major",
                            "queue_at",
                            "id",
                            "organization",
                            "state",
                            "assignee",
                            "team",
                        ],
                        name="ticket_queue",
                    ),
                    models.Index(
                        condition=models.Q(("at_risk_at__isnull", False)),
                        fields=["at_risk_at"],
                        name="ticket_at_risk",
                    ),
                    models.Index(
                        condition=models.Q(("next_due_at__isnull", False)),
                        fields=["next_due_at"],
                        name="ticket_due",
                    ),
                    models.Index(fields=["organization", "-id"], name="ticket_by_organization"),
                    models.Index(fields=["requester", "-id"], name="ticket_by_requester"),
                    models.Index(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "assigned",
                                    "in_progress",
                                    "new",
                                    "open",
                                    "pending_supplier",
                                    "pending_user",
                                    "solved",
                                ],
                            )
                        ),
                        fields=["assignee", "organization", "next_due_at"],
                        name="ticket_held",
                    ),
                    models.Index(
                        condition=models.Q(("assignee__isnull", False)),
                        fields=["assignee", "-id"],
                        name="ticket_by_assignee",
                    ),
                    models.Index(fields=["organization", "received_at"], name="ticket_by_arrival"),
                    models.Index(
                        condition=models.Q(("validation_due_at__isnull", False)),
                        fields=["validation_due_at"],
                        name="ticket_validation",
                    ),
                    models.Index(
                        condition=models.Q(("site__isnull", False)),
                        fields=["site"],
                        name="ticket_by_site",
                    ),
                    models.Index(
                        condition=models.Q(("department__isnull", False)),
                        fields=["department"],
                        name="ticket_by_department",
                    ),
                    models.Index(
                        condition=models.Q(("continues__isnull", False)),
                        fields=["continues"],
                        name="ticket_by_continues",
                    ),
                    models.Index(
                        condition=models.Q(("merged_into__isnull", False)),
                        fields=["merged_into"],
                        name="ticket_by_merged_into",
                    ),
                    models.Index(
                        condition=models.Q(("owner__isnull", False)),
                        fields=["owner"],
                        name="ticket_by_owner",
                    ),
                    models.Index(
                        condition=models.Q(("team__isnull", False)),
                        fields=["team"],
                        name="ticket_by_team",
                    ),
                    models.Index(
                        fields=["organization", "created_at"], name="ticket_by_registration"
                    ),
                    models.Index(
                        condition=models.Q(("coverage_changed_at__isnull", False)),
                        fields=["organization", "coverage_changed_at"],
                        name="ticket_by_coverage",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["cancelled", "closed", "rejected"])),
                        fields=["-updated_at", "-id"],
                        name="ticket_ended",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("state__in", ["pending_supplier", "pending_user", "solved"])
                        ),
                        fields=["state", "queue_at"],
                        name="ticket_waits",
                    ),
                    models.Index(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "assigned",
                                    "in_progress",
                                    "new",
                                    "open",
                                    "pending_supplier",
                                    "pending_user",
                                    "solved",
                                ],
                            )
                        ),
                        fields=["priority", "queue_at", "id"],
                        name="ticket_by_priority",
                    ),
                    models.Index(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "assigned",
                                    "in_progress",
                                    "new",
                                    "open",
                                    "pending_supplier",
                                    "pending_user",
                                    "solved",
                                ],
                            )
                        ),
                        fields=["-updated_at", "-id"],
                        name="ticket_activity",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closure_code__gt", ""), ("state", "closed")),
                            models.Q(
                                models.Q(("state", "closed"), _negated=True), ("closure_code", "")
                            ),
                            _connector="OR",
                        ),
                        name="ticket_closed_has_code",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "solved"), _negated=True),
                            models.Q(("solved_at__isnull", False), ("solution_type__gt", "")),
                            _connector="OR",
                        ),
                        name="ticket_solved_has_solution",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StateInterval",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("open", "Open"),
                            ("assigned", "Assigned"),
                            ("pending_user", "Pending user"),
                            ("pending_supplier", "Pending supplier"),
                            ("in_progress", "In progress"),
                            ("solved", "Solved"),
                            ("closed", "Closed"),
                            ("rejected", "Rejected"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "bucket",
                    models.CharField(
                        choices=[
                            ("registered", "Registered"),
                            ("in_progress", "In progress"),
                            ("waiting", "Waiting"),
                            ("third_party", "Third parties"),
                            ("conformity", "Conformity"),
                            ("ended", "Ended"),
                        ],
                        max_length=12,
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("reason", models.TextField(blank=True)),
                ("tried", models.TextField(blank=True)),
                ("supplier", models.CharField(blank=True, max_length=120)),
                ("supplier_case", models.CharField(blank=True, max_length=80)),
                ("promised_on", models.DateField(null=True)),
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
                (
                    "mark",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("own_schedule", "Our own schedule"),
                            ("spare_parts", "Spare parts"),
                            ("accessories", "Accessories"),
                        ],
                        max_length=12,
                    ),
                ),
                ("expected_on", models.DateField(null=True)),
                (
                    "cause",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("duplicate", "Duplicate of another ticket"),
                            ("requested", "The customer asked for it"),
                            ("incomplete", "The minimum information is missing"),
                            ("no_answer", "The customer did not answer"),
                            ("out_of_scope", "Outside the contracted services"),
                            ("not_entitled", "Not from a valid user"),
                            ("junk", "Junk or automatic mail"),
                            ("elsewhere", "Registered for the wrong company"),
                            ("other", "Another cause"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "asked_channel",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("portal", "Portal"),
                            ("email", "E-mail"),
                            ("phone", "Phone"),
                            ("chat", "Chat"),
                            ("whatsapp", "WhatsApp"),
                            ("api", "API"),
                            ("monitoring", "Monitoring"),
                            ("desk", "Desk"),
                            ("system", "System"),
                        ],
                        max_length=20,
                    ),
                ),
            ],
            options={
                "ordering": ("started_at", "pk"),
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(fields=["ticket", "started_at"], name="interval_by_ticket"),
                    models.Index(
                        condition=models.Q(("bucket", "ended"), _negated=True),
                        fields=["organization", "ended_at"],
                        name="interval_by_end",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("ticket",),
                        name="interval_one_current",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at__isnull", True),
                            ("ended_at__gte", models.F("started_at")),
                            _connector="OR",
                        ),
                        name="interval_ends_after_start",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Message",
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
                            ("reply", "Reply"),
                            ("note", "Internal note"),
                            ("statement", "Attention statement"),
                            ("solution", "Solution"),
                        ],
                        max_length=10,
                    ),
                ),
                ("is_from_staff", models.BooleanField()),
                ("body", models.TextField()),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("portal", "Portal"),
                            ("email", "E-mail"),
                            ("phone", "Phone"),
                            ("chat", "Chat"),
                            ("whatsapp", "WhatsApp"),
                            ("api", "API"),
                            ("monitoring", "Monitoring"),
                            ("desk", "Desk"),
                            ("system", "System"),
                        ],
                        max_length=20,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("estimated_at", models.DateTimeField(null=True)),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
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
                    "through",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.ticket",
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
                ("sensitive", models.CharField(blank=True, max_length=40)),
            ],
            options={
                "ordering": ("created_at", "pk"),
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(fields=["ticket", "created_at"], name="message_by_ticket"),
                    models.Index(
                        condition=models.Q(("through__isnull", False)),
                        fields=["through"],
                        name="message_by_through",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=150)),
                ("created_at", models.DateTimeField()),
                (
                    "blob",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="documents.blob",
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
                    "message",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.message",
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
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                (
                    "audience",
                    models.CharField(
                        choices=[
                            ("mine", "Only me"),
                            ("group", "A group"),
                            ("public", "Everybody at the desk"),
                        ],
                        default="mine",
                        max_length=6,
                        verbose_name="for whom",
                    ),
                ),
                ("query", models.CharField(max_length=500)),
                ("created_at", models.DateTimeField()),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.team",
                        verbose_name="group",
                    ),
                ),
            ],
            options={
                "ordering": ("name", "pk"),
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "name"), name="savedview_unique"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("audience", "group"), ("team__isnull", False)),
                            models.Q(
                                models.Q(("audience", "group"), _negated=True),
                                ("team__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="savedview_group_has_team",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HeldMessage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=10)),
                ("body", models.TextField()),
                ("estimated_at", models.DateTimeField(null=True)),
                ("step", models.CharField(blank=True, max_length=40)),
                ("details", models.JSONField(default=dict)),
                ("version", models.BigIntegerField(null=True)),
                ("form", models.CharField(max_length=32)),
                ("had_ended", models.BooleanField(default=False)),
                ("send_at", models.DateTimeField(db_index=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={"ordering": ("pk",), "abstract": False, "base_manager_name": "objects"},
        ),
        migrations.CreateModel(
            name="HeldFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=150)),
                (
                    "blob",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="documents.blob",
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
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="files",
                        to="tickets.heldmessage",
                    ),
                ),
            ],
            options={"ordering": ("pk",), "abstract": False, "base_manager_name": "objects"},
        ),
        migrations.CreateModel(
            name="Rename",
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
                        choices=[("person", "Person"), ("company", "Organization")], max_length=7
                    ),
                ),
                ("object_id", models.BigIntegerField()),
                ("done_up_to", models.BigIntegerField(default=0)),
                ("noted_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("pk",),
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "object_id"), name="rename_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedReply",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                (
                    "audience",
                    models.CharField(
                        choices=[
                            ("mine", "Only me"),
                            ("group", "A group"),
                            ("public", "Everybody at the desk"),
                        ],
                        default="mine",
                        max_length=6,
                        verbose_name="for whom",
                    ),
                ),
                ("body_es", models.TextField(verbose_name="text in Spanish")),
                ("body_en", models.TextField(blank=True, verbose_name="text in English")),
                ("created_at", models.DateTimeField()),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.team",
                        verbose_name="group",
                    ),
                ),
            ],
            options={
                "ordering": ("name", "pk"),
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "name"), name="savedreply_unique"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("audience", "group"), ("team__isnull", False)),
                            models.Q(
                                models.Q(("audience", "group"), _negated=True),
                                ("team__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="savedreply_group_has_team",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Visit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seen_at", models.DateTimeField()),
                ("writes_at", models.DateTimeField(null=True)),
                ("draft_kind", models.CharField(blank=True, max_length=10)),
                ("draft", models.TextField(blank=True)),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        db_index=False,
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
                "constraints": [
                    models.UniqueConstraint(fields=("ticket", "person"), name="visit_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="Merge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
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
                    "absorbed",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.ticket",
                    ),
                ),
                (
                    "survivor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.ticket",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("open", "Open"),
                            ("assigned", "Assigned"),
                            ("pending_user", "Pending user"),
                            ("pending_supplier", "Pending supplier"),
                            ("in_progress", "In progress"),
                            ("solved", "Solved"),
                            ("closed", "Closed"),
                            ("rejected", "Rejected"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "merged_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("merged_at", models.DateTimeField()),
                ("undone_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("pk",),
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("undone_at__isnull", True)),
                        fields=("absorbed",),
                        name="merge_one_survivor",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("absorbed", models.F("survivor")), _negated=True),
                        name="merge_of_two_tickets",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TicketLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
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
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.ticket",
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.ticket",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("related", "Related to"),
                            ("duplicate", "Duplicate of"),
                            ("caused_by", "Caused by"),
                            ("part_of", "Part of"),
                            ("split", "Split off from"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("pk",),
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "target", "kind"), name="link_unique"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "part_of")),
                        fields=("source",),
                        name="link_one_parent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source", models.F("target")), _negated=True),
                        name="link_of_two_tickets",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Watcher",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
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
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("comes_by_merge", models.BooleanField(default=False)),
                ("added_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("pk",),
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("ticket", "person"), name="watcher_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=80)),
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
                "ordering": ("key", "pk"),
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="TicketTag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
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
                    "tag",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.tag",
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
            ],
            options={
                "ordering": ("pk",),
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.AddConstraint(
            model_name="tag",
            constraint=models.UniqueConstraint(fields=("organization", "key"), name="tag_unique"),
        ),
        migrations.AddConstraint(
            model_name="tickettag",
            constraint=models.UniqueConstraint(fields=("ticket", "tag"), name="ticket_tag_unique"),
        ),
        migrations.CreateModel(
            name="Checklist",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                (
                    "audience",
                    models.CharField(
                        choices=[
                            ("mine", "Only me"),
                            ("group", "A group"),
                            ("public", "Everybody at the desk"),
                        ],
                        default="mine",
                        max_length=6,
                        verbose_name="for whom",
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("lines", models.TextField(verbose_name="tasks, one a line")),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.team",
                        verbose_name="group",
                    ),
                ),
            ],
            options={
                "ordering": ("name", "pk"),
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "name"), name="checklist_unique"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("audience", "group"), ("team__isnull", False)),
                            models.Q(
                                models.Q(("audience", "group"), _negated=True),
                                ("team__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="checklist_group_has_team",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("checklist", models.CharField(blank=True, max_length=60)),
                ("due_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                ("removed_at", models.DateTimeField(null=True)),
                ("reminded_at", models.DateTimeField(null=True)),
                (
                    "done_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
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
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at__isnull", True), ("removed_at__isnull", True)),
                        fields=["owner"],
                        name="task_open_by_owner",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("done_at__isnull", True),
                            ("reminded_at__isnull", True),
                            ("removed_at__isnull", True),
                        ),
                        fields=["due_at"],
                        name="task_to_remind_of",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TimeEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("minutes", models.PositiveSmallIntegerField()),
                ("step", models.PositiveSmallIntegerField(default=1)),
                (
                    "activity",
                    models.CharField(
                        choices=[
                            ("analysis", "Analysis"),
                            ("remote", "Remote session"),
                            ("on_site", "On site"),
                            ("phone", "Telephone"),
                            ("meeting", "Meeting"),
                            ("documentation", "Documentation"),
                            ("travel", "Travel"),
                            ("other", "Other work"),
                        ],
                        max_length=15,
                    ),
                ),
                ("worked_on", models.DateField()),
                ("note", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "message",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.message",
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                    models.CheckConstraint(
                        condition=models.Q(
                            ("minutes__gte", 1), ("minutes__lte", 1440), ("step__gte", 1)
                        ),
                        name="time_entry_of_a_day",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AgentProfile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "is_automatic",
                    models.BooleanField(
                        default=True,
                        help_text=(
                            "Of the groups with automatic assignment. Otherwise by hand alone."
                        ),
                        verbose_name="gets tickets automatically",
                    ),
                ),
                (
                    "load_limit",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text=(
                            "Tickets that wait for the desk, not those that wait for a customer "
                            "or a supplier. Empty: the limit of the group. Who assigns by hand "
                            "can go beyond it."
                        ),
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(500),
                        ],
                        verbose_name="load limit",
                    ),
                ),
                ("languages", models.JSONField(blank=True, default=list, verbose_name="languages")),
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                (
                    "services",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Those that the person attends. None chosen: every service.",
                        related_name="+",
                        to="catalog.service",
                        verbose_name="services",
                    ),
                ),
            ],
            options={
                "verbose_name": "agent profile",
                "verbose_name_plural": "agent profiles",
                "ordering": ("person__full_name", "pk"),
            },
        ),
        migrations.CreateModel(
            name="GroupAssignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=False,
                        help_text=(
                            "Tickets without an assignee go to the members: those that were "
                            "sent to the group, and for a group of level 1 those of its "
                            "customers that arrive at the desk."
                        ),
                        verbose_name="active",
                    ),
                ),
                (
                    "load_limit",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Of the members without a limit of their own. Empty: no limit.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(500),
                        ],
                        verbose_name="load limit",
                    ),
                ),
                (
                    "team",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.team",
                        verbose_name="group",
                    ),
                ),
            ],
            options={
                "verbose_name": "automatic assignment of a group",
                "verbose_name_plural": "automatic assignment",
                "ordering": ("team__level", "team__name", "pk"),
            },
        ),
        migrations.CreateModel(
            name="AssignmentChoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_asked_for", models.BooleanField(default=False)),
                ("at", models.DateTimeField()),
                ("verdicts", models.JSONField()),
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
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                "ordering": ("-pk",),
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("person__isnull", False)),
                        fields=["person", "-at"],
                        name="choice_last_of_person",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FunctionalAnalysis",
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
                        choices=[("update", "Update of rows"), ("delete", "Delete of rows")],
                        max_length=10,
                    ),
                ),
                (
                    "environment",
                    models.CharField(
                        choices=[
                            ("production", "Production"),
                            ("test", "Test"),
                            ("development", "Development"),
                            ("training", "Training"),
                        ],
                        max_length=20,
                    ),
                ),
                ("tables", models.CharField(max_length=300)),
                ("finding", models.TextField()),
                ("change", models.TextField()),
                ("undoing", models.TextField()),
                ("created_at", models.DateTimeField()),
                ("run_at", models.DateTimeField(null=True)),
                ("rows", models.PositiveIntegerField(null=True)),
                ("removed_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("pk",),
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="RemoteSession",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("tool", models.CharField(max_length=60)),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField()),
                ("consent_by", models.CharField(max_length=150)),
                (
                    "consent",
                    models.CharField(
                        choices=[
                            ("in_tool", "Accepted in the tool"),
                            ("phone", "By telephone"),
                            ("written", "In writing (e-mail or chat)"),
                            ("in_person", "In person"),
                        ],
                        max_length=10,
                    ),
                ),
                ("recording", models.CharField(blank=True, max_length=500)),
                ("summary", models.TextField()),
                ("created_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("started_at", "pk"),
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.AddField(
            model_name="stateinterval",
            name="asked_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="stateinterval",
            name="duplicate_of",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tickets.ticket",
            ),
        ),
        migrations.AddConstraint(
            model_name="stateinterval",
            constraint=models.CheckConstraint(
                condition=models.Q(("mark", ""), ("bucket", "waiting"), _connector="OR"),
                name="interval_marked_waits",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("end_cause", ""),
                    ("state__in", ["cancelled", "closed", "rejected"]),
                    _connector="OR",
                ),
                name="ticket_cause_of_its_end",
            ),
        ),
        migrations.AddField(
            model_name="functionalanalysis",
            name="author",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="functionalanalysis",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
                verbose_name="organization",
            ),
        ),
        migrations.AddField(
            model_name="functionalanalysis",
            name="run_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="functionalanalysis",
            name="ticket",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.ticket"
            ),
        ),
        migrations.AddField(
            model_name="remotesession",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
                verbose_name="organization",
            ),
        ),
        migrations.AddField(
            model_name="remotesession",
            name="person",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="remotesession",
            name="ticket",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.ticket"
            ),
        ),
        migrations.AddConstraint(
            model_name="functionalanalysis",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("rows__isnull", True), ("run_at__isnull", True), ("run_by__isnull", True)
                    ),
                    models.Q(
                        ("rows__isnull", False),
                        ("run_at__gte", models.F("created_at")),
                        ("run_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="analysis_before_the_change",
            ),
        ),
        migrations.AddConstraint(
            model_name="remotesession",
            constraint=models.CheckConstraint(
                condition=models.Q(("ended_at__gt", models.F("started_at"))),
                name="remote_session_ends_after_start",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("stay_mark__gt", "")),
                fields=["stay_mark", "queue_at", "id"],
                name="ticket_by_mark",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("end_cause__gt", "")),
                fields=["end_cause", "-updated_at", "-id"],
                name="ticket_by_cause",
            ),
        ),
        migrations.CreateModel(
            name="OriginalText",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subject", models.CharField(blank=True, max_length=200)),
                ("text", models.TextField()),
                ("answers", models.JSONField(default=list)),
                (
                    "message",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.message",
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
            ],
            options={
                "ordering": ("pk",),
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("message",), name="original_of_message"),
                    models.UniqueConstraint(
                        fields=("ticket",),
                        name="original_of_ticket",
                        condition=models.Q(("message__isnull", True)),
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("answer_due_at__isnull", False)),
                fields=["answer_due_at"],
                name="ticket_by_answer",
            ),
        ),
        migrations.CreateModel(
            name="Macro",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                (
                    "audience",
                    models.CharField(
                        choices=[
                            ("mine", "Only me"),
                            ("group", "A group"),
                            ("public", "Everybody at the desk"),
                        ],
                        default="mine",
                        max_length=6,
                        verbose_name="for whom",
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("takes", models.BooleanField(default=False, verbose_name="take the ticket")),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[("reply", "Reply"), ("note", "Internal note")],
                        max_length=10,
                        verbose_name="message",
                    ),
                ),
                ("body_es", models.TextField(blank=True, verbose_name="text in Spanish")),
                ("body_en", models.TextField(blank=True, verbose_name="text in English")),
                (
                    "step",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("start", "Start work"),
                            ("pend_user", "Wait for the user"),
                            ("solve", "Solve"),
                        ],
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                (
                    "solution_type",
                    models.CharField(
                        blank=True,
                        choices=[("definitive", "Definitive"), ("workaround", "Workaround")],
                        max_length=12,
                        verbose_name="solution type",
                    ),
                ),
                (
                    "minutes",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="time worked"
                    ),
                ),
                (
                    "activity",
                    models.CharField(
                        choices=[
                            ("analysis", "Analysis"),
                            ("remote", "Remote session"),
                            ("on_site", "On site"),
                            ("phone", "Telephone"),
                            ("meeting", "Meeting"),
                            ("documentation", "Documentation"),
                            ("travel", "Travel"),
                            ("other", "Other work"),
                        ],
                        default="analysis",
                        max_length=15,
                        verbose_name="what was done",
                    ),
                ),
                ("tags", models.CharField(blank=True, max_length=400, verbose_name="tags")),
                ("tasks", models.TextField(blank=True, verbose_name="tasks, one a line")),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.team",
                        verbose_name="group",
                    ),
                ),
            ],
            options={
                "ordering": ("name", "pk"),
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "name"), name="macro_unique"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("audience", "group"), ("team__isnull", False)),
                            models.Q(
                                models.Q(("audience", "group"), _negated=True),
                                ("team__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="macro_group_has_team",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Snooze",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("until", models.DateTimeField()),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "ordering": ("until", "pk"),
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["until"], name="snooze_until")],
                "constraints": [models.UniqueConstraint(fields=("ticket",), name="snooze_unique")],
            },
        ),
        migrations.CreateModel(
            name="Recurrence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("subject", models.CharField(max_length=200, verbose_name="subject")),
                ("description", models.TextField(verbose_name="description")),
                (
                    "kind",
                    models.CharField(
                        choices=[("incident", "Incident"), ("request", "Service request")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("answers", models.JSONField(default=list)),
                (
                    "impact",
                    models.CharField(
                        choices=[
                            ("extensive", "Extensive: the whole company"),
                            ("significant", "Significant: a business unit"),
                            ("moderate", "Moderate: a department"),
                            ("minor", "Minor: one person"),
                        ],
                        max_length=20,
                        verbose_name="impact",
                    ),
                ),
                (
                    "urgency",
                    models.CharField(
                        choices=[
                            ("critical", "Critical: cannot work"),
                            ("high", "High: work is degraded"),
                            ("medium", "Medium: degraded, not critical"),
                            ("low", "Low: can work"),
                        ],
                        max_length=20,
                        verbose_name="urgency",
                    ),
                ),
                ("tags", models.CharField(blank=True, max_length=400, verbose_name="tags")),
                ("tasks", models.TextField(blank=True, verbose_name="tasks, one a line")),
                ("rule", models.CharField(max_length=200, verbose_name="rule")),
                ("starts_on", models.DateField(verbose_name="first day")),
                ("at_time", models.TimeField(verbose_name="time of day")),
                (
                    "closed_days",
                    models.CharField(
                        choices=[
                            ("raise", "The ticket is raised all the same"),
                            ("next", "The ticket is raised on the next working day"),
                            ("skip", "No ticket is raised"),
                        ],
                        default="raise",
                        max_length=5,
                        verbose_name="on a day off",
                    ),
                ),
                ("is_paused", models.BooleanField(default=False, verbose_name="paused")),
                ("done_until", models.DateField(null=True)),
                ("next_at", models.DateTimeField(null=True, verbose_name="next ticket")),
                ("created_at", models.DateTimeField()),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "assignee",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="assignee",
                    ),
                ),
                (
                    "keeper",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "membership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                        verbose_name="requester",
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
                (
                    "template",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.requesttemplate",
                        verbose_name="template",
                    ),
                ),
            ],
            options={
                "verbose_name": "recurring ticket",
                "verbose_name_plural": "recurring tickets",
                "ordering": ("-pk",),
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="RecurrenceDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("due_at", models.DateTimeField()),
                (
                    "problem",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("requester", "The requester may not raise tickets any more"),
                            ("service", "The service is not offered any more"),
                            ("late", "Mesa was not running then, and for too long afterwards"),
                            ("refused", "The ticket was refused"),
                            ("failed", "Mesa failed; the log of the workers says why"),
                        ],
                        max_length=10,
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
                ("detail", models.CharField(blank=True, max_length=500)),
                (
                    "recurrence",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tickets.recurrence",
                    ),
                ),
                (
                    "ticket",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "ordering": ("-day", "-pk"),
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.AddIndex(
            model_name="recurrence",
            index=models.Index(
                condition=models.Q(("next_at__isnull", False)),
                fields=["next_at"],
                name="recurrence_next",
            ),
        ),
        migrations.AddConstraint(
            model_name="recurrence",
            constraint=models.UniqueConstraint(
                fields=("organization", "name"), name="recurrence_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="recurrence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_paused", False), ("next_at__isnull", True), _connector="OR"
                ),
                name="recurrence_paused_has_no_next",
            ),
        ),
        migrations.AddConstraint(
            model_name="recurrenceday",
            constraint=models.UniqueConstraint(
                fields=("recurrence", "day"), name="recurrence_day_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="recurrenceday",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("problem", ""), ("ticket__isnull", False)),
                    models.Q(("problem__gt", ""), ("ticket__isnull", True)),
                    _connector="OR",
                ),
                name="recurrence_day_has_outcome",
            ),
        ),
        migrations.CreateModel(
            name="Signature",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("body_es", models.TextField()),
                ("body_en", models.TextField(blank=True)),
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="message",
            name="bcc",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="message",
            name="cc",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="recurrence",
            name="rule_day",
            field=models.DateField(null=True),
        ),
    ]
