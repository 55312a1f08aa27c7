from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import OrganizationRow


class MessageStatus(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    DEAD = "dead", _("Not delivered")
    # The reader left between the cause and the delivery.
    WITHHELD = "withheld", _("Withheld: the reader may not read it")


class OutboxMessage(OrganizationRow):
    """An e-mail to one recipient, written in the transaction of its cause and delivered after the
    commit.

    The template ``notifications/<template>`` is rendered with ``context`` in ``language`` at
    delivery. ``message_id`` is set when queued: a crash between SMTP's 250 and our commit sends the
    message twice, and both copies have the same Message-ID.
    """

    # A mail about an account belongs to no organization.
    organization = models.ForeignKey(  # type: ignore[assignment]
        "accounts.Organization",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("organization"),
    )
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,  # begins the index "outbox_of_recipient"
    )
    to_email = models.EmailField(_("to"))
    to_name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=5)
    template = models.CharField(_("template"), max_length=60)
    context = models.JSONField(default=dict)
    # Name in the template -> Link.as_data(): the address is made at delivery.
    links = models.JSONField(default=dict)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    # One message per (event, recipient): the same event replayed writes nothing new.
    dedupe_key = models.CharField(max_length=160, unique=True)
    message_id = models.CharField(max_length=160, unique=True)
    thread_id = models.CharField(max_length=160, blank=True)
    copies = models.JSONField(default=list, blank=True)  # addresses of the header Cc
    attachment_id = models.BigIntegerField(null=True, blank=True)  # documents.Blob
    attachment_name = models.CharField(max_length=150, blank=True)
    status = models.CharField(
        _("status"), max_length=10, choices=MessageStatus, default=MessageStatus.QUEUED
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    run_after = models.DateTimeField(_("next attempt"))
    claimed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(_("created"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)
    reclaims = models.PositiveSmallIntegerField(default=0)  # possible duplicate sends

    class Meta(OrganizationRow.Meta):
        verbose_name = _("outgoing message")
        verbose_name_plural = _("outbox")
        ordering = ("-pk",)
        indexes = (
            models.Index(fields=("recipient", "-id"), name="outbox_of_recipient"),
            models.Index(
                fields=("run_after", "id"),
                name="outbox_due",
                condition=models.Q(status__in=(MessageStatus.QUEUED, MessageStatus.SENDING)),
            ),
        )

    def __str__(self) -> str:
        return f"{self.to_email}: {self.subject or self.template}"
