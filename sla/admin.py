from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin import ConfigurationAdmin, LabelledFormSet, LabelledInline
from core.errors import Invalid
from sla.calendar_admin import CalendarAdmin
from sla.models import Calendar, PolicyTarget, PolicyVersion
from sla.services import check_targets, check_version, number_version

admin.site.register(Calendar, CalendarAdmin)


class PolicyTargetFormSet(LabelledFormSet):
    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if form.has_changed() or form.instance.pk]
        rows = [form.instance for form in kept if form.is_valid() and not form.cleaned_data.get("DELETE")]
        if any(self.errors):
            return
        try:
            check_targets(rows)
        except Invalid as error:
            raise ValidationError(str(error)) from error


class PolicyTargetInline(LabelledInline):
    model = PolicyTarget
    formset = PolicyTargetFormSet
    fields = ("metric", "priority", "support_type", "category", "minutes", "days", "in_business_days")


class PercentsField(forms.CharField):
    """Percents as people list them: ``50, 75, 90``."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        try:
            return sorted({int(part) for part in str(value or "").replace(";", ",").split(",") if part.strip()})
        except ValueError as error:
            raise ValidationError(_("Write whole numbers from 1 to 99, such as 50, 75, 90.")) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class PolicyForm(forms.ModelForm):
    warning_percents = PercentsField(
        label=_("Warnings at percent"), required=False, help_text=_("Such as 50, 75, 90. Empty: those of the policy beneath.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and is_in_force(self.instance):  # what can be made of it is a new version
            self.initial["effective_from"] = timezone.now().replace(second=0, microsecond=0)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors or self.instance.pk and not self.has_changed():
            return data
        trial = PolicyVersion(pk=self.instance.pk, organization=data.get("organization") or self.instance.organization)
        trial.contract = data.get("contract", self.instance.contract)
        trial.person, trial.effective_from = data.get("person"), data["effective_from"]
        try:
            check_version(trial, at=timezone.now().replace(second=0, microsecond=0))  # people write minutes
        except Invalid as error:
            raise ValidationError({name: words for name, words in error.fields.items() if name in self.fields}) from error
        return data


def is_in_force(version: PolicyVersion) -> bool:
    return version.effective_from <= timezone.now()


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ConfigurationAdmin):
    """A version that is in force never changes: open it and save it as a new one."""

    form = PolicyForm
    fields = (
        ("organization", "contract", "person"),
        "effective_from",
        ("business_calendar", "extended_calendar", "extension_includes_second_level"),
        ("pauses_while_pending_user", "pauses_while_pending_supplier", "pauses_extend_terms"),
        "warning_percents",
    )
    save_as = True
    list_display = ("subject_name", "organization", "number", "effective_from")
    list_select_related = ("contract", "person", "organization")
    inlines = (PolicyTargetInline,)

    @admin.display(description=_("for"))
    def subject_name(self, obj: PolicyVersion) -> str:
        return obj.subject

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"effective_from": timezone.now().replace(second=0, microsecond=0), **super().get_changeform_initial_data(request)}

    def has_change_permission(self, request: HttpRequest, obj: PolicyVersion | None = None) -> bool:
        is_fixed = obj is not None and is_in_force(obj)
        saves = request.method == "POST" and "_saveasnew" not in request.POST
        return super().has_change_permission(request, obj) and not (is_fixed and saves)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        version = context["adminform"].form.instance
        if version.pk and is_in_force(version):
            context |= {"show_save": False, "show_save_and_continue": False, "subtitle": _("In force: save it as a new version.")}
        return super().render_change_form(request, context, *args, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whom it is for stays, also in the copy that ``save as new`` makes."""
        return [*super().get_readonly_fields(request, obj), "person"] if obj is not None else super().get_readonly_fields(request, obj)

    def save_model(self, request: HttpRequest, obj: PolicyVersion, form: Any, change: bool) -> None:
        if not change:
            number_version(obj, at=timezone.now())
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for row in formset.save(commit=False):
            row.organization_id = form.instance.organization_id
            row.save()
        for row in formset.deleted_objects:
            row.delete()
        formset.save_m2m()
