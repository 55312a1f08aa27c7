"""Tickets that who has them has snoozed."""

from django.conf import settings
from django.db import models

from foundation.accounts.models import OrganizationRow
from tickets.models.tickets import Ticket


class Snooze(OrganizationRow):
    """A ticket that its assignee does not see among their tickets before ``until``. Not a column of
    the ticket: to snooze it is no activity on it, and the lists of all keep their index.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, db_index=False, related_name="+")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    until = models.DateTimeField()

    class Meta(OrganizationRow.Meta):
        ordering = ("until", "pk")
        indexes = (models.Index(fields=("until",), name="snooze_until"),)
        constraints = (models.UniqueConstraint(fields=("ticket",), name="snooze_unique"),)

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.until:%Y-%m-%d %H:%M}"
