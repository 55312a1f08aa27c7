from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.services import Service
from foundation.configuration.models import TermsRow
from foundation.core.classification import (
    Impact,
    Matrix,
    Priority,
    Urgency,
)


class TimeAsked(models.TextChoices):
    """When the desk has to say how long it worked on a ticket of a contract."""

    NEVER = "never", _("it is not asked for")
    WITH_SOLUTION = "with_solution", _("with the solution")
    WITH_REPLY = "with_reply", _("with each message to the customer")


class NoAnswerEnd(models.TextChoices):
    """What becomes of a ticket whose customer answers none of the reminders: it stays, or it is
    closed with this code (``tickets.states.ClosureCode``).
    """

    STAYS = "", _("it stays open")
    CANCELLED = "cancelled", _("it is closed as cancelled by the user")
    INVALID = "invalid", _("it is closed as invalid")


class Contract(TermsRow):
    """A contract (SPEC 1.2), in force from ``starts_on`` to ``ends_on``, both included. Of several
    that cover a service on a day, the one with the latest ``starts_on`` binds new tickets.

    ``sla.PolicyVersion`` gives it targets and calendars.
    """

    reference = models.CharField(_("reference"), max_length=60)
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(
        _("ends on"),
        null=True,
        blank=True,
        help_text=_("The last day it is in force. Empty: without end."),
    )
    services = models.ManyToManyField(
        Service, through="ContractService", related_name="+", verbose_name=_("contracted services")
    )
    validation_days = models.PositiveSmallIntegerField(
        _("validation period in days"),
        default=3,
        validators=[MinValueValidator(3), MaxValueValidator(90)],  # SPEC 3.11: at least 3
        help_text=_(
            "How long the customer has to accept a solution before the ticket closes by itself. "
            "The day of the solution does not count."
        ),
    )
    validation_in_business_days = models.BooleanField(_("count business days"), default=False)
    audit_validation_days = models.PositiveSmallIntegerField(
        _("validation period of an audit in business days"),
        default=3,
        validators=[MinValueValidator(3), MaxValueValidator(90)],
        help_text=_("How long the customer has to validate what an audit request delivered."),
    )
    visit_notice_days = models.PositiveSmallIntegerField(
        _("notice of an auditors' visit in business days"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(90)],
        help_text=_("For a visit that is not announced with the audit request itself."),
    )
    acknowledgement_is_reaction = models.BooleanField(
        _("an automatic acknowledgement is the reaction"),
        default=False,
        help_text=_(
            "Then the mail with the number stops the reaction clock. Otherwise only a message by a "
            "person does."
        ),
    )
    reopen_days = models.PositiveSmallIntegerField(
        _("reopening window in days"),
        default=0,
        validators=[MaxValueValidator(365)],
        help_text=_(
            "How long after closing a ticket may be reopened; 0 means a new linked ticket."
        ),
    )
    answer_days = models.PositiveSmallIntegerField(
        _("reminder without an answer, in business days"),
        default=0,
        validators=[MaxValueValidator(90)],
        help_text=_(
            "After how many business days a customer who does not answer a question is reminded, "
            "and again after each reminder; 0: never."
        ),
    )
    answer_reminders = models.PositiveSmallIntegerField(
        _("number of reminders"),
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
    )
    no_answer_end = models.CharField(
        _("after the last reminder"),
        max_length=10,
        choices=NoAnswerEnd,
        default=NoAnswerEnd.STAYS,
        blank=True,
        help_text=_("As many business days after it, still without an answer."),
    )
    time_asked = models.CharField(
        _("time worked"),
        max_length=15,
        choices=TimeAsked,
        default=TimeAsked.NEVER,
        help_text=_("When the desk has to say how long it worked on a ticket."),
    )
    time_step = models.PositiveSmallIntegerField(
        _("billing increment in minutes"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(480)],
        help_text=_("Each entry of time worked is rounded up to a multiple of it."),
    )
    masks_mail = models.BooleanField(
        _("e-mails mask sensitive data"),
        default=False,
        help_text=_(
            "Passwords, IP and MAC addresses, numbers of cards and of people: letters have a mask "
            "in their place, and a link to the ticket. Without a contract letters always mask them."
        ),
    )
    drp_contracted = models.BooleanField(_("DRP contracted"), default=False)
    currency = models.CharField(_("currency"), max_length=3, default="USD")
    report_recipients = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        related_name="+",
        blank=True,
        verbose_name=_("report recipients"),
        help_text=_(
            "Who gets the monthly report by e-mail, beside the people with the role of report "
            "recipient."
        ),
    )
    report_language = models.CharField(
        _("report language"),
        max_length=5,
        choices=(("es", _("Spanish")), ("en", _("English"))),
        default="es",
    )

    class Meta(TermsRow.Meta):
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        ordering = ("organization_id", "-starts_on", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "reference"), name="contract_unique_reference"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True)
                | models.Q(ends_on__gte=models.F("starts_on")),
                name="contract_ends_after_start",
            ),
        )

    def __str__(self) -> str:
        return self.reference

    def clean(self) -> None:
        super().clean()
        if self.ends_on and self.starts_on and self.ends_on < self.starts_on:
            raise ValidationError(
                {"ends_on": _("The contract ends before it starts. Change one of the two dates.")}
            )

    def closes_after(self, reminders: int) -> bool:
        """Tell whether a question without an answer closes the ticket after so many reminders."""
        return bool(self.answer_days and self.no_answer_end and reminders >= self.answer_reminders)

    def is_in_force_on(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


class ContractRow(TermsRow):
    """Base of rows of a contract. ``save`` fills an empty organization from the contract."""

    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="+")

    class Meta(TermsRow.Meta):
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.organization_id is None:
            self.organization_id = self.contract.organization_id
        super().save(*args, **kwargs)


