from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import Contract, in_language
from foundation.accounts.models import OrganizationRow, Team
from foundation.calendars.models import Calendar

MAX_ACKNOWLEDGE_MINUTES = 30 * 24 * 60  # a month of open hours


class MatrixKind(models.TextChoices):
    HIERARCHICAL = "hierarchical", _("Escalation matrix")
    TECHNICAL = "technical", _("List for technical failures")
    COMPLAINTS = "complaints", _("Complaints and suggestions")


class EscalationMatrix(OrganizationRow):
    """A version of the levels of a contract, or of the whole organization, in force from an instant
    on. Never changed once in force.

    Tickets follow the hierarchical one (SPEC 5.2). The list for technical failures (5.4) and that
    for complaints (5.5) are only displayed.
    """

    contract = models.ForeignKey(
        Contract,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("contract"),
        help_text=_("Empty: for the tickets of every contract that has none of its own."),
    )
    kind = models.CharField(
        _("kind"), max_length=15, choices=MatrixKind, default=MatrixKind.HIERARCHICAL
    )
    number = models.PositiveIntegerField(_("version"))
    effective_from = models.DateTimeField(_("in force from"))
    published_at = models.DateTimeField()

    class Meta(OrganizationRow.Meta):
        verbose_name = _("escalation matrix")
        verbose_name_plural = _("escalation matrices")
        ordering = ("organization_id", "kind", "contract_id", "number")
        constraints = (
            models.UniqueConstraint(
                fields=("contract", "kind", "number"), name="escalation_matrix_of_contract"
            ),
            models.UniqueConstraint(
                fields=("organization", "kind", "number"),
                condition=models.Q(contract__isnull=True),
                name="escalation_matrix_of_organization",
            ),
        )

    def __str__(self) -> str:
        return f"{self.contract or self.organization} v{self.number}"

    def clean(self) -> None:
        super().clean()
        if (
            self.contract is not None
            and self.organization_id
            and self.contract.organization_id != self.organization_id
        ):
            raise ValidationError({"contract": _("Choose one of the same organization.")})


class EscalationLevel(OrganizationRow):
    """A level of an escalation matrix (SPEC 5.2): purpose, recipients, contact data and hours."""

    matrix = models.ForeignKey(EscalationMatrix, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField(_("level"), validators=[MinValueValidator(1)])
    name_es = models.CharField(_("name in Spanish"), max_length=80)
    name_en = models.CharField(_("name in English"), max_length=80, blank=True)
    purpose_es = models.CharField(_("what it is for, in Spanish"), max_length=200, blank=True)
    purpose_en = models.CharField(_("what it is for, in English"), max_length=200, blank=True)
    contact = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("person"),
        help_text=_(
            "Leave empty for a contact without a login: they acknowledge by the link in the mail."
        ),
    )
    substitute = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("substitute"),
        help_text=_("Who is notified while the person is off duty without a substitute."),
    )
    team = models.ForeignKey(
        Team,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("group"),
        help_text=_("Instead of a person: its members on duty are notified."),
    )
    contact_name = models.CharField(_("contact"), max_length=120)
    email = models.EmailField(_("e-mail"))
    phone = models.CharField(_("telephone"), max_length=60, blank=True)
    hours = models.CharField(
        _("hours"), max_length=120, blank=True, help_text=_("In words, as customers read them.")
    )
    calendar = models.ForeignKey(
        Calendar,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("calendar"),
        help_text=_("In which the time to acknowledge runs. Empty: around the clock."),
    )
    acknowledge_minutes = models.PositiveIntegerField(
        _("minutes to acknowledge"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_ACKNOWLEDGE_MINUTES)],
    )

    class Meta(OrganizationRow.Meta):
        verbose_name = _("escalation level")
        verbose_name_plural = _("escalation levels")
        ordering = ("matrix_id", "position", "pk")
        constraints = (
            models.UniqueConstraint(fields=("matrix", "position"), name="escalation_level_unique"),
            models.CheckConstraint(
                condition=models.Q(substitute__isnull=True)
                | models.Q(contact__isnull=True)
                | ~models.Q(substitute=models.F("contact")),
                name="escalation_level_substitute_is_another",
            ),
        )

    def __str__(self) -> str:
        return f"{self.position}. {self.name}"

    @property
    def name(self) -> str:
        return in_language(self, "name")

    @property
    def purpose(self) -> str:
        return in_language(self, "purpose")
