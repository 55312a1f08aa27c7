from django.db import models
from django.utils.translation import gettext_lazy as _

from audits.models.fields import LONGEST_LINE, person_field
from audits.models.requests import AuditRequest
from catalog.models import Contract
from foundation.accounts.models import OrganizationRow

LONGEST_NOTES = 2000


class PlannedAudit(OrganizationRow):
    """An audit that a customer is expected to ask for under a contract (SPEC 9.1): planned, then
    asked for (``audit``) or called off (``ended_at``).

    ``expected_on`` is the local day of the customer on which the request is expected.
    ``reminded_at`` is when the audit area was reminded of that day; None: not yet.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="+")
    expected_on = models.DateField(_("expected on"))
    auditor_company = models.CharField(_("auditing company"), max_length=LONGEST_LINE, blank=True)
    notes = models.TextField(_("notes"), blank=True)
    planned_by = person_field()
    planned_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True)
    audit = models.OneToOneField(
        AuditRequest, on_delete=models.PROTECT, null=True, related_name="plan"
    )
    ended_by = person_field()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)  # of the last change

    class Meta(OrganizationRow.Meta):
        verbose_name = _("planned audit")
        verbose_name_plural = _("planned audits")
        ordering = ("expected_on", "pk")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(audit__isnull=True) | models.Q(ended_at__isnull=True),
                name="planned_audit_one_end",
            ),
        )
        indexes = (
            models.Index(
                fields=("expected_on",),
                condition=models.Q(audit__isnull=True, ended_at__isnull=True),
                name="planned_audit_coming",
            ),
        )

    def __str__(self) -> str:
        return f"{self.contract_id} {self.expected_on}"

    @property
    def is_coming(self) -> bool:
        return self.audit_id is None and self.ended_at is None
