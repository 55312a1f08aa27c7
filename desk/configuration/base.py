"""Base of every configuration screen: saves and records a change in one transaction."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db import IntegrityError, models, transaction
from django.forms.formsets import INITIAL_FORM_COUNT, TOTAL_FORM_COUNT
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from desk.configuration import opened
from desk.configuration.fields import PeopleField, PersonField
from desk.configuration.forms import CheckedForm, ConfigurationForm
from desk.configuration.names import alike, taken_words
from foundation.accounts.models import (
    Organization,
    User,
)
from foundation.accounts.tenancy import is_restricted
from foundation.configuration.services import record_configuration_change
from foundation.core.actor import Actor
from foundation.core.classification import Channel

# Models whose people are of the staff, and never a customer's.
PEOPLE_OF_STAFF = frozenset({"accounts.Team", "duty.Shift"})


def _person_field(db_field: Any) -> PersonField:
    """Return a form field that selects a person by e-mail address."""
    return PersonField(
        label=capfirst(db_field.verbose_name),
        required=not db_field.blank,
        help_text=db_field.help_text,
    )


def save_rows_of(formset: Any, organization_id: int) -> None:
    """Save and delete the rows of a formset; each saved row gets the parent's organization id."""
    for row in formset.save(commit=False):
        row.organization_id = organization_id
        row.save()
    for row in formset.deleted_objects:
        row.delete()
    formset.save_m2m()


