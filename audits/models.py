from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.models import Contract, Service
from foundation.accounts.models import OrganizationRow
from foundation.core.classification import Environment
from foundation.documents.models import Blob
from sla.targets import Term
from tickets.models import Ticket

VALIDATION = Term(3, business=True)  # SPEC 9.8
VISIT_NOTICE_DAYS = 5  # business days (SPEC 9.6)


class AuditState(models.TextChoices):
    EVALUATING = "evaluating", pgettext_lazy("audit", "The environment is being evaluated")
    OPEN = "open", pgettext_lazy("audit", "Evidence is being gathered")
    DECLINED = "declined", pgettext_lazy("audit", "Declined")
    STOPPED = "stopped", pgettext_lazy("audit", "Stopped")
    DELIVERED = "delivered", pgettext_lazy("audit", "Delivered")


def _user(verbose_name: Any = "") -> Any:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=verbose_name,
    )


class AuditRequest(OrganizationRow):
    """A customer's request for evidence for an external audit, with one ticket (SPEC 9).

    ``year_starts_on`` is the first day of the contract year at the request.
    """

    ticket = models.OneToOneField(Ticket, on_delete=models.PROTECT, related_name="+")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=AuditState)
    year_starts_on = models.DateField()
    auditor_company = models.CharField(_("auditing company"), max_length=120)
    auditor_name = models.CharField(_("auditor"), max_length=120)
    auditor_email = models.EmailField(_("auditor's e-mail"), blank=True)
    purpose = models.TextField(_("purpose"))
    period_from = models.DateField(_("period from"))
    period_to = models.DateField(_("period to"))
    environment = models.CharField(_("environment"), max_length=20, choices=Environment)
    form = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    decided_by = _user()  # evaluated, stopped or resumed it last
    decided_at = models.DateTimeField(null=True)
    # the reason of that decision
    decision = models.TextField(blank=True)
    # the state that resuming restores
    stopped_from = models.CharField(max_length=12, choices=AuditState, blank=True)
    # When the customer declined the delivery. From then on ``complete_audit`` delivers, not the
    # last answered item.
    reopened_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
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
    item was answered without evidence.
    """

    audit = models.ForeignKey(AuditRequest, on_delete=models.PROTECT, related_name="items")
    number = models.PositiveSmallIntegerField()
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    description = models.TextField()
    set_aside_reason = models.TextField(blank=True)
    set_aside_by = _user()
    set_aside_at = models.DateTimeField(null=True)
    # The waiver: without it no editable file is delivered (SPEC 9.4).
    waiver_reason = models.TextField(blank=True)
    waiver_agreed_by = models.CharField(max_length=120, blank=True)
    waived_by = _user()
    waived_at = models.DateTimeField(null=True)

    class Meta(OrganizationRow.Meta):
        ordering = ("audit_id", "number")
        constraints = (
            models.UniqueConstraint(fields=("audit", "number"), name="audit_item_unique"),
        )

    def __str__(self) -> str:
        return f"{self.number}. {self.description[:60]}"


class EvidenceClass(models.TextChoices):
    PUBLIC = "public", pgettext_lazy("evidence", "Public")
    INTERNAL = "internal", pgettext_lazy("evidence", "Internal")
    CONFIDENTIAL = "confidential", pgettext_lazy("evidence", "Confidential: a partial picture only")
    POLICY = (
        "policy",
        pgettext_lazy("evidence", "Policy, process or procedure: an authorized summary only"),
    )


class EvidenceState(models.TextChoices):
    PREPARED = "prepared", pgettext_lazy("evidence", "Waits for approval")
    REFUSED = "refused", pgettext_lazy("evidence", "Not approved")
    APPROVED = "approved", pgettext_lazy("evidence", "Approved")
    REPLACED = "replaced", pgettext_lazy("evidence", "Replaced")
    DELIVERED = "delivered", pgettext_lazy("evidence", "Delivered")


class Evidence(OrganizationRow):
    """A file or summary that answers an item. ``source`` is the original, ``deliverable`` what may
    be delivered, ``delivered`` what was. For an editable file, original and deliverable are the
    same.

    Database triggers reject changes once delivered, and deletion before ``retain_until`` (SPEC
    9.9).
    """

    item = models.ForeignKey(RequestedItem, on_delete=models.PROTECT, related_name="evidence")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=12, choices=EvidenceState, default=EvidenceState.PREPARED)
    classification = models.CharField(_("classification"), max_length=12, choices=EvidenceClass)
    name = models.CharField(max_length=150)
    source = models.ForeignKey(Blob, on_delete=models.PROTECT, null=True, related_name="+")
    deliverable = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    summary = models.TextField(_("summary"), blank=True)
    is_editable = models.BooleanField(default=False)
    prepared_by = _user()
    prepared_at = models.DateTimeField()
    decided_by = _user()
    decided_at = models.DateTimeField(null=True)
    decision = models.TextField(blank=True)
    delivered = models.ForeignKey(Blob, on_delete=models.PROTECT, null=True, related_name="+")
    delivered_by = _user()
    delivered_at = models.DateTimeField(null=True)
    # minimum days after the end of its contract, fixed when it was prepared
    retention_days = models.PositiveIntegerField()
    # last day, set once the contract has ended; None: without limit
    retain_until = models.DateField(null=True)

    class Meta(OrganizationRow.Meta):
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering = ("item_id", "number")
        constraints = (
            models.UniqueConstraint(fields=("item", "number"), name="evidence_unique"),
            models.CheckConstraint(
                condition=~models.Q(state__in=["approved", "delivered"])
                | ~models.Q(decided_by=models.F("prepared_by")),
                name="evidence_two_persons",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="delivered")
                | models.Q(
                    delivered__isnull=False,
                    delivered_by__isnull=False,
                    delivered_at__isnull=False,
                    decided_by__isnull=False,
                ),
                name="evidence_delivered_whole",
            ),
        )

    def __str__(self) -> str:
        return f"{self.item_id}/{self.number} {self.name}"


class DelayNotice(OrganizationRow):
    """A notice to the customer that the delivery will be late, with reason and
    new date (SPEC 9.2).
    """

    audit = models.ForeignKey(AuditRequest, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(_("reason"))
    new_date = models.DateField(_("new date"))
    given_by = _user()
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
    announced_by = _user()
    announced_at = models.DateTimeField()
    is_authorized = models.BooleanField(null=True)
    answered_by = _user()
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
    file.
    """

    audit = models.ForeignKey(AuditRequest, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(_("begins"))
    minutes = models.PositiveSmallIntegerField(_("minutes"), default=60)
    place = models.CharField(_("place or link"), max_length=300)
    attendees = models.JSONField(default=list)  # e-mail addresses
    sequence = models.PositiveSmallIntegerField(default=0)
    is_cancelled = models.BooleanField(default=False)
    scheduled_by = _user()
    scheduled_at = models.DateTimeField()

    class Meta(OrganizationRow.Meta):
        ordering = ("starts_at", "pk")

    def __str__(self) -> str:
        return f"{self.audit_id} {self.starts_at}"

    @property
    def ends_at(self) -> Any:
        return self.starts_at + timedelta(minutes=self.minutes)
