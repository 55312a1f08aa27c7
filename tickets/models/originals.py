"""Texts as they were written, where the ticket shows a masked copy (SPEC 3.15)."""

from django.db import models

from foundation.accounts.models import OrganizationRow
from tickets.models.conversation import Message
from tickets.models.tickets import Ticket


class OriginalText(OrganizationRow):
    """What a person wrote in a message or, without one, in a ticket's subject, description and
    answers, before its passwords and numbers of cards and people were masked. Three
    things read it: ``show_original``, which records who does, the letters of a contract that allows
    it, and ``split_ticket``, which keeps it beside the part too. Every other reader of the tables
    gets the masked copy.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, db_index=False, related_name="+")
    message = models.ForeignKey(
        Message, on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    answers = models.JSONField(default=list)  # as ``Ticket.answers``

    class Meta(OrganizationRow.Meta):
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("message",), name="original_of_message"),
            models.UniqueConstraint(
                fields=("ticket",),
                name="original_of_ticket",
                condition=models.Q(message__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.message_id or ''}".strip()
