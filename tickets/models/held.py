"""Messages that are sent in a moment and can be taken back until then."""

from django.conf import settings
from django.db import models

from foundation.accounts.models import OrganizationRow
from foundation.documents.models import Blob
from tickets.models.tickets import Ticket


class HeldMessage(OrganizationRow):
    """A reply or an attention statement that its author has sent, and that becomes a message of the
    ticket at ``send_at``, with its step. Nothing of the ticket has changed until then. Without
    ``send_at`` it was given back: its author has it in the composer.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10)
    body = models.TextField()
    estimated_at = models.DateTimeField(null=True)
    step = models.CharField(max_length=40, blank=True)  # a transition of the table
    details = models.JSONField(default=dict)  # what the step needs, dates as ISO texts
    version = models.BigIntegerField(null=True)  # of the ticket, as its author saw it
    form = models.CharField(max_length=32)  # the token of the form in which it was written
    had_ended = models.BooleanField(default=False)  # the ticket, when it was written
    send_at = models.DateTimeField(null=True, db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta(OrganizationRow.Meta):
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.kind}"


class HeldFile(OrganizationRow):
    message = models.ForeignKey(HeldMessage, on_delete=models.CASCADE, related_name="files")
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=150)

    class Meta(OrganizationRow.Meta):
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.name
