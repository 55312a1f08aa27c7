from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audits.models.fields import person_field
from audits.models.requests import RequestedItem
from foundation.accounts.models import OrganizationRow
from foundation.documents.models import Blob


class EvidenceClass(models.TextChoices):
    PUBLIC = "public", pgettext_lazy("evidence", "Public")
    INTERNAL = "internal", pgettext_lazy("evidence", "Internal")
    CONFIDENTIAL = "confidential", pgettext_lazy("evidence", "Confidential: a partial picture only")
    POLICY = (
        "policy",
        pgettext_lazy("evidence", "Policy, process or procedure: an authorized summary only"),
    )


class EvidenceState(models.TextChoices):
    CONVERTING = "converting", pgettext_lazy("evidence", "Being converted to PDF")
    UNREADABLE = "unreadable", pgettext_lazy("evidence", "Could not become PDF")
    PREPARED = "prepared", pgettext_lazy("evidence", "Waits for approval")
    REFUSED = "refused", pgettext_lazy("evidence", "Not approved")
    APPROVED = "approved", pgettext_lazy("evidence", "Approved")
    REPLACED = "replaced", pgettext_lazy("evidence", "Replaced")
    DELIVERED = "delivered", pgettext_lazy("evidence", "Delivered")


class Evidence(OrganizationRow):
    """A file or summary that answers an item. ``source`` is the original, ``convert_from`` the file
    that a worker converts (None: the summary), ``deliverable`` the result, which may be delivered,
    ``delivered`` what was. For an editable file, original and deliverable are the same.

    ``run_after`` is when a worker may convert it: after a claim, the end of the lease.

    Database triggers reject changes once delivered, and deletion before ``retain_until`` (SPEC
    9.9).
    """

    item = models.ForeignKey(RequestedItem, on_delete=models.PROTECT, related_name="evidence")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=12, choices=EvidenceState, default=EvidenceState.CONVERTING)
    classification = models.CharField(_("classification"), max_length=12, choices=EvidenceClass)
    name = models.CharField(max_length=150)
    source = models.ForeignKey(Blob, on_delete=models.PROTECT, null=True, related_name="+")
    convert_from = models.ForeignKey(Blob, on_delete=models.PROTECT, null=True, related_name="+")
    deliverable = models.ForeignKey(Blob, on_delete=models.PROTECT, null=True, related_name="+")
    run_after = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    summary = models.TextField(_("summary"), blank=True)
    is_editable = models.BooleanField(default=False)
    prepared_by = person_field()
    prepared_at = models.DateTimeField()
    decided_by = person_field()
    decided_at = models.DateTimeField(null=True)
    decision = models.TextField(blank=True)
    delivered = models.ForeignKey(Blob, on_delete=models.PROTECT, null=True, related_name="+")
    delivered_by = person_field()
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
                condition=~models.Q(state__in=["prepared", "approved", "delivered"])
                | models.Q(deliverable__isnull=False),
                name="evidence_has_deliverable",
            ),
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

    @property
    def deliverable_file(self) -> Blob:
        """The file that may be delivered. Raises ``ValueError`` while there is none."""
        if self.deliverable is None:
            raise ValueError(f"Evidence {self.pk} has no deliverable: it is {self.state}.")
        return self.deliverable


class EvidenceReader(OrganizationRow):
    """A person of the staff opened a file of evidence that was not delivered; the first time
    only.
    """

    evidence = models.ForeignKey(
        Evidence, on_delete=models.CASCADE, db_index=False, related_name="readers"
    )
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()

    class Meta(OrganizationRow.Meta):
        constraints = (
            models.UniqueConstraint(fields=("evidence", "person"), name="evidence_reader_unique"),
        )

    def __str__(self) -> str:
        return f"{self.evidence_id} {self.person_id}"
