from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from escalation.models.matrices import EscalationLevel
from foundation.accounts.models import OrganizationRow
from tickets.models import Ticket


class Cause(models.TextChoices):
    BREACH = "breach", _("A target was missed")
    REQUEST = "request", _("Asked for by the customer")
    DESK = "desk", _("Asked for by the desk")
    DECLINED = "declined", _("The solution was declined")
    RULE = "rule", _("A rule of the desk")
    UNACKNOWLEDGED = "unacknowledged", _("Nobody acknowledged the level below")
    DEESCALATED = "deescalated", _("Taken back by the desk")


class Escalation(OrganizationRow):
    """One step of a ticket on its ladder. ``cause_key`` identifies the cause: a unique constraint
    allows one step for each.
    """

    is_unacknowledged = False  # set by ``with_ends``, on a list

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="+")
    level = models.ForeignKey(
        EscalationLevel, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    position = models.PositiveSmallIntegerField()
    cause = models.CharField(max_length=15, choices=Cause)
    cause_key = models.CharField(max_length=80)
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField()
    # when the level is notified: at once, or when one of its people comes on duty
    notified_at = models.DateTimeField(null=True)
    notified = models.JSONField(default=list)  # names of the recipients
    acknowledge_due_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    acknowledged_name = models.CharField(max_length=120, blank=True)

    class Meta(OrganizationRow.Meta):
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("ticket", "cause_key"), name="escalation_once_per_cause"
            ),
        )
        indexes = (
            models.Index(
                fields=("acknowledge_due_at",),
                name="escalation_unacknowledged",
                condition=models.Q(acknowledge_due_at__isnull=False),
            ),
            models.Index(fields=("ticket", "id"), name="escalation_by_ticket"),
        )

    def __str__(self) -> str:
        return f"{self.ticket_id} → {self.position}"

    @property
    def acknowledger(self) -> str:
        """The name of the person who acknowledged: of the desk, or the contact who opened the
        signed link; empty before.
        """
        return (
            str(self.acknowledged_by)
            if self.acknowledged_by is not None
            else self.acknowledged_name
        )
