"""Configuration screens of people and organizations, and the base of every configuration screen."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext_lazy as _

from foundation.accounts.forms import PeopleField, PersonField
from foundation.accounts.models import (
    ApiToken,
    Department,
    Membership,
    Organization,
    ServiceAccount,
    Site,
    Team,
    User,
)
from foundation.accounts.roles import CustomerRole, StaffRole
from foundation.accounts.services import record_configuration_change
from foundation.accounts.tenancy import every_organization, is_restricted
from foundation.accounts.zones import instant_words, zone, zone_words
from foundation.core.actor import Actor
from foundation.core.classification import Channel
from foundation.core.errors import Invalid


class ConfigurationAdmin(admin.ModelAdmin):
    """Saves, and puts every change on the record, in one transaction. Nothing configured is
    deleted: it is deactivated.
    """

    list_per_page = 50
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        """A row stays with its organization and its contract."""
        fixed = [
            name
            for name in ("organization", "contract")
            if obj is not None and name in {f.name for f in obj._meta.fields}
        ]
        return [*super().get_readonly_fields(request, obj), *fixed]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, forms.SplitDateTimeField):
            for part in field.widget.widgets:
                part.attrs["aria-label"] = str(field.label)
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.related_model is User:
            return PersonField(
                label=capfirst(db_field.verbose_name),
                required=not db_field.blank,
                help_text=db_field.help_text,
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.related_model is User:
            return PeopleField(
                label=capfirst(db_field.verbose_name),
                required=not db_field.blank,
                help_text=db_field.help_text,
            )
        if db_field.related_model is Organization:
            kwargs["widget"] = forms.CheckboxSelectMultiple()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_related(
        self, request: HttpRequest, form: forms.ModelForm, formsets: Any, change: bool
    ) -> None:
        with transaction.atomic():
            super().save_related(request, form, formsets, change)
            changed = [
                *form.changed_data,
                *(formset.prefix for formset in formsets if formset.has_changed()),
            ]
            record_configuration_change(
                instance=form.instance,
                changed_fields=changed,
                created=not change,
                by=Actor(person_id=request.user.pk, channel=Channel.DESK),
                at=timezone.now(),
            )

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The record tells; Django's own log would be a second, weaker one."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The record tells."""


def since_words(moment: datetime, organization: Organization) -> str:
    """Say an instant in the organization's zone, and name the zone."""
    return f"{instant_words(moment, organization.time_zone)} ({zone_words(organization.time_zone)})"


def status_words(effective_from: datetime, has_successor: bool) -> str | Promise:
    """Say whether a version is in force, will be, or was."""
    if effective_from > timezone.now():
        return _("later")
    return _("superseded") if has_successor else _("in force")


