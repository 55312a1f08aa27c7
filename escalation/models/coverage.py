from django.conf import settings
from django.db import models

from catalog.models import Contract
from foundation.accounts.models import OrganizationRow


class Coverage(OrganizationRow):
    """The coverage gaps that were last found for a customer's coming week; each was notified
    once.

    ``gaps`` is a list of ``[week hour, priority, percent]``; week hour 0 is Monday 00:00 in the
    organization's zone.
    """

    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, null=True, related_name="+")
    gaps = models.JSONField(default=list)
    # when a change requested a new computation; None: no request is pending
    asked_at = models.DateTimeField(null=True)
    computed_at = models.DateTimeField(null=True)

    class Meta(OrganizationRow.Meta):
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "contract"), name="coverage_of_contract"
            ),
            models.UniqueConstraint(
                fields=("organization",),
                condition=models.Q(contract__isnull=True),
                name="coverage_of_organization",
            ),
        )
        indexes = (
            models.Index(
                fields=("asked_at",),
                name="coverage_asked",
                condition=models.Q(asked_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.contract or self.organization}"


class Drill(OrganizationRow):
    """A test: a marked notice to the people who answer for the levels of a matrix at that hour."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, null=True, related_name="+")
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    started_at = models.DateTimeField()
    notified = models.JSONField()  # [{"role", "name", "email", "at"}], ``at`` an ISO instant

    class Meta(OrganizationRow.Meta):
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.organization} {self.started_at}"
