import secrets
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from foundation.accounts.roles import (
    Capability,
    CustomerRole,
    StaffRole,
    capabilities_of,
    has_permission,
)
from foundation.accounts.zones import validate_country, validate_time_zone
from foundation.core.tenancy import TenantModel

# A positive 64-bit integer; random, so that a value of a rolled-back transaction never comes back.
STAMP_BITS = 62


def new_stamp() -> int:
    return secrets.randbits(STAMP_BITS)


LANGUAGES = (("es", _("Spanish")), ("en", _("English")))


def _validate_roles(values: object, allowed: list[str]) -> None:
    if not isinstance(values, list) or any(value not in allowed for value in values):
        raise ValidationError(
            _("Use only these roles: %(roles)s."), params={"roles": ", ".join(allowed)}
        )


def validate_staff_roles(values: object) -> None:
    _validate_roles(values, StaffRole.values)


def validate_customer_roles(values: object) -> None:
    _validate_roles(values, CustomerRole.values)


DESK_ZONE = "America/Mexico_City"  # of a shift, and of a customer, until another is chosen


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person, of the staff or of a customer; unique by e-mail. Staff roles are codes of
    ``StaffRole``.
    """

    email = models.EmailField(_("e-mail"), unique=True)
    full_name = models.CharField(_("full name"), max_length=150)
    language = models.CharField(_("language"), max_length=5, choices=LANGUAGES, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    staff_roles = models.JSONField(
        _("staff roles"), default=list, blank=True, validators=[validate_staff_roles]
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]
    is_superuser = False  # nobody is: every right comes from a role

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ("full_name", "pk")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="user_email_lower"
            ),
        )

    def __str__(self) -> str:
        return self.full_name or self.email

    def clean(self) -> None:
        super().clean()
        self.email = self.email.lower()

    @property
    def is_staff(self) -> bool:
        return bool(self.staff_roles)

    @property
    def capabilities(self) -> frozenset[Capability]:
        return capabilities_of(self.staff_roles) if self.is_active else frozenset()

    def can(self, capability: Capability) -> bool:
        return capability in self.capabilities

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return self.is_active and has_permission(self.capabilities, perm)

    def has_perms(self, perm_list: list[str], obj: Any = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        return self.has_perm(f"{app_label}.view_any")

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.full_name.split(" ")[0]


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

    # Changes with every write to what this customer was promised: see ``accounts.terms``.
    terms_stamp = models.BigIntegerField(default=new_stamp, editable=False)

    def clean(self) -> None:
        super().clean()
        validate_country(self.country, self.region)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write no stamp that was read: another process may have renewed it since. Zone and country
        are terms too.
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
    """Base of the rows that hold the key to their organization."""

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
        super().clean()
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


class ServiceAccount(OrganizationRow):
    """A machine of a customer, bound to one organization, with a coordinator as its contact (SPEC
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
        """Tell whether the contact is still a coordinator there: the machine acts with their
        rights.
        """
        membership = (
            Membership.objects.filter(organization_id=self.organization_id, user_id=self.contact_id)
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
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

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
        return self.revoked_at is None or self.revoked_at > at