class GuardedList(admin.ModelAdmin):
    """A list whose address accepts what its own filters write there, and rows by the digits of
    their id.
    """

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        return super().get_object(request, object_id, from_field) if object_id.isascii() else None

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Django would accept every look-up of the model's own columns, and so reveal a password
        hash by comparisons.
        """
        return lookup in self.accepted_lookups()

    def accepted_lookups(self) -> set[str]:
        suffixes = ("", "__exact", "__isnull")
        return {f"{name}{suffix}" for name in self.list_filter for suffix in suffixes}


class ConfigurationAdmin(GuardedList):
    """Saves and records every change in one transaction. Objects are never deleted: they are
    deactivated.
    """

    list_per_page = 50
    show_full_result_count = False
    form = ConfigurationForm

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: Any = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        """Lock first what a sent form changes, and find out who saved it since it was opened.

        Where another save takes the same name between the check and the write, the database
        refuses it: the form is then checked a second time, and finds the name taken.
        """
        try:
            return self._changeform_once(request, object_id, form_url, extra_context)
        except IntegrityError:
            if request.method != "POST":
                raise
        return self._changeform_once(request, object_id, form_url, extra_context)

    def _changeform_once(
        self, request: HttpRequest, object_id: Any, form_url: str, extra_context: Any
    ) -> Any:
        if request.method != "POST":
            # Before the rows are read: what is saved in between counts as saved since.
            opened_for = self.get_object(request, unquote(object_id)) if object_id else None
            request.opened_with = self.newest_fact(opened_for)  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            obj = self.get_object(request, unquote(object_id)) if object_id else None
            opened.lock_first(obj, _organization_of(request, obj))
            fact = opened.posted_fact(request)
            if obj is not None and fact is not None:
                request.saved_meanwhile = tuple(  # type: ignore[attr-defined]
                    opened.saved_since(self.model, self.shown_with(obj), fact, _zone_of(obj))
                )
            return super().changeform_view(request, object_id, form_url, extra_context)

    def newest_fact(self, obj: Any) -> int | None:
        """Return the id of the newest fact about what the page of ``obj`` shows; None when that
        cannot be saved over.
        """
        return opened.newest_fact(self.model, self.shown_with(obj)) if obj is not None else None

    def shown_with(self, obj: models.Model) -> list[int]:
        """Return the ids of the rows whose changes the page of ``obj`` is about."""
        return [int(obj.pk)]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        meanwhile = getattr(request, "saved_meanwhile", ())
        return type(form.__name__, (form,), {"saved_meanwhile": meanwhile})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        noted = getattr(request, "opened_with", None)
        # a refused form is shown under the lock
        is_refused = request.method == "POST"
        context["opened_with"] = self.newest_fact(context.get("original")) if is_refused else noted
        return super().render_change_form(request, context, *args, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return nothing: an address fills in no form, where a value of the wrong kind would break
        the page.
        """
        return {}

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        """Make organization and contract read-only once the row exists."""
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
            return _person_field(db_field)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.related_model is User:
            return PeopleField(
                label=capfirst(db_field.verbose_name),
                required=not db_field.blank,
                help_text=db_field.help_text,
                is_of_staff=db_field.model._meta.label in PEOPLE_OF_STAFF,
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
        """Skip Django's admin log: the record already has the change."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Skip Django's admin log: the record already has the change."""


def _organization_of(request: HttpRequest, obj: models.Model | None) -> int | None:
    """Return the id of the organization that a sent form is about; None for shared rows."""
    if isinstance(obj, Organization):
        return int(obj.pk)
    if obj is not None:
        found: int | None = getattr(obj, "organization_id", None)
        return found
    digits = request.POST.get("organization", "")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 19 else None


def _zone_of(obj: models.Model) -> str:
    """Return the time zone in which a page about this row shows instants."""
    organization = obj if isinstance(obj, Organization) else getattr(obj, "organization", None)
    return str(getattr(organization, "time_zone", settings.TIME_ZONE))


class LabelledFormSet(forms.BaseInlineFormSet):
    """Refuses forged counters, and gives the delete checkbox of each row an ``aria-label``: a table
    heading does not label it for screen readers.
    """

    @cached_property
    def management_form(self) -> Any:
        """Refuse counters that differ from the rows that are sent along: rows that exist would be
        added again.
        """
        counters = super().management_form
        if self.is_bound and counters.is_valid():
            total = int(counters.cleaned_data[TOTAL_FORM_COUNT] or 0)
            counted = int(counters.cleaned_data[INITIAL_FORM_COUNT] or 0)
            assert self.model is not None
            key = self.model._meta.pk.name
            numbers = range(min(total, self.absolute_max))
            sent = sum(bool(self.data.get(f"{self.prefix}-{number}-{key}")) for number in numbers)
            if total < counted or sent != counted:
                counters.add_error(None, _("The rows of this page do not match: open it again."))
        return counters

    def clean(self) -> None:
        """Refuse two rows with names that read the same."""
        super().clean()
        kept = (form for form in self.forms if form not in self.deleted_forms)
        rows = [form for form in kept if form.cleaned_data.get("name")]
        names = [form.cleaned_data["name"] for form in rows]
        for place, earlier in alike(names):
            rows[place].add_error("name", taken_words(earlier))

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = str(form.fields["DELETE"].label)


class _Labelled:
    """Inline rows with an ``aria-label`` on every field; people are chosen by e-mail, as on every
    configuration page.
    """

    form: Any = CheckedForm
    formset: Any = LabelledFormSet
    extra = 0

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None:
            field.widget.attrs["aria-label"] = str(field.label)
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.related_model is User:
            return _person_field(db_field)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]


class LabelledInline(_Labelled, admin.TabularInline):
    pass


class LabelledStack(_Labelled, admin.StackedInline):
    """For rows of many fields."""


class SharedAdmin(ConfigurationAdmin):
    """Screens of rows that all customers share (categories, services, forms): staff who are
    restricted to some customers read them.
    """

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return super().has_change_permission(request, obj) and not is_restricted(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not is_restricted(request.user)


class EverybodysAdmin(SharedAdmin):
    """Screens of rows that belong to no customer (people, groups, tokens, shifts, rules): closed to
    staff who are restricted to some customers.
    """

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return super().has_view_permission(request, obj) and not is_restricted(request.user)
