"""How tickets belong together, and who follows one."""

from django.conf import settings
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import OrganizationRow
from tickets.models.tickets import Ticket
from tickets.states import State


class LinkKind(models.TextChoices):
    """What the source of a link is to its target."""

    RELATED = "related", _("Related to")
    DUPLICATE = "duplicate", _("Duplicate of")
    CAUSED_BY = "caused_by", _("Caused by")
    PART_OF = "part_of", _("Part of")
    SPLIT = "split", _("Split off from")


# What the target of a link is to its source.
_REVERSE: dict[LinkKind, str | Promise] = {
    LinkKind.RELATED: _("Related to"),
    LinkKind.DUPLICATE: _("Has the duplicate"),
    LinkKind.CAUSED_BY: _("Causes"),
    LinkKind.PART_OF: _("Has the part"),
    LinkKind.SPLIT: _("Split into"),
}
# Those that a person chooses: a split makes its own.
CHOSEN_LINKS = [(kind.value, kind.label) for kind in LinkKind if kind is not LinkKind.SPLIT]


def link_label(kind: LinkKind, *, is_source: bool) -> str:
    """Return what a ticket of a link is to the other one."""
    return str(kind.label if is_source else _REVERSE[kind])


class TicketLink(OrganizationRow):
    """Two tickets of one customer that belong together. Of a related pair, which says the same both
    ways, the older ticket is the source. A ticket is part of one other at most.
    """

    source = models.ForeignKey(Ticket, on_delete=models.PROTECT, db_index=False, related_name="+")
    target = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=LinkKind)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
    )
    created_at = models.DateTimeField()

    class Meta(OrganizationRow.Meta):
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("source", "target", "kind"), name="link_unique"),
            models.UniqueConstraint(
                fields=("source",), condition=models.Q(kind="part_of"), name="link_one_parent"
            ),
            models.CheckConstraint(
                condition=~models.Q(source=models.F("target")), name="link_of_two_tickets"
            ),
        )

    def __str__(self) -> str:
        return f"{self.source_id} {self.kind} {self.target_id}"


class Merge(OrganizationRow):
    """A ticket that ended because its matter goes on in another one (SPEC 17.12). Nothing moves:
    ``undone_at`` gives the absorbed ticket its ``state`` back.
    """

    absorbed = models.ForeignKey(Ticket, on_delete=models.PROTECT, db_index=False, related_name="+")
    survivor = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=20, choices=State)  # of the absorbed ticket before
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    merged_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta(OrganizationRow.Meta):
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("absorbed",),
                condition=models.Q(undone_at__isnull=True),
                name="merge_one_survivor",
            ),
            models.CheckConstraint(
                condition=~models.Q(absorbed=models.F("survivor")), name="merge_of_two_tickets"
            ),
        )

    def __str__(self) -> str:
        return f"{self.absorbed_id} → {self.survivor_id}"


class Watcher(OrganizationRow):
    """A person who follows a ticket: of the staff, or of the customer, who may read and answer it
    too. Who ``comes_by_merge`` was not chosen: they raised or follow a ticket that was merged into
    this one, and follow it as long as one is.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, db_index=False, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    comes_by_merge = models.BooleanField(default=False)
    added_at = models.DateTimeField()

    class Meta(OrganizationRow.Meta):
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("ticket", "person"), name="watcher_unique"),)

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.person_id}"
