from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audits.models.fields import LONGEST_LINE, person_field
from catalog.models import Contract, Service
from foundation.accounts.models import OrganizationRow
from foundation.core.classification import Environment
from foundation.documents.models import Blob
from tickets.models import Ticket


class AuditState(models.TextChoices):
    EVALUATING = "evaluating", pgettext_lazy("audit", "The environment is being evaluated")
    OPEN = "open", pgettext_lazy("audit", "Evidence is being gathered")
    DECLINED = "declined", pgettext_lazy("audit", "Declined")
    STOPPED = "stopped", pgettext_lazy("audit", "Stopped")
    DELIVERED = "delivered", pgettext_lazy("audit", "Delivered")


class ReportedTo(models.TextChoices):
    """Whom a stop was reported to: the audit area where no address of the committee is set."""

    COMMITTEE = "committee", pgettext_lazy("audit", "the committee")
    AUDIT_AREA = "audit_area", pgettext_lazy("audit", "the audit area")


class AuditRequest(OrganizationRow):
    """A customer's request for evidence for an external audit, with one ticket (SPEC 9).

    ``year_starts_on`` is the first day of the contract year at the request.
    """

    ticket = models.OneToOneField(Ticket, on_delete=models.PROTECT, related_name="+")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=AuditState)
    year_starts_on = models.DateField()
    auditor_company = models.CharField(_("auditing company"), max_length=LONGEST_LINE)
    auditor_name = models.CharField(_("auditor"), max_length=LONGEST_LINE)
    auditor_email = models.EmailField(_("auditor's e-mail"), blank=True)
    purpose = models.TextField(_("purpose"))
    period_from = models.DateField(_("period from"))
    period_to = models.DateField(_("period to"))
    environment = models.CharField(_("environment"), max_length=20, choices=Environment)
    form = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    decided_by = person_field()  # evaluated, stopped or resumed it last
    decided_at = models.DateTimeField(null=True)
    # the reason of that decision
    decision = models.TextField(blank=True)
    # whom the last stop was reported to; "": nobody could be told
    reported_to = models.CharField(max_length=12, choices=ReportedTo, blank=True)
    # when they are told: at the stop, or when the first of them comes on duty
    reported_at = models.DateTimeField(null=True)
    # the state that resuming restores
    stopped_from = models.CharField(max_length=12, choices=AuditState, blank=True)
    # When the customer declined the delivery. From then on ``complete_audit`` delivers, not the
    # last answered item.
    reopened_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    # When BPO let those who worked with its evidence send files again, after it was called off.
    released_at = models.DateTimeField(null=True)
    index = models.ForeignKey(Blob, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta(OrganizationRow.Meta):
        verbose_name = _("audit request")
        verbose_name_plural = _("audit requests")
        ordering = ("-pk",)
        indexes = (
            models.Index(fields=("contract", "year_starts_on"), name="audit_by_contract_year"),
        )

    def __str__(self) -> str:
        return f"{self.ticket.number} {self.auditor_company}"


class RequestedItem(OrganizationRow):
    """One line of the request; only listed items are answered. ``set_aside_reason`` says why an
    item was answered without evidence. ``preparer`` is who gathers its evidence, ``prepare_by`` the
    last day for that.
    """

    audit = models.ForeignKey(AuditRequest, on_delete=models.PROTECT, related_name="items")
    number = models.PositiveSmallIntegerField()
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    description = models.TextField()
    preparer = person_field(_("who prepares"))
    prepare_by = models.DateField(_("to be prepared by"), null=True)
    set_aside_reason = models.TextField(blank=True)
    set_aside_by = person_field()
    set_aside_at = models.DateTimeField(null=True)
    # The waiver: without it no editable file is delivered (SPEC 9.4).
    waiver_reason = models.TextField(blank=True)
    waiver_agreed_by = models.CharField(max_length=LONGEST_LINE, blank=True)
    waived_by = person_field()
    waived_at = models.DateTimeField(null=True)

    class Meta(OrganizationRow.Meta):
        ordering = ("audit_id", "number")
        constraints = (
            models.UniqueConstraint(fields=("audit", "number"), name="audit_item_unique"),
        )

    def __str__(self) -> str:
        return f"{self.number}. {self.description[:60]}"
