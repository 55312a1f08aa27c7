from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import Organization, OrganizationRow
from foundation.core.errors import Invalid
from foundation.webhooks.addresses import check_address

ANSWER_KEPT = 500  # characters of what a server answered


class Endpoint(models.Model):
    """The address of another system that is told of events, as its reader may read them.

    ``kinds`` empty: every kind. ``failing_since``: the first failed attempt after the last that
    worked; ``failures`` counts in a row what says that the whole server is down, and until
    ``resumes_at`` nothing is sent.
    """

    name = models.CharField(_("name"), max_length=80, unique=True)
    url = models.CharField(
        _("address"),
        max_length=500,
        help_text=_("With https://. Redirects are not followed."),
    )
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("reads as"),
        help_text=_("Of the staff, or a coordinator: it is told what they read."),
    )
    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("customer"),
        help_text=_("Empty: every customer that the person may see."),
    )
    kinds = models.JSONField(_("events"), default=list, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    sealed_secret = models.TextField(editable=False)
    # Signs beside the new one until then, so that the receiver can change over.
    sealed_previous = models.TextField(blank=True, editable=False)
    previous_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"), editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    resumes_at = models.DateTimeField(_("next attempt"), null=True, editable=False)
    told_at = models.DateTimeField(null=True, editable=False)  # the letter of this outage

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raise ``ValidationError`` with the field to correct."""
        super().clean()
        try:
            check_address(self.url)
        except Invalid as error:
            raise ValidationError({"url": str(error)}) from error


class DeliveryStatus(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    DELIVERED = "delivered", _("Delivered")
    DEAD = "dead", _("Not delivered")
    # The reader may not read it, or not any more.
    WITHHELD = "withheld", _("Withheld: the reader may not read it")


OPEN = (DeliveryStatus.QUEUED, DeliveryStatus.SENDING)
_IS_OPEN = models.Q(status__in=OPEN)


class Failure(models.TextChoices):
    """Why an attempt failed."""

    REFUSED_ADDRESS = "address", _("The name leads to a private address, which is not called")
    UNKNOWN_HOST = "host", _("The name of the server was not found")
    NO_CONNECTION = "connection", _("The server could not be reached")
    TLS = "tls", _("The server's certificate is not trusted, or TLS failed")
    TIMEOUT = "timeout", _("No answer in time")
    REDIRECT = "redirect", _("It answered with a redirect, which is not followed")
    GONE = "gone", _("It answered that the address is gone")
    STATUS = "status", _("It answered with an error")
    SECRET = "secret", _("Its secret cannot be read: make a new one")  # noqa: S105 - a label
    BODY = "body", _("The event could not be written")


class _DeliveryRow(OrganizationRow):
    # A test event is of no organization.
    organization = models.ForeignKey(  # type: ignore[assignment]
        Organization,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("customer"),
    )

    class Meta(OrganizationRow.Meta):
        abstract = True


class Delivery(_DeliveryRow):
    """An event for one endpoint, written in the transaction of its fact and sent after the commit.

    The columns from ``kind`` to ``payload`` are the fact. ``body`` is made before the first
    attempt and sent unchanged by every attempt, under the same ``event_id``, unless the endpoint
    gets another reader. Of one endpoint and subject, deliveries are sent in order of ``id``: the
    next waits until the one before has ended.
    """

    endpoint = models.ForeignKey(
        Endpoint,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("webhook"),
        db_index=False,  # begins the index "delivery_of_endpoint"
    )
    event_id = models.CharField(_("event"), max_length=40)
    kind = models.CharField(_("kind"), max_length=60)
    subject_type = models.CharField(max_length=40, blank=True)
    subject_id = models.BigIntegerField(default=0)
    happened_at = models.DateTimeField(_("happened"))
    person_id = models.BigIntegerField(null=True)
    system = models.CharField(max_length=60, blank=True)
    channel = models.CharField(max_length=20, blank=True)
    on_behalf_of = models.BigIntegerField(null=True)
    payload = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    body_reader_id = models.BigIntegerField(null=True)  # for whom the body was made
    status = models.CharField(
        _("status"), max_length=10, choices=DeliveryStatus, default=DeliveryStatus.QUEUED
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    run_after = models.DateTimeField(_("next attempt"))
    claimed_at = models.DateTimeField(null=True, blank=True)
    queued_at = models.DateTimeField(_("queued"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta(_DeliveryRow.Meta):
        verbose_name = _("event of a webhook")
        verbose_name_plural = _("events of webhooks")
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=("endpoint", "event_id"), name="delivery_of_event"),
        )
        indexes = (
            models.Index(fields=("endpoint", "-id"), name="delivery_of_endpoint"),
            models.Index(fields=("subject_type", "subject_id", "-id"), name="delivery_of_subject"),
            models.Index(
                fields=("endpoint", "run_after", "id"), name="delivery_due", condition=_IS_OPEN
            ),
            models.Index(
                fields=("endpoint", "subject_type", "subject_id", "id"),
                name="delivery_in_order",
                condition=_IS_OPEN,
            ),
            models.Index(
                fields=("endpoint", "-id"),
                name="delivery_dead",
                condition=models.Q(status=DeliveryStatus.DEAD),
            ),
            models.Index(fields=("queued_at",), name="delivery_by_age", condition=_IS_OPEN),
            models.Index(fields=("ended_at",), name="delivery_by_end"),
        )

    def __str__(self) -> str:
        return self.event_id


class Attempt(_DeliveryRow):
    """One request that was made for a delivery, or could not be made."""

    delivery = models.ForeignKey(
        Delivery, on_delete=models.CASCADE, related_name="+", verbose_name=_("event")
    )
    at = models.DateTimeField(_("at"))
    took_ms = models.PositiveIntegerField(_("milliseconds"), default=0)
    status_code = models.PositiveSmallIntegerField(_("answer"), null=True)
    failure = models.CharField(_("failure"), max_length=12, choices=Failure, blank=True)
    detail = models.CharField(max_length=200, blank=True)
    answer = models.CharField(max_length=ANSWER_KEPT, blank=True)

    class Meta(_DeliveryRow.Meta):
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.at.isoformat()}"
