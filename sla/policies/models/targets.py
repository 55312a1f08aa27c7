from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import Category
from foundation.configuration.models import TermsRow
from foundation.core.classification import Priority, SupportType
from sla.metrics import Metric
from sla.policies.models.versions import PolicyVersion
from sla.targets import Target, Term

MAX_MINUTES = 525_600  # a year of service time
MAX_DAYS = 3650
# Without validation: its days are columns of the contract.
PROMISED = [(metric.value, metric.label) for metric in Metric if metric is not Metric.VALIDATION]

UNSTARTED = frozenset({Metric.RCA, Metric.RESTORATION})


class PolicyTarget(TermsRow):
    policy = models.ForeignKey(PolicyVersion, on_delete=models.CASCADE, related_name="targets")
    metric = models.CharField(
        _("clock"),
        max_length=12,
        choices=PROMISED,
        help_text=_("Nothing starts root cause analysis and restoration yet."),
    )
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority)
    support_type = models.CharField(
        _("support type"),
        max_length=20,
        choices=SupportType,
        blank=True,
        help_text=_("Empty: every type."),
    )
    category = models.ForeignKey(
        Category,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("category"),
        help_text=_("Of the catalogue. Empty: every category."),
    )
    minutes = models.PositiveIntegerField(
        _("minutes"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_MINUTES)],
    )
    days = models.PositiveSmallIntegerField(
        _("or days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_DAYS)],
        help_text=_("Instead of minutes."),
    )
    in_business_days = models.BooleanField(_("business days"), default=True)

    class Meta(TermsRow.Meta):
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        ordering = ("metric", "priority", "support_type", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("policy", "metric", "priority", "support_type"),
                condition=models.Q(category__isnull=True),
                name="policy_target_unique",
            ),
            models.UniqueConstraint(
                fields=("policy", "metric", "priority", "support_type", "category"),
                name="policy_target_by_category",
            ),
            models.CheckConstraint(
                condition=models.Q(minutes__gte=1, days__isnull=True)
                | models.Q(minutes__isnull=True, days__gte=1),
                name="policy_target_positive",
            ),
        )

    def __str__(self) -> str:
        return (
            f"{self.get_metric_display()} {self.get_priority_display()}: "
            f"{self.days or self.minutes} {'d' if self.days else 'min'}"
        )

    def clean(self) -> None:
        super().clean()
        if (self.minutes is None) == (self.days is None):
            raise ValidationError(
                {"minutes": _("Give the target in minutes or in days, one of the two.")}
            )

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.organization_id is None:
            self.organization_id = self.policy.organization_id
        super().save(*args, **kwargs)

    @property
    def target(self) -> Target:
        return (
            Term(self.days, self.in_business_days)
            if self.days
            else timedelta(minutes=self.minutes or 0)
        )
