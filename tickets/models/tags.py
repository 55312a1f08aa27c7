"""Words that the desk puts on a ticket to find it again (SPEC 3.13). No customer reads them."""

from unicodedata import combining, normalize

from django.db import models

from foundation.accounts.models import OrganizationRow
from foundation.core.texts import as_read
from tickets.models.tickets import Ticket

LONGEST_TAG = 40  # characters
LONGEST_KEY = 2 * LONGEST_TAG


def tag_key(name: str) -> str:
    """Return what two spellings of one tag have in common: without case, accents, what shows
    nothing and more than one blank in a row.
    """
    letters = normalize("NFKD", as_read(name))
    return " ".join("".join(each for each in letters if not combining(each)).split())


class Tag(OrganizationRow):
    """A tag of one customer's tickets, as it was first written. One that is on no ticket any more
    stays: the record names it.
    """

    name = models.CharField(max_length=LONGEST_TAG)
    key = models.CharField(max_length=LONGEST_KEY)  # ``tag_key`` of the name

    class Meta(OrganizationRow.Meta):
        ordering = ("key", "pk")
        constraints = (models.UniqueConstraint(fields=("organization", "key"), name="tag_unique"),)

    def __str__(self) -> str:
        return self.name


class TicketTag(OrganizationRow):
    """A tag on a ticket."""

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, db_index=False, related_name="+")
    tag = models.ForeignKey(Tag, on_delete=models.PROTECT, related_name="+")

    class Meta(OrganizationRow.Meta):
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("ticket", "tag"), name="ticket_tag_unique"),)

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.tag_id}"
