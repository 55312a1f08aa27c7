import secrets
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models.people import LANGUAGES
from foundation.core.tenancy import TenantModel
from foundation.core.zones import validate_country, validate_time_zone

# Fits a positive BigInteger. Random, because a counter would reuse the value of a rolled-back
# transaction.
STAMP_BITS = 62


def new_stamp() -> int:
    return secrets.randbits(STAMP_BITS)


DESK_ZONE = "America/Mexico_City"  # default of shifts and organizations


class Organization(TenantModel):
    """A customer company (SPEC 1.1). Its scope is its own id."""

    tenant_field = "id"

    name = models.CharField(_("name"), max_length=120, unique=True)
    slug = models.SlugField(_("short name"), max_length=60, unique=True)
    country = models.CharField(
        _("country"),
        max_length=2,
        default="MX",
        help_text=_(
            "Two letters of ISO 3166, such as MX, PE, CO. Its public holidays close the calendars."
        ),
    )
    region = models.CharField(
        _("region"),
        max_length=10,
        blank=True,
        help_text=_("Code of the region with holidays of its own, if any."),
    )
    time_zone = models.CharField(
        _("time zone"), max_length=60, default=DESK_ZONE, validators=[validate_time_zone]
    )
    # [{"time_zone": name, "until": ISO 8601 instant}], oldest first: the zones that it had before.
    # A month that began in one of them keeps its beginning.
    earlier_zones = models.JSONField(default=list, editable=False)
    language = models.CharField(_("language"), max_length=5, choices=LANGUAGES, default="es")
    email_domains = models.JSONField(_("e-mail domains"), default=list, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    account_manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("technical account manager"),
    )

    # Renewed by every write to this organization's terms: see ``configuration.models``.
    terms_stamp = models.BigIntegerField(default=new_stamp, editable=False)

    def clean(self) -> None:
        super().clean()
        self.country = self.country.upper()
        self.region = self.region.upper()
        validate_country(self.country, self.region)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and renew ``terms_stamp`` on every update.

        Time zone and country are terms. Writing back the loaded stamp could restore a value that
        another process has replaced since.
        """
        if self.pk is not None:
            self.terms_stamp = new_stamp()
        super().save(*args, **kwargs)

    class Meta(TenantModel.Meta):
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name


class OrganizationRow(TenantModel):
    """Base of models with a foreign key to their organization."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", verbose_name=_("organization")
    )

    class Meta(TenantModel.Meta):
        abstract = True


class Site(OrganizationRow):
    """A place of a customer (sede)."""

    name = models.CharField(_("name"), max_length=120)

    class Meta(OrganizationRow.Meta):
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(fields=("organization", "name"), name="site_unique_name"),
        )

    def __str__(self) -> str:
        return self.name


class Department(OrganizationRow):
    name = models.CharField(_("name"), max_length=120)

    class Meta(OrganizationRow.Meta):
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(fields=("organization", "name"), name="department_unique_name"),
        )

    def __str__(self) -> str:
        return self.name
