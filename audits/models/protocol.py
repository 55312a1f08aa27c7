from datetime import timedelta
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from audits.models.fields import person_field
from audits.models.requests import AuditRequest
from foundation.accounts.models import OrganizationRow


class DelayNotice(OrganizationRow):
    """A notice to the customer that the delivery will be late, with reason and
    new date (SPEC 9.2).
    """

    audit = models.ForeignKey(AuditRequest, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(_("reason"))
    new_date = models.DateField(_("new date"))
    given_by = person_field()
    given_at = models.DateTimeField()
    was_due_at = models.DateTimeField()  # due when the notice was given; a later notice is late

    class Meta(OrganizationRow.Meta):
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.audit_id} {self.new_date}"

    @property
    def is_in_time(self) -> bool:
        return self.given_at <= self.was_due_at


class VisitPlace(models.TextChoices):
    DATA_CENTRE = "data_centre", _("Data centre")
    ADMINISTRATION = "administration", _("Administration")


class Visit(OrganizationRow):
    """A visit to the site, which the data centre or the administration authorizes (SPEC 9.6)."""

    audit = models.ForeignKey(AuditRequest, on_delete=models.PROTECT, related_name="+")
    place = models.CharField(_("place"), max_length=15, choices=VisitPlace)
    on = models.DateField(_("day"))
    visitors = models.TextField(_("visitors"))
    announced_by = person_field()
    announced_at = models.DateTimeField()
    is_authorized = models.BooleanField(null=True)
    answered_by = person_field()
    answered_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)

    class Meta(OrganizationRow.Meta):
        ordering = ("on", "pk")
        constraints = (
            models.UniqueConstraint(fields=("audit", "on", "place"), name="audit_visit_unique"),
        )

    def __str__(self) -> str:
        return f"{self.audit_id} {self.on}"


class Conference(OrganizationRow):
    """A conference of customer, auditor and the teams (SPEC 9.3); its invitation is an iCalendar
    file, of the instant ``changed_at``: when it was scheduled, moved or cancelled.
    """

    audit = models.ForeignKey(AuditRequest, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(_("begins"))
    minutes = models.PositiveSmallIntegerField(_("minutes"), default=60)
    place = models.CharField(_("place or link"), max_length=300)
    attendees = models.JSONField(default=list)  # e-mail addresses
    sequence = models.PositiveSmallIntegerField(default=0)
    is_cancelled = models.BooleanField(default=False)
    scheduled_by = person_field()
    changed_at = models.DateTimeField()

    class Meta(OrganizationRow.Meta):
        ordering = ("starts_at", "pk")

    def __str__(self) -> str:
        return f"{self.audit_id} {self.starts_at}"

    @property
    def ends_at(self) -> Any:
        return self.starts_at + timedelta(minutes=self.minutes)
