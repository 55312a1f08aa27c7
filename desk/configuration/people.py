"""Configuration screens of people, groups, service accounts and tokens."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from desk.configuration.base import ConfigurationAdmin, EverybodysAdmin
from desk.configuration.fields import RolesField
from desk.configuration.forms import ConfigurationForm
from foundation.accounts import granting
from foundation.accounts.models import (
    ApiToken,
    Membership,
    ServiceAccount,
    Team,
    User,
)
from foundation.accounts.roles import CustomerRole, StaffRole
from foundation.accounts.tenancy import valid_memberships
from foundation.core.classification import Channel
from foundation.core.errors import NotAllowed
from web.requests import actor, person


class UserForm(ConfigurationForm):
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
    asked_roles: list[str]  # those that a second person has to confirm
    guarded_before: frozenset[str]

    class Meta:
        model = User
        fields = ("email", "full_name", "language", "is_active", "staff_roles")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Tick the roles that wait too: who changes the name withdraws no request."""
        super().__init__(*args, **kwargs)
        waiting = [grant.role for grant in granting.requests_for(self.instance)]
        self.initial["staff_roles"] = [*self.instance.staff_roles, *waiting]

    def clean(self) -> dict[str, Any]:
        """Refuse what ``granting`` refuses. The instance has the roles and address of before."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        person = self.instance
        roles = cleaned.get("staff_roles", person.staff_roles)
        try:
            granting.check_roles(
                person=person,
                roles=roles,
                is_active=bool(cleaned.get("is_active")),
                by=self.editor,
            )
        except NotAllowed as error:
            self.add_error("staff_roles", str(error))
        if roles and person.pk and not person.is_staff and valid_memberships(person.pk):
            words = _("A valid user of a customer: suspend that first, then give roles of staff.")
            self.add_error("staff_roles", words)
        for field in ("email", "new_password"):
            if cleaned.get(field) and cleaned[field] != getattr(person, field, ""):
                try:
                    granting.check_account(person=person, by=self.editor, at=timezone.now())
                except NotAllowed as error:
                    self.add_error(field, str(error))
        self.guarded_before = granting.guarded_roles(person)
        self.asked_roles = granting.roles_to_ask(person=person, roles=roles)
        cleaned["staff_roles"] = [role for role in roles if role not in self.asked_roles]
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

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save the person, and ask a second person for the roles that need one."""
        super().save_model(request, obj, form, change)
        granting.settle_roles(
            person=obj,
            before=form.guarded_before,
            asked=form.asked_roles,
            by=actor(request, Channel.DESK),
            at=timezone.now(),
        )
        may_confirm = granting.confirmers(besides=[obj.pk, person(request).pk])
        for role in form.asked_roles:
            words = (
                _("The role %(role)s waits until another administrator or BPO confirms it.")
                if may_confirm
                else _(
                    "The role %(role)s waits, and nobody else here may confirm it: ask whoever "
                    "operates the server to run “./mesa manage confirm_role %(email)s %(code)s”."
                )
            )
            label = StaffRole(role).label
            messages.info(request, words % {"role": label, "email": obj.email, "code": role})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        waits = obj is not None and granting.requests_for(obj)
        return [*fixed, "waiting_roles"] if waits else fixed

    @admin.display(description=_("roles that wait"))
    def waiting_roles(self, user: User) -> str:
        return "; ".join(
            _("%(role)s, asked for by %(person)s")
            % {"role": grant.get_role_display(), "person": grant.asked_by}
            for grant in granting.requests_for(user)
        )

    @admin.display(description=_("roles"))
    def roles(self, user: User) -> str:
        return ", ".join(str(StaffRole(role).label) for role in user.staff_roles)


class MembershipForm(ConfigurationForm):
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


class TeamForm(ConfigurationForm):
    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            granting.check_group(
                team=self.instance,
                members=cleaned.get("members", ()),
                organizations=cleaned.get("organizations", ()),
            )
        except NotAllowed as error:
            self.add_error(None, str(error))
        return cleaned


@admin.register(Team)
class TeamAdmin(EverybodysAdmin):
    form = TeamForm
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
    readonly_fields = (
        *("user", "service_account_id", "organization_id"),
        *("created_at", "expires_at", "last_used_at"),
    )
    exclude = ("digest",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A revoked token stays revoked."""
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, "revoked_at"] if obj is not None and obj.revoked_at else fixed

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
