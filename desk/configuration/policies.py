from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import BLANK_CHOICE_DASH
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from desk.configuration.base import LabelledFormSet, LabelledInline
from desk.configuration.versions import VersionAdmin, VersionForm
from foundation.accounts.locks import lock_organization
from foundation.accounts.models import Organization
from foundation.core.errors import Invalid
from sla.policies.models import PROMISED, UNSTARTED, PolicyTarget, PolicyVersion
from sla.policies.services import (
    check_targets,
    check_version,
    number_version,
)


class PolicyTargetFormSet(LabelledFormSet):
    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if form.has_changed() or form.instance.pk]
        rows = [
            form.instance
            for form in kept
            if form.is_valid() and not form.cleaned_data.get("DELETE")
        ]
        if any(self.errors):
            return
        try:
            check_targets(rows)
        except Invalid as error:
            raise ValidationError(str(error)) from error


class PolicyTargetInline(LabelledInline):
    model = PolicyTarget
    formset = PolicyTargetFormSet
    fields = (
        "metric",
        "priority",
        "support_type",
        "category",
        "minutes",
        "days",
        "in_business_days",
    )

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Say beside a metric that nothing starts it yet."""
        if db_field.name == "metric":
            words = _("%(clock)s (nothing starts it yet)")
            kwargs["choices"] = [
                *BLANK_CHOICE_DASH,
                *(
                    (code, words % {"clock": label} if code in UNSTARTED else label)
                    for code, label in PROMISED
                ),
            ]
        return super().formfield_for_choice_field(db_field, request, **kwargs)


class PercentsField(forms.CharField):
    """Percentages typed as a list, such as ``50, 75, 90``; the value is a sorted list of
    integers.
    """

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        try:
            return sorted(
                {
                    int(part)
                    for part in str(value or "").replace(";", ",").split(",")
                    if part.strip()
                }
            )
        except ValueError as error:
            raise ValidationError(
                _("Write whole numbers from 1 to 99, such as 50, 75, 90.")
            ) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return list(initial or []) != self.to_python(data)
        except ValidationError:
            return True


class PolicyForm(VersionForm):
    warning_percents = PercentsField(
        label=_("Warnings at percent"),
        required=False,
        help_text=_("Such as 50, 75, 90. Empty: those of the more general policy."),
    )

    def check(self, organization: Organization, data: dict[str, Any], now: datetime) -> None:
        trial = PolicyVersion(
            pk=self.instance.pk, number=self.instance.number, organization=organization
        )
        trial.contract = data.get("contract", self.instance.contract)
        trial.person = data.get("person", self.instance.person)
        trial.effective_from = data["effective_from"]
        trial.business_calendar = data.get("business_calendar")
        trial.extended_calendar = data.get("extended_calendar")
        check_version(trial, at=now)


@admin.register(PolicyVersion)
class PolicyVersionAdmin(VersionAdmin):
    form = PolicyForm
    owners = ("contract", "person")
    fields = (
        ("organization", "contract", "person"),
        "effective_from",
        ("business_calendar", "extended_calendar", "extension_includes_second_level"),
        ("pauses_while_pending_user", "pauses_while_pending_supplier"),
        ("pauses_while_marked", "pauses_extend_terms"),
        ("warning_percents", "at_risk_percent"),
    )
    list_display = ("subject_name", "organization", "number", "since", "status")
    list_select_related = ("contract", "person", "organization")
    inlines = (PolicyTargetInline,)

    @admin.display(description=_("for"))
    def subject_name(self, obj: PolicyVersion) -> str:
        return obj.subject

    def save_model(self, request: HttpRequest, obj: PolicyVersion, form: Any, change: bool) -> None:
        if not change:
            lock_organization(obj.organization_id)
            number_version(obj, at=form.now)
        super().save_model(request, obj, form, change)
