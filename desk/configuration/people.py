"""Configuration screens of people, groups, service accounts and tokens."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from desk.configuration.base import ConfigurationAdmin, EverybodysAdmin
from desk.configuration.fields import RolesField
from foundation.accounts.models import (
    ApiToken,
    Membership,
    ServiceAccount,
    Team,
    User,
)
from foundation.accounts.queries import is_only_administrator
from foundation.accounts.roles import CustomerRole, StaffRole
from web.requests import person


class UserForm(forms.ModelForm):
    staff_roles = RolesField(label=_("Staff roles"), choices=StaffRole.choices, required=False)
    new_password = forms.CharField(
        label=_("New password"),
        required=False,
        widget=forms.PasswordInput,
        help_text=_(
            "Leave empty to keep it. Without a password, the person sets one with “Forgot your "
            "password?”."
        ),
    )

    editor: User  # who changes the person; set by ``UserAdmin``

    class Meta:
        model = User
        fields = ("email", "full_name", "language", "is_active", "staff_roles")

    def clean_staff_roles(self) -> list[str]:
        roles: list[str] = self.cleaned_data["staff_roles"]
        if self.instance.pk == self.editor.pk and set(roles) != set(self.instance.staff_roles):
            raise ValidationError(_("Nobody changes their own roles: ask another administrator."))
        return roles

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        stays = cleaned.get("is_active") and StaffRole.ADMINISTRATOR in cleaned.get(
            "staff_roles", [StaffRole.ADMINISTRATOR]
        )
        if self.instance.pk and not stays and is_only_administrator(self.instance):
            raise ValidationError(
                _("This is the only administrator: give the role to another active person first.")
            )
        return cleaned

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def _post_clean(self) -> None:
        """Check the password after the typed address and name are on the instance: it must not
        resemble them.
        """
        super()._post_clean()  # type: ignore[misc]
        password = self.cleaned_data.get("new_password")
        if password:
            try:
                validate_password(password, self.instance)
            except ValidationError as error:
                self.add_error("new_password", error)

    def save(self, commit: bool = True) -> User:
        user: User = super().save(commit=False)
        if self.cleaned_data.get("new_password"):
            user.set_password(self.cleaned_data["new_password"])
        elif not user.pk:
            user.set_unusable_password()
        if commit:
            user.save()
        return user


@admin.register(User)
class UserAdmin(EverybodysAdmin):
    form = UserForm
    list_display = ("full_name", "email", "is_active", "roles")
    list_filter = ("is_active",)
    search_fields = ("full_name", "email")

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"editor": person(request)})

    @admin.display(description=_("roles"))
    def roles(self, user: User) -> str:
        return ", ".join(str(StaffRole(role).label) for role in user.staff_roles)


class MembershipForm(forms.ModelForm):
    """Has no ``Meta.model``: the admin then builds its fields inside a request, where a tenant
    scope is open.
    """

    roles = RolesField(label=_("Roles"), choices=CustomerRole.choices)


@admin.register(Membership)
class MembershipAdmin(ConfigurationAdmin):
    form = MembershipForm
    fields = ("organization", "user", "roles", "site", "department", "phone", "is_suspended")
    list_display = ("user", "organization", "is_suspended")
    list_filter = ("is_suspended",)
    list_select_related = ("user", "organization")
    search_fields = ("user__full_name", "user__email")


@admin.register(Team)
class TeamAdmin(EverybodysAdmin):
    list_display = ("name", "level", "email")


@admin.register(ServiceAccount)
class ServiceAccountAdmin(ConfigurationAdmin):
    list_display = ("name", "organization", "contact")
    list_select_related = ("organization", "contact")


@admin.register(ApiToken)
class ApiTokenAdmin(EverybodysAdmin):
    """Revokes tokens. A command creates them, because it can show the secret once."""

    list_display = (
        "pk",
        "user",
        "service_account_id",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    list_select_related = ("user",)
    readonly_fields = ("user", "service_account_id", "organization_id", "created_at")
    exclude = ("digest",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