class ContractService(ContractRow):
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="+", verbose_name=_("service")
    )

    class Meta(ContractRow.Meta):
        verbose_name = _("contracted service")
        verbose_name_plural = _("contracted services")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("contract", "service"), name="contract_service_unique"),
        )

    def __str__(self) -> str:
        return f"{self.service}"


class MatrixVersion(ContractRow):
    """A version of a contract's priority matrix, in force from ``effective_from``. Never updated.

    ``cells`` is the whole matrix: urgency -> impact -> priority code (SPEC 3.7).
    """

    number = models.PositiveIntegerField(_("version"))
    effective_from = models.DateTimeField(_("in force from"))
    published_at = models.DateTimeField()
    cells = models.JSONField()
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta(ContractRow.Meta):
        verbose_name = _("priority matrix")
        verbose_name_plural = _("priority matrices")
        ordering = ("contract_id", "number")
        constraints = (
            models.UniqueConstraint(fields=("contract", "number"), name="matrix_version_unique"),
        )

    def __str__(self) -> str:
        return f"{self.contract} v{self.number}"

    @property
    def matrix(self) -> Matrix:
        return {
            (Urgency(urgency), Impact(impact)): Priority[code.upper()]
            for urgency, row in self.cells.items()
            for impact, code in row.items()
        }


def matrix_cells(matrix: Matrix) -> dict[str, dict[str, str]]:
    """Return a matrix in the JSON form of ``MatrixVersion.cells``."""
    return {
        str(urgency): {str(impact): matrix[urgency, impact].code for impact in Impact}
        for urgency in Urgency
    }


class ContractVersion(ContractRow):
    """The terms of a contract from ``published_at`` until its next version. Never updated.

    The contract's own row has the newest terms. Queries about what was known at an earlier instant
    read these rows (SPEC 17.3).
    """

    number = models.PositiveIntegerField(_("version"))
    published_at = models.DateTimeField(_("known since"))
    terms = models.JSONField()
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta(ContractRow.Meta):
        verbose_name = _("version of the contract")
        verbose_name_plural = _("versions of the contract")
        ordering = ("contract_id", "number")
        constraints = (
            models.UniqueConstraint(fields=("contract", "number"), name="contract_version_unique"),
        )

    def __str__(self) -> str:
        return f"{self.contract} v{self.number}"
