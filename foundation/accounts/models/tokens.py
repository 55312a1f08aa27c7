from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models.memberships import Membership
from foundation.accounts.models.organizations import OrganizationRow
from foundation.accounts.roles import (
    CustomerRole,
)


class ServiceAccount(OrganizationRow):
    """An API client of one organization. It acts as its contact, who is a coordinator there (SPEC
    1.3).
    """

    name = models.CharField(_("name"), max_length=80)
    contact = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("contact"),
    )

    class Meta(OrganizationRow.Meta):
        verbose_name = _("service account")
        verbose_name_plural = _("service accounts")
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(fields=("organization", "name"), name="service_account_unique"),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if self.organization_id and self.contact_id and not self.has_valid_contact():
            raise ValidationError({"contact": _("Choose a coordinator of the organization.")})

    def has_valid_contact(self) -> bool:
        """Return whether the contact is a coordinator of the organization, which is active, not
        suspended and not staff. The account acts with the contact's permissions.
        """
        membership = (
            Membership.objects.filter(
                organization_id=self.organization_id,
                organization__is_active=True,
                user_id=self.contact_id,
            )
            .order_by("pk")
            .first()
        )
        return (
            membership is not None
            and membership.has_role(CustomerRole.COORDINATOR)
            and not self.contact.is_staff
        )


class ApiToken(models.Model):
    """A key to the API, stored as a SHA-256 digest; belongs to a person or to a service account."""

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    service_account_id = models.BigIntegerField(null=True, blank=True)
    organization_id = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)  # to the hour
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(user__isnull=False, service_account_id__isnull=True)
                | models.Q(
                    user__isnull=True,
                    service_account_id__isnull=False,
                    organization_id__isnull=False,
                ),
                name="token_one_owner",
            ),
        )

    def __str__(self) -> str:
        return f"token {self.pk}"

    def is_valid_at(self, at: datetime) -> bool:
        return at < self.expires_at and (self.revoked_at is None or self.revoked_at > at)
