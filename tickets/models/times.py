"""How long the desk worked on a ticket (SPEC 3.13). For the desk: no customer reads it."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import OrganizationRow
from tickets.models.conversation import Message
from tickets.models.tickets import Ticket

MOST_MINUTES = 24 * 60  # of an entry
LONGEST_NOTE = 300  # characters


class Activity(models.TextChoices):
    ANALYSIS = "analysis", _("Analysis")
    REMOTE = "remote", _("Remote session")
    ON_SITE = "on_site", _("On site")
    PHONE = "phone", _("Telephone")
    MEETING = "meeting", _("Meeting")
    DOCUMENTATION = "documentation", _("Documentation")
    TRAVEL = "travel", _("Travel")
    OTHER = "other", _("Other work")


class TimeEntry(OrganizationRow):
    """Minutes that a person worked on a ticket on a day of the desk's time zone. ``step`` is the
    billing increment of the contract then, to a multiple of which the time is rounded up. A removed
    one stays: the record names it.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    minutes = models.PositiveSmallIntegerField()
    step = models.PositiveSmallIntegerField(default=1)
    activity = models.CharField(max_length=15, choices=Activity)
    worked_on = models.DateField()
    note = models.CharField(max_length=LONGEST_NOTE, blank=True)
    message = models.ForeignKey(
        Message, on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta(OrganizationRow.Meta):
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(minutes__gte=1, minutes__lte=MOST_MINUTES, step__gte=1),
                name="time_entry_of_a_day",
            ),
        )

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.minutes} min"

    @property
    def worked(self) -> timedelta:
        return timedelta(minutes=self.minutes)

    @property
    def counted(self) -> timedelta:
        """The time rounded up to a multiple of the billing increment."""
        return timedelta(minutes=-(-self.minutes // self.step) * self.step)
