"""The functional analysis of a change of data (SPEC 2.1)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import OrganizationRow
from foundation.core.classification import Environment
from tickets.models.tickets import Ticket


class DataChange(models.TextChoices):
    UPDATE = "update", _("Update of rows")
    DELETE = "delete", _("Delete of rows")


class FunctionalAnalysis(OrganizationRow):
    """Why rows of a customer's database have to be changed outside the application, what changes,
    and how it is taken back; written before the change. ``run_at`` is when the change was made, by
    ``run_by``, on so many ``rows``. A removed one stays: the record names it.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    kind = models.CharField(max_length=10, choices=DataChange)
    environment = models.CharField(max_length=20, choices=Environment)
    tables = models.CharField(max_length=300)
    finding = models.TextField()
    change = models.TextField()
    undoing = models.TextField()
    created_at = models.DateTimeField()
    run_at = models.DateTimeField(null=True)
    run_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
    )
    rows = models.PositiveIntegerField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta(OrganizationRow.Meta):
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(run_at__isnull=True, run_by__isnull=True, rows__isnull=True)
                | models.Q(
                    run_at__gte=models.F("created_at"), run_by__isnull=False, rows__isnull=False
                ),
                name="analysis_before_the_change",
            ),
        )

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.kind} {self.tables}"
