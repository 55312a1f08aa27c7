from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import OrganizationRow
from documents.models import Blob


class ReportStatus(models.TextChoices):
    QUEUED = "queued", _("Queued")
    MAKING = "making", _("Being made")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")


class ReportIssue(OrganizationRow):
    """A monthly service-level report as it was issued: its figures, their cut-off and hash, and the PDF made of them.

    ``month`` is the first day, local to the organization. ``is_final`` marks the report of a month that had ended.
    """

    month = models.DateField(_("month"))
    language = models.CharField(_("language"), max_length=5)
    version = models.PositiveIntegerField(_("version"), default=1)
    is_final = models.BooleanField(default=False)
    status = models.CharField(_("status"), max_length=10, choices=ReportStatus, default=ReportStatus.QUEUED)
    data = models.JSONField()
    data_sha256 = models.CharField(max_length=64)
    cutoff_at = models.DateTimeField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
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
        constraints = (models.UniqueConstraint(fields=("organization", "month", "language", "version"), name="report_issue_unique"),)
        indexes = (
            models.Index(
                fields=("run_after",), name="report_due", condition=models.Q(status__in=(ReportStatus.QUEUED, ReportStatus.MAKING))
            ),
        )

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} v{self.version}"
