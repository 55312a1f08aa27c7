"""What is to be done on a ticket, line by line (SPEC 3.13). For the desk: no customer reads it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import OrganizationRow
from tickets.models.shared import Shared
from tickets.models.tickets import Ticket

LONGEST_TITLE = 200  # characters


class Task(OrganizationRow):
    """A line of work on a ticket. ``checklist`` is the name of the checklist from which it comes.
    ``reminded_at`` is when its owner was told that it is due. A removed one stays: the record names
    it.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=LONGEST_TITLE)
    checklist = models.CharField(max_length=60, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
    )
    due_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
    )
    removed_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)

    class Meta(OrganizationRow.Meta):
        ordering = ("pk",)
        indexes = (
            models.Index(
                fields=("owner",),
                condition=models.Q(done_at__isnull=True, removed_at__isnull=True),
                name="task_open_by_owner",
            ),
            models.Index(
                fields=("due_at",),
                condition=models.Q(
                    done_at__isnull=True, removed_at__isnull=True, reminded_at__isnull=True
                ),
                name="task_to_remind_of",
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.done_at is None and self.removed_at is None


class Checklist(Shared):
    """Tasks that often go together, one a line, under a name."""

    lines = models.TextField(_("tasks, one a line"))

    class Meta(Shared.Meta):
        pass

    @property
    def titles(self) -> list[str]:
        return [line.strip() for line in self.lines.splitlines() if line.strip()]
