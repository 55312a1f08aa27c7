from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import Contract
from foundation.calendars.models import Calendar
from foundation.configuration.models import TermsRow

_INHERITED = ((None, _("As the more general policy says")), (True, _("Yes")), (False, _("No")))
POLICY_CALENDARS = ("business_calendar", "extended_calendar")
# The columns that say what pauses attention and resolution.
PAUSES = ("pauses_while_pending_user", "pauses_while_pending_supplier", "pauses_while_marked")
# The columns of a policy besides its targets and calendars.
POLICY_SAYS = (
    "extension_includes_second_level",
    *PAUSES,
    "pauses_extend_terms",
    "warning_percents",
    "at_risk_percent",
)


class PolicyVersion(TermsRow):
    """The service levels of a person, a contract or the organization from ``effective_from`` on. A
    version in force never changes.

    A null or empty column, or a missing target, falls back to the next layer: person, contract,
    organization, then the default of the service guide.
    """

    contract = models.ForeignKey(
        Contract,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("contract"),
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("person"),
        help_text=_(
            "For the tickets of this requester alone. Without person and contract it holds for "
            "the whole organization."
        ),
    )
    number = models.PositiveIntegerField(_("version"))
    effective_from = models.DateTimeField(_("in force from"))
    published_at = models.DateTimeField()
    business_calendar = models.ForeignKey(
        Calendar,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("business calendar"),
        help_text=_(
            "Empty: the one of the more general policy, in the end the organization's business "
            "hours."
        ),
    )
    extended_calendar = models.ForeignKey(
        Calendar,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("extended calendar"),
        help_text=_(
            "Contracted extension: nights, Saturdays, Sundays. It widens the reaction calendar."
        ),
    )
    extension_includes_second_level = models.BooleanField(
        _("the extension includes second level"),
        default=False,
        help_text=_("Then it widens attention too."),
    )
    pauses_while_pending_user = models.BooleanField(
        _("attention pauses while pending user"), null=True, blank=True, choices=_INHERITED
    )
    pauses_while_pending_supplier = models.BooleanField(
        _("attention pauses while pending supplier"), null=True, blank=True, choices=_INHERITED
    )
    pauses_while_marked = models.BooleanField(
        _("attention pauses in marked stays"),
        null=True,
        blank=True,
        choices=_INHERITED,
        help_text=_("Our own schedule, spare parts, accessories. By default it goes on."),
    )
    pauses_extend_terms = models.BooleanField(
        _("pauses extend terms in days"),
        null=True,
        blank=True,
        choices=_INHERITED,
        help_text=_("Then a day that ends in a pause does not count."),
    )
    warning_percents = models.JSONField(_("warnings at percent"), default=list, blank=True)
    at_risk_percent = models.PositiveSmallIntegerField(
        _("at risk from percent"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(99)],
        help_text=_(
            "The share of the target from which the desk lists a ticket as at risk. Empty: as the "
            "more general policy says, or 75."
        ),
    )

    class Meta(TermsRow.Meta):
        verbose_name = _("service level policy")
        verbose_name_plural = _("service level policies")
        ordering = ("organization_id", "contract_id", "person_id", "number")
        constraints = (
            models.UniqueConstraint(fields=("contract", "number"), name="policy_version_unique"),
            models.UniqueConstraint(
                fields=("organization", "person", "number"),
                condition=models.Q(person__isnull=False),
                name="policy_of_person_unique",
            ),
            models.UniqueConstraint(
                fields=("organization", "number"),
                condition=models.Q(contract__isnull=True, person__isnull=True),
                name="policy_of_organization_unique",
            ),
            models.CheckConstraint(
                condition=models.Q(contract__isnull=True) | models.Q(person__isnull=True),
                name="policy_of_one",
            ),
        )

    def __str__(self) -> str:
        return f"{self.subject} v{self.number}"

    @property
    def subject(self) -> str:
        """Return the name of its person, contract or organization."""
        return str(self.person or self.contract or self.organization)

    def clean(self) -> None:
        super().clean()
        percents = self.warning_percents
        if not isinstance(percents, list) or any(
            type(percent) is not int or not 0 < percent < 100 for percent in percents
        ):
            raise ValidationError(
                {"warning_percents": _("Write whole numbers from 1 to 99, such as 50, 75, 90.")}
            )
        if self.contract_id and self.person_id:
            raise ValidationError(
                {
                    "person": _(
                        "A policy is for a person or for a contract. Leave one of the two empty."
                    )
                }
            )
        for name in ("contract", "business_calendar", "extended_calendar"):
            chosen = getattr(self, name)
            if (
                chosen is not None
                and self.organization_id
                and chosen.organization_id != self.organization_id
            ):
                raise ValidationError({name: _("Choose one of the same organization.")})

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.organization_id is None and self.contract is not None:
            self.organization_id = self.contract.organization_id
        if self.published_at is None:
            self.published_at = self.effective_from
        super().save(*args, **kwargs)

    @property
    def percents(self) -> tuple[int, ...]:
        """Return the warning percents in ascending order; empty to use those of the more
        general policy.
        """
        return tuple(sorted(self.warning_percents))
