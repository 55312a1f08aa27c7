from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import (
    OrganizationRow,
)
from foundation.core.classification import (
    Channel,
)
from foundation.core.sensitive import has_secrets
from foundation.documents.models import Blob
from tickets.endings import EndCause
from tickets.models.tickets import Ticket, format_number
from tickets.states import Bucket, State
from tickets.stays import StayMark


class MessageKind(models.TextChoices):
    REPLY = "reply", _("Reply")
    NOTE = "note", _("Internal note")
    STATEMENT = "statement", _("Attention statement")
    SOLUTION = "solution", _("Solution")


class Message(OrganizationRow):
    """A message of the conversation. The customer sees every kind except an internal note."""

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, db_index=False, related_name="+")
    kind = models.CharField(max_length=10, choices=MessageKind)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    is_from_staff = models.BooleanField()
    body = models.TextField()  # without secrets, as ``tickets.masking`` says
    sensitive = models.CharField(max_length=40, blank=True)  # kinds of data, with commas between
    channel = models.CharField(max_length=20, choices=Channel)
    created_at = models.DateTimeField()
    # Attention statements only: the expected time of attention (SPEC 4.2). The plan is in ``body``.
    estimated_at = models.DateTimeField(null=True)
    # Addresses of who else got it by e-mail; only the staff sees ``bcc``.
    cc = models.JSONField(default=list)
    bcc = models.JSONField(default=list)
    # The absorbed ticket on which the customer wrote it; ``ticket`` is its survivor.
    through = models.ForeignKey(
        Ticket, on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )

    class Meta(OrganizationRow.Meta):
        ordering = ("created_at", "pk")
        indexes = (
            models.Index(fields=("ticket", "created_at"), name="message_by_ticket"),
            models.Index(
                fields=("through",),
                name="message_by_through",
                condition=models.Q(through__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    def number_beside(self, ticket: Ticket) -> str:
        """Return the number of the other ticket on which it was written, for the conversation of
        ``ticket``; "" when it was written on this one.
        """
        written_on = self.through_id or self.ticket_id
        return format_number(written_on) if written_on and written_on != ticket.pk else ""

    @property
    def is_public(self) -> bool:
        return self.kind != MessageKind.NOTE

    @property
    def is_masked(self) -> bool:
        return has_secrets(self.sensitive)


LARGEST_SHOWN = 5 * 1024 * 1024  # bytes


class Attachment(OrganizationRow):
    """A file of a ticket or of one of its messages. ``queries.get_attachment`` checks who may
    download it.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.PROTECT, null=True, related_name="+")
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=150)
    created_at = models.DateTimeField()

    class Meta(OrganizationRow.Meta):
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.name

    @property
    def is_shown(self) -> bool:
        """Whether pages show it as a picture; a larger one is a link."""
        return self.blob.is_picture and self.blob.size_bytes <= LARGEST_SHOWN


class StateInterval(OrganizationRow):
    """The time of a ticket in one state, with its reason; ``ended_at`` is None for the current
    one. ``tried`` is what the sender had tried before, of a ticket sent to a higher level.

    A marked stay says until when it should last. An end without a solution has its ``cause``: of a
    duplicate the other ticket, of a request who asked and through which channel.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, db_index=False, related_name="+")
    state = models.CharField(max_length=20, choices=State)
    bucket = models.CharField(max_length=12, choices=Bucket)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)
    tried = models.TextField(blank=True)
    supplier = models.CharField(max_length=120, blank=True)
    supplier_case = models.CharField(max_length=80, blank=True)
    promised_on = models.DateField(null=True)
    mark = models.CharField(max_length=12, choices=StayMark, blank=True)
    expected_on = models.DateField(null=True)
    cause = models.CharField(max_length=12, choices=EndCause, blank=True)
    duplicate_of = models.ForeignKey(
        Ticket, on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
    )
    asked_channel = models.CharField(max_length=20, choices=Channel, blank=True)

    class Meta(OrganizationRow.Meta):
        ordering = ("started_at", "pk")
        indexes = (
            models.Index(fields=("ticket", "started_at"), name="interval_by_ticket"),
            # the turns of a month: intervals that ended in it or later, or still run
            models.Index(
                fields=("organization", "ended_at"),
                name="interval_by_end",
                condition=~models.Q(bucket=Bucket.ENDED),
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("ticket",),
                condition=models.Q(ended_at__isnull=True),
                name="interval_one_current",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True)
                | models.Q(ended_at__gte=models.F("started_at")),
                name="interval_ends_after_start",
            ),
            models.CheckConstraint(
                condition=models.Q(mark="") | models.Q(bucket=Bucket.WAITING),
                name="interval_marked_waits",
            ),
        )

    def __str__(self) -> str:
        return f"{self.state} {self.started_at}"

    @property
    def duplicate_number(self) -> str:
        return format_number(self.duplicate_of_id) if self.duplicate_of_id else ""
