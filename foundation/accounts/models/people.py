from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from foundation.accounts.roles import (
    Capability,
    StaffRole,
    capabilities_of,
    has_permission,
)

LANGUAGES = (("es", _("Spanish")), ("en", _("English")))


def _validate_roles(values: object, allowed: list[str]) -> None:
    if not isinstance(values, list) or any(value not in allowed for value in values):
        raise ValidationError(
            _("Use only these roles: %(roles)s."), params={"roles": ", ".join(allowed)}
        )


def validate_staff_roles(values: object) -> None:
    _validate_roles(values, StaffRole.values)


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
    is_superuser = False  # every permission comes from a role

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
