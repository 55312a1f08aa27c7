"""Admin of versioned configuration: a version in force never changes, a new version supersedes
it.
"""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from desk.configuration import opened
from desk.configuration.base import ConfigurationAdmin, save_rows_of
from desk.configuration.forms import ConfigurationForm, put_instant
from foundation.accounts.models import (
    Organization,
    User,
)
from foundation.core.errors import Invalid
from foundation.core.zones import in_zone, instant_words, zone_words


def since_words(moment: datetime, organization: Organization) -> str:
    """Return an instant in the organization's zone, with the zone's name."""
    return f"{instant_words(moment, organization.time_zone)} ({zone_words(organization.time_zone)})"


def status_words(effective_from: datetime, has_successor: bool) -> str | Promise:
    """Return the state of a version in words: later, in force or superseded."""
    if effective_from > timezone.now():
        return _("later")
    return _("superseded") if has_successor else _("in force")


class VersionForm(ConfigurationForm):
    """A version with ``effective_from``, typed in the organization's zone; empty means now."""

    effective_from = forms.DateTimeField(
        label=_("In force from"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("In the organization's time zone. Empty: at once."),
    )

    owners: tuple[str, ...] = ()
    opened_fact: int | None = None  # of an add page: the newest version of anybody when it opened

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        version = self.instance
        self.initial["effective_from"] = (
            None  # a version in force never changes: it can only be saved as a new one
        )
        if version.pk and version.effective_from > timezone.now():
            local = in_zone(version.effective_from, version.organization.time_zone)
            self.initial["effective_from"] = local.replace(tzinfo=None)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        organization = data.get("organization") or self.instance.organization
        self._refuse_over_another(organization, data)
        self.now = now = timezone.now()
        if data.get("effective_from"):
            put_instant(self, data, "effective_from", organization.time_zone)
            if self.errors:
                return data
        else:
            data["effective_from"] = now
        try:
            self.check(organization, data, now)
        except Invalid as error:
            raise ValidationError(
                {name: words for name, words in error.fields.items() if name in self.fields}
            ) from error
        return data

    def _refuse_over_another(self, organization: Organization, data: dict[str, Any]) -> None:
        """Raise ``ValidationError`` once for an added version whose owners got another since the
        page was opened.
        """
        if self.opened_fact is None:
            return
        model = type(self.instance)
        owners = {name: data.get(name) for name in self.owners}
        rows = model._default_manager.filter(organization=organization, **owners)
        who = opened.saved_since(
            model,
            list(rows.values_list("pk", flat=True)),
            self.opened_fact,
            organization.time_zone,
        )
        if who:
            raise ValidationError(opened.meanwhile_words(who))

    def check(self, organization: Organization, data: dict[str, Any], now: datetime) -> None:
        """Raise ``Invalid`` for a version that the service would refuse."""
        raise NotImplementedError


class VersionAdmin(ConfigurationAdmin):
    """Versions in force are read-only; "Save as new" adds a version for the same owners.

    ``owners`` are the fields that, together with the organization, identify a series of versions.
    Each version supersedes the one before it in its series.
    """

    save_as = True
    owners: tuple[str, ...]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        is_added = obj is None and not hasattr(request, "saved_from")
        fact = opened.posted_fact(request) if is_added else None
        return type(form.__name__, (form,), {"owners": self.owners, "opened_fact": fact})

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

    def newest_fact(self, obj: Any) -> int | None:
        """An added version replaces whichever is there."""
        return super().newest_fact(obj) if obj else opened.newest_fact_of_any(self.model)

    def shown_with(self, obj: Any) -> list[int]:
        """Return the ids of every version for the same owners: each replaces the one before."""
        same = {self._column(name): getattr(obj, self._column(name)) for name in self.owners}
        rows = self.model._default_manager.filter(organization_id=obj.organization_id, **same)
        return list(rows.values_list("pk", flat=True))

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
        """On "Save as new", copy organization and owners of the original into the POST data: they
        are read-only on the page, so its form does not send them.
        """
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
        if source is not None:  # a refused "Save as new", which Django treats as an addition
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
        """Make the owners read-only once the version exists."""
        found = super().get_readonly_fields(request, obj)
        return found if obj is None else list(dict.fromkeys([*found, *self.owners]))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        save_rows_of(formset, form.instance.organization_id)
