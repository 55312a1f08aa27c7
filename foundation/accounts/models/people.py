from collections.abc import Iterator
from typing import Any, ClassVar, Self

from django.apps import apps
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
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
    # {"is_off": True, "keys": {name of a shortcut: key}}: where they differ from the usual ones
    shortcuts = models.JSONField(default=dict, blank=True, editable=False)
    # The id of the newest letter (``notifications.OutboxMessage``) that they saw in the desk.
    letters_seen_up_to = models.BigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]
    is_superuser = False  # every permission comes from a role
    _password: str | None  # AbstractBaseUser: a new one in plain text, until it is saved
    _loaded_email: str | None = None

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

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        user = super().from_db(*args, **kwargs)
        user._loaded_email = user.__dict__.get("email")
        return user

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Revoke the person's tokens when the password or the address changed. Sessions end by
        ``get_session_auth_hash``.
        """
        # Django sets ``_password`` for a new password, and not for a renewed hash of the same.
        is_new_password = self._password is not None
        is_new_address = self._loaded_email not in (None, self.email)
        super().save(*args, **kwargs)
        self._loaded_email = self.email
        if is_new_password or is_new_address:
            tokens = apps.get_model("accounts", "ApiToken").objects.filter(user_id=self.pk)
            tokens.filter(revoked_at=None).update(revoked_at=timezone.now())

    def get_session_auth_hash(self) -> str:
        """Return what a session has to hold to stay valid: it ends with a new password and with a
        new address.
        """
        return self._session_hash(None)

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._session_hash(secret)

    def _session_hash(self, secret: str | bytes | None) -> str:
        value = f"{self.password}\0{self.email}"
        return salted_hmac("accounts.session", value, secret=secret, algorithm="sha256").hexdigest()

    @property
    def is_staff(self) -> bool:
        return bool(self.staff_roles)

    @cached_property
    def team_ids(self) -> frozenset[int]:
        """The ids of the support groups of which the person is a member."""
        teams = apps.get_model("accounts", "Team").objects.filter(members=self)
        return frozenset(teams.values_list("pk", flat=True))

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
