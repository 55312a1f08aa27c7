from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from foundation.accounts.models.organizations import Department, Organization, OrganizationRow, Site
from foundation.accounts.models.people import _validate_roles
from foundation.accounts.roles import (
    CustomerRole,
)


def validate_customer_roles(values: object) -> None:
    _validate_roles(values, CustomerRole.values)


class Membership(OrganizationRow):
    """Makes a person a valid user of an organization (usuario válido, SPEC 1.3), with roles of
    ``CustomerRole``.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("person"),
    )
    roles = models.JSONField(_("roles"), default=list, validators=[validate_customer_roles])
    site = models.ForeignKey(
        Site,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("site"),
    )
    department = models.ForeignKey(
        Department,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("department"),
    )
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    is_suspended = models.BooleanField(_("suspended"), default=False)

    class Meta(OrganizationRow.Meta):
        verbose_name = _("valid user")
        verbose_name_plural = _("valid users")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("organization", "user"), name="membership_unique"),
        )

    def __str__(self) -> str:
        return f"{self.user}"

    def clean(self) -> None:
        """Refuse people of the staff, and a place of another organization."""
        super().clean()
        if self.user_id is not None and self.user.is_staff:
            raise ValidationError(
                {"user": _("Of the staff: a customer's people and the staff are never the same.")}
            )
        for name in ("site", "department"):
            chosen = getattr(self, name)
            if chosen is not None and chosen.organization_id != self.organization_id:
                raise ValidationError({name: _("Choose one of the same organization.")})

    def has_role(self, *roles: str) -> bool:
        return not self.is_suspended and any(role in self.roles for role in roles)


class Team(models.Model):
    """A support group with its level: 1 is the desk, 2 and 3 are the consultants (SPEC 3.12)."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    level = models.PositiveSmallIntegerField(
        pgettext_lazy("support", "level"), default=1, choices=((1, "1"), (2, "2"), (3, "3"))
    )
    email = models.EmailField(_("e-mail"), blank=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="+", blank=True, verbose_name=_("members")
    )
    organizations = models.ManyToManyField(
        Organization,
        related_name="+",
        blank=True,
        verbose_name=_("organizations"),
        help_text=_("Leave empty for a group that serves every customer."),
    )

    class Meta:
        verbose_name = _("support group")
        verbose_name_plural = _("support groups")
        ordering = ("level", "name", "pk")

    def __str__(self) -> str:
        return self.name