class VersionForm(forms.ModelForm):
    """A version of something, in force from an instant of the organization's zone on; empty is at
    once.
    """

    effective_from = forms.DateTimeField(
        label=_("In force from"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("In the organization's time zone. Empty: at once."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        version = self.instance
        self.initial["effective_from"] = (
            None  # of one that is in force only a new version can be made
        )
        if version.pk and version.effective_from > timezone.now():
            local = zone(version.organization.time_zone)
            self.initial["effective_from"] = version.effective_from.astimezone(local).replace(
                tzinfo=None
            )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        organization = data.get("organization") or self.instance.organization
        self.now = now = timezone.now()
        chosen = data.get("effective_from")
        data["effective_from"] = (
            chosen.replace(tzinfo=zone(organization.time_zone)) if chosen else now
        )
        try:
            self.check(organization, data, now)
        except Invalid as error:
            raise ValidationError(
                {name: words for name, words in error.fields.items() if name in self.fields}
            ) from error
        return data

    def check(self, organization: Organization, data: dict[str, Any], now: datetime) -> None:
        """Refuse with ``Invalid`` what the service would refuse."""
        raise NotImplementedError


class VersionAdmin(ConfigurationAdmin):
    """Versions that are in force never change: one is opened and saved as a new one, for whom it
    was.

    ``owners`` are the keys that say for whom; each version of the same owners follows the one
    before it. The organization is always one.
    """

    save_as = True
    owners: tuple[str, ...] = ("contract",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_fixed = obj is not None and obj.effective_from <= timezone.now()
        saves = request.method == "POST" and "_saveasnew" not in request.POST
        return super().has_change_permission(request, obj) and not (is_fixed and saves)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Annotate ``has_successor``: a later version for the same owners is in force."""
        whose = {
            f"of_{name}": Coalesce(self._column(name), self._nobody(name)) for name in self.owners
        }
        same = {
            f"of_{name}": Coalesce(OuterRef(self._column(name)), self._nobody(name))
            for name in self.owners
        }
        later = self.model._default_manager.annotate(**whose).filter(
            organization=OuterRef("organization"),
            number__gt=OuterRef("number"),
            effective_from__lte=timezone.now(),
            **same,
        )
        return super().get_queryset(request).annotate(has_successor=Exists(later))

    def _column(self, name: str) -> str:
        return str(self.model._meta.get_field(name).attname)

    def _nobody(self, name: str) -> Value:
        return Value(0 if self.model._meta.get_field(name).is_relation else "")

    @admin.display(description=_("in force from"), ordering="effective_from")
    def since(self, obj: Any) -> str:
        return since_words(obj.effective_from, obj.organization)

    @admin.display(description=_("state"))
    def status(self, obj: Any) -> str | Promise:
        return status_words(obj.effective_from, obj.has_successor)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: Any = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        """Save as new for the same owners: the page shows them, and its form does not hold them."""
        original = (
            self.get_object(request, object_id)
            if object_id and "_saveasnew" in request.POST
            else None
        )
        if original is not None:
            data = request.POST.copy()
            for name in ("organization", *self.owners):
                value = getattr(original, name)
                data[name] = (
                    value.email
                    if isinstance(value, User)
                    else str(getattr(value, "pk", value) or "")
                )
            request.POST = data  # type: ignore[assignment]
            request.saved_from = original  # type: ignore[attr-defined]
        return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        version = context["adminform"].form.instance
        source = getattr(request, "saved_from", None)
        if source is not None:  # refused: Django's page would call it nothing
            context |= {
                "original": source,
                "title": _("New version of %(name)s") % {"name": source},
                "add": False,
            }
        if version.pk and version.effective_from <= timezone.now():
            state = status_words(version.effective_from, version.has_successor)
            since = format_lazy(
                "{} {}", _("since"), since_words(version.effective_from, version.organization)
            )
            words = format_lazy(
                "{} · {} · {} · {}",
                version,
                state,
                since,
                _("it never changes: save it as a new version"),
            )
            context |= {"show_save": False, "show_save_and_continue": False, "subtitle": words}
        return super().render_change_form(request, context, *args, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whom it is for stays."""
        found = super().get_readonly_fields(request, obj)
        return found if obj is None else list(dict.fromkeys([*found, *self.owners]))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for row in formset.save(commit=False):
            row.organization_id = form.instance.organization_id
            row.save()
        for row in formset.deleted_objects:
            row.delete()
        formset.save_m2m()


class LabelledFormSet(forms.BaseInlineFormSet):
    """Gives the box that deletes a row a name for screen readers: a table's heading does not label
    it.
    """

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = str(form.fields["DELETE"].label)


class _Labelled:
    """Rows whose fields carry their own names; people are chosen by e-mail, as on every
    configuration page.
    """

    formset: Any = LabelledFormSet
    extra = 0

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None:
            field.widget.attrs["aria-label"] = str(field.label)
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.related_model is User:
            return PersonField(
                label=capfirst(db_field.verbose_name),
                required=not db_field.blank,
                help_text=db_field.help_text,
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]


class LabelledInline(_Labelled, admin.TabularInline):
    pass


class LabelledStack(_Labelled, admin.StackedInline):
    """For rows of many fields."""


class RolesField(forms.MultipleChoiceField):
    """Role codes kept as a JSON list."""

    widget = forms.CheckboxSelectMultiple

    def has_changed(self, initial: Any, data: Any) -> bool:
        return sorted(initial or []) != sorted(data or [])


class EverybodysAdmin(ConfigurationAdmin):
    """Of people, groups and tokens, which belong to no customer: only for staff who serve every
    customer.
    """

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return super().has_view_permission(request, obj) and not is_restricted(request.user)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return super().has_change_permission(request, obj) and not is_restricted(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not is_restricted(request.user)


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

    class Meta:
        model = User
        fields = ("email", "full_name", "language", "is_active", "staff_roles")

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean_new_password(self) -> str:
        password = str(self.cleaned_data.get("new_password") or "")
        if password:
            validate_password(password, self.instance)
        return password

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

    @admin.display(description=_("roles"))
    def roles(self, user: User) -> str:
        return ", ".join(str(StaffRole(role).label) for role in user.staff_roles)


class SiteInline(LabelledInline):
    model = Site


class DepartmentInline(LabelledInline):
    model = Department


@admin.register(Organization)
class OrganizationAdmin(ConfigurationAdmin):
    list_display = ("name", "country", "time_zone", "is_active")
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}
    inlines = (SiteInline, DepartmentInline)

    def save_model(
        self, request: HttpRequest, obj: Organization, form: forms.ModelForm, change: bool
    ) -> None:
        with every_organization(reason="an administrator creates or changes an organization"):
            super().save_model(request, obj, form, change)

    def save_related(
        self, request: HttpRequest, form: forms.ModelForm, formsets: Any, change: bool
    ) -> None:
        with every_organization(reason="a new organization gets its calendars"):
            super().save_related(request, form, formsets, change)


class MembershipForm(forms.ModelForm):
    """Names no model: the admin builds its fields inside the request, where a tenant
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
    """Tokens are made by command, where their secret can be shown once; here they are revoked."""

    list_display = ("pk", "user", "service_account_id", "created_at", "revoked_at")
    list_select_related = ("user",)
    readonly_fields = ("user", "service_account_id", "organization_id", "created_at")
    exclude = ("digest",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
