from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import OrganizationRow
from foundation.documents.models import Blob


class ReportStatus(models.TextChoices):
    QUEUED = "queued", _("Queued")
    MAKING = "making", _("Being made")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")


class ReportIssue(OrganizationRow):
    """A monthly service-level report as it was issued: its figures, their cut-off and hash, and the
    PDF made of them.

    ``month`` is the first day, local to the organization. ``is_final`` marks the report of a month
    that had ended.
    """

    month = models.DateField(_("month"))
    language = models.CharField(_("language"), max_length=5)
    version = models.PositiveIntegerField(_("version"), default=1)
    is_final = models.BooleanField(default=False)
    status = models.CharField(
        _("status"), max_length=10, choices=ReportStatus, default=ReportStatus.QUEUED
    )
    data = models.JSONField()
    data_sha256 = models.CharField(max_length=64)
    cutoff_at = models.DateTimeField()
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    requested_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    run_after = models.DateTimeField()
    send_when_ready = models.BooleanField(default=False)
    pdf = models.ForeignKey(Blob, on_delete=models.PROTECT, null=True, related_name="+")
    last_error = models.TextField(blank=True)

    class Meta(OrganizationRow.Meta):
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ("-month", "-version", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "month", "language", "version"), name="report_issue_unique"
            ),
        )
        indexes = (
            models.Index(
                fields=("run_after",),
                name="report_due",
                condition=models.Q(status__in=(ReportStatus.QUEUED, ReportStatus.MAKING)),
            ),
        )

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} v{self.version}"


class Simulation(models.Model):
    """Draft terms applied to past tickets of some customers (SPEC 4.11). Its parts hold the
    results.
    """

    name = models.CharField(_("name"), max_length=120)
    draft = models.JSONField()  # as sla.simulation.drafts writes it
    organization_ids = models.JSONField()
    first_month = models.DateField(_("from the month"))
    last_month = models.DateField(_("to the month"))
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    requested_at = models.DateTimeField()
    # [{"contract": reference, "number": of its policy, "at": ISO instant}]
    put_in_force = models.JSONField(default=list)

    class Meta:
        verbose_name = _("simulation")
        verbose_name_plural = _("simulations")
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.name


class PartStatus(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class SimulationPart(OrganizationRow):
    """One customer's month of a simulation, as known at ``as_of``: the cut-off of its issued
    report, or the instant of the request.

    ``before`` and ``after`` are tallies (``reports.metrics``); ``changes`` is the CSV of the clocks
    with another outcome.
    """

    simulation = models.ForeignKey(Simulation, on_delete=models.CASCADE, related_name="+")
    month = models.DateField()
    as_of = models.DateTimeField()
    published = models.ForeignKey(
        ReportIssue, on_delete=models.PROTECT, null=True, related_name="+"
    )
    status = models.CharField(max_length=10, choices=PartStatus, default=PartStatus.QUEUED)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    before = models.JSONField(default=list)
    after = models.JSONField(default=list)
    changed = models.PositiveIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)
    shown = models.JSONField(default=list)  # the first rows with another verdict, for the page
    changes = models.ForeignKey(Blob, on_delete=models.PROTECT, null=True, related_name="+")
    attempts = models.PositiveSmallIntegerField(default=0)
    run_after = models.DateTimeField()
    last_error = models.TextField(blank=True)

    class Meta(OrganizationRow.Meta):
        ordering = ("simulation_id", "organization_id", "month")
        constraints = (
            models.UniqueConstraint(
                fields=("simulation", "organization", "month"), name="simulation_part_unique"
            ),
        )
        indexes = (
            models.Index(
                fields=("run_after",),
                name="simulation_part_due",
                condition=models.Q(status__in=(PartStatus.QUEUED, PartStatus.RUNNING)),
            ),
        )

    def __str__(self) -> str:
        return f"{self.simulation_id} {self.organization_id} {self.month:%Y-%m}"
