"""Sessions of remote support (SPEC 3.17)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import OrganizationRow
from tickets.models.tickets import Ticket

LONGEST_SUMMARY = 2000  # characters


class Consent(models.TextChoices):
    """How the user said that the desk may connect."""

    IN_TOOL = "in_tool", _("Accepted in the tool")
    PHONE = "phone", _("By telephone")
    WRITTEN = "written", _("In writing (e-mail or chat)")
    IN_PERSON = "in_person", _("In person")


class RemoteSession(OrganizationRow):
    """The desk worked on a user's screen from afar: with which tool, who, when, and who of the
    customer consented. ``recording`` is an address or the place where the recording is kept; empty
    without one. A removed one stays: the record names it.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    tool = models.CharField(max_length=60)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    consent_by = models.CharField(max_length=150)
    consent = models.CharField(max_length=10, choices=Consent)
    recording = models.CharField(max_length=500, blank=True)
    summary = models.TextField()
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta(OrganizationRow.Meta):
        ordering = ("started_at", "pk")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(ended_at__gt=models.F("started_at")),
                name="remote_session_ends_after_start",
            ),
        )

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.tool} {self.started_at}"

    @property
    def has_link(self) -> bool:
        """Whether the recording is an address."""
        return self.recording.startswith(("https://", "http://"))
