"""What a person of the desk last saw of a ticket, and what they were writing."""

from django.conf import settings
from django.db import models

from foundation.accounts.models import OrganizationRow
from tickets.models.tickets import Ticket


class Visit(OrganizationRow):
    """One row for each ticket and person. The open page renews ``seen_at``; ``writes_at`` is when
    the person last typed in it. The draft is what they typed and did not send.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, db_index=False, related_name="+")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    seen_at = models.DateTimeField()
    writes_at = models.DateTimeField(null=True)
    draft_kind = models.CharField(max_length=10, blank=True)
    draft = models.TextField(blank=True)

    class Meta(OrganizationRow.Meta):
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("ticket", "person"), name="visit_unique"),)

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.person_id}"
