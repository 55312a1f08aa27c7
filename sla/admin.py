from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.admin import ConfigurationAdmin, LabelledFormSet, LabelledInline, since_words, status_words
from accounts.zones import zone
from core.errors import Invalid
from sla.calendar_admin import CalendarAdmin
from sla.models import Calendar, PolicyTarget, PolicyVersion
from sla.services import check_targets, check_version, hold_organization, number_version

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

    effective_from = forms.DateTimeField(
        label=_("In force from"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("In the organization's time zone. Empty: at once."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        version = self.instance
        self.initial["effective_from"] = None  # of one that is in force only a new version can be made
        if version.pk and not is_in_force(version):
            local = zone(version.organization.time_zone)
            self.initial["effective_from"] = version.effective_from.astimezone(local).replace(tzinfo=None)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        organization = data.get("organization") or self.instance.organization
        self.now = now = timezone.now()
        chosen = data.get("effective_from")
        data["effective_from"] = chosen.replace(tzinfo=zone(organization.time_zone)) if chosen else now
        trial = PolicyVersion(pk=self.instance.pk, number=self.instance.number, organization=organization)
        trial.contract = data.get("contract", self.instance.contract)
        trial.person, trial.effective_from = data.get("person", self.instance.person), data["effective_from"]
        try:
            check_version(trial, at=now)
        except Invalid as error:
            raise ValidationError({name: words for name, words in error.fields.items() if name in self.fields}) from error
        return data


def is_in_force(version: PolicyVersion) -> bool:
    return version.effective_from <= timezone.now()


def with_successors(versions: QuerySet[PolicyVersion]) -> QuerySet[PolicyVersion]:
    """Annotate ``has_successor``: a later version for the same person, contract or organization is in force."""
    whose = {"of_contract": Coalesce("contract_id", 0), "of_person": Coalesce("person_id", 0)}
    same = {"of_contract": Coalesce(OuterRef("contract_id"), 0), "of_person": Coalesce(OuterRef("person_id"), 0)}
    later = PolicyVersion.objects.annotate(**whose).filter(
        organization=OuterRef("organization"), number__gt=OuterRef("number"), effective_from__lte=timezone.now(), **same
    )
    return versions.annotate(has_successor=Exists(later))


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
    list_display = ("subject_name", "organization", "number", "since", "status")
    list_select_related = ("contract", "person", "organization")
    inlines = (PolicyTargetInline,)

    @admin.display(description=_("for"))
    def subject_name(self, obj: PolicyVersion) -> str:
        return obj.subject

    def has_change_permission(self, request: HttpRequest, obj: PolicyVersion | None = None) -> bool:
        is_fixed = obj is not None and is_in_force(obj)
        saves = request.method == "POST" and "_saveasnew" not in request.POST
        return super().has_change_permission(request, obj) and not (is_fixed and saves)

    @admin.display(description=_("in force from"), ordering="effective_from")
    def since(self, obj: PolicyVersion) -> str:
        return since_words(obj.effective_from, obj.organization)

    @admin.display(description=_("state"))
    def status(self, obj: PolicyVersion) -> str | Promise:
        return status_words(obj.effective_from, obj.has_successor)  # type: ignore[attr-defined]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PolicyVersion]:
        return with_successors(super().get_queryset(request))

    def changeform_view(self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None) -> Any:
        """Save as new for the same person, contract or organization: the page shows them, and its form does not hold them."""
        original = self.get_object(request, object_id) if object_id and "_saveasnew" in request.POST else None
        if original is not None:
            data = request.POST.copy()
            data["organization"], data["contract"] = str(original.organization_id), str(original.contract_id or "")
            data["person"] = original.person.email if original.person else ""
            request.POST = data  # type: ignore[assignment]
        return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        version = context["adminform"].form.instance
        if version.pk and is_in_force(version):
            state = status_words(version.effective_from, version.has_successor)
            words = format_lazy("{} · {} · {}", version, state, _("it never changes: save it as a new version"))
            context |= {"show_save": False, "show_save_and_continue": False, "subtitle": words}
        return super().render_change_form(request, context, *args, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whom it is for stays, also in the copy that ``save as new`` makes."""
        return [*super().get_readonly_fields(request, obj), "person"] if obj is not None else super().get_readonly_fields(request, obj)

    def save_model(self, request: HttpRequest, obj: PolicyVersion, form: Any, change: bool) -> None:
        if not change:
            hold_organization(obj.organization_id)
            number_version(obj, at=form.now)
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for row in formset.save(commit=False):
            row.organization_id = form.instance.organization_id
            row.save()
        for row in formset.deleted_objects:
            row.delete()
        formset.save_m2m()
