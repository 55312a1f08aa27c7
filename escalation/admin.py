from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from escalation.models import EscalationLevel, EscalationMatrix, EscalationRule
from escalation.rehearsal import DAYS, rehearse
from escalation.services import check_levels, check_matrix, number_matrix
from foundation.accounts.admin import (
    EverybodysAdmin,
    LabelledFormSet,
    LabelledStack,
    RolesField,
    VersionAdmin,
    VersionForm,
)
from foundation.accounts.models import (
    DESK_ZONE,
    Absence,
    Organization,
    Shift,
)
from foundation.accounts.queries import first_shifts, zone_of_person
from foundation.accounts.zones import validate_time_zone, zone
from foundation.core.classification import Priority, SupportType
from foundation.core.errors import Invalid
from foundation.core.wording import day_words
from sla.calendars import CalendarError
from sla.hours import format_hours, parse_hours
from sla.services import hold_organization
from sla.wording import days_of_week, words_of
from tickets.states import State


class LevelFormSet(LabelledFormSet):
    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if form.has_changed() or form.instance.pk]
        if any(self.errors):
            return
        try:
            check_levels([form.instance for form in kept if not form.cleaned_data.get("DELETE")])
        except Invalid as error:
            raise ValidationError(str(error)) from error


class LevelInline(LabelledStack):
    model = EscalationLevel
    formset = LevelFormSet
    ordering = ("position",)
    fields = (
        ("position", "name_es", "name_en"),
        ("purpose_es", "purpose_en"),
        ("contact", "substitute", "team"),
        ("contact_name", "email", "phone"),
        ("hours", "calendar", "acknowledge_minutes"),
    )


class MatrixForm(VersionForm):
    def check(self, organization: Organization, data: dict[str, Any], now: datetime) -> None:
        trial = EscalationMatrix(
            pk=self.instance.pk, number=self.instance.number, organization=organization
        )
        trial.contract = data.get("contract", self.instance.contract)
        trial.kind = data.get("kind", self.instance.kind)
        trial.effective_from = data["effective_from"]
        check_matrix(trial, at=now)


@admin.register(EscalationMatrix)
class EscalationMatrixAdmin(VersionAdmin):
    form = MatrixForm
    owners = ("contract", "kind")
    fields = (("organization", "contract", "kind"), "effective_from")
    list_display = ("__str__", "kind", "number", "since", "status")
    list_filter = ("kind",)
    list_select_related = ("contract", "organization")
    inlines = (LevelInline,)

    def save_model(
        self, request: HttpRequest, obj: EscalationMatrix, form: Any, change: bool
    ) -> None:
        if not change:
            hold_organization(obj.organization_id)
            number_matrix(obj, at=form.now)
        super().save_model(request, obj, form, change)


class ShiftForm(forms.ModelForm):
    """A shift with its week as lines of text, as calendars are written."""

    hours = forms.CharField(
        label=_("Hours"),
        widget=forms.Textarea(attrs={"rows": 7}),
        help_text=_(
            "One line per day or range of days: lun-vie 07:00-15:00; a night shift 22:00-06:00 "
            "runs into the next day."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["hours"] = format_hours(self.instance.hours, days_of_week())

    def clean_hours(self) -> dict[str, list[list[str]]]:
        try:
            return parse_hours(self.cleaned_data["hours"])
        except CalendarError as error:
            raise ValidationError(words_of(error)) from error


@admin.register(Shift)
class ShiftAdmin(EverybodysAdmin):
    form = ShiftForm
    fields = ("name", "time_zone", "hours", "people", "is_active")
    list_display = ("name", "time_zone", "is_active")


class WallTimeField(forms.SplitDateTimeField):
    """A date and a time as a clock on the wall shows them, without a zone."""

    widget = AdminSplitDateTime

    def compress(self, data_list: Any) -> datetime | None:
        return datetime.combine(*data_list) if data_list else None


class AbsenceForm(forms.ModelForm):
    """An absence in wall times of a zone, which is the one of the person's shift unless another is
    chosen.
    """

    time_zone = forms.CharField(
        label=_("Time zone"),
        required=False,
        help_text=_("Of both times. Empty: the zone of the person's shift."),
    )
    starts_at = WallTimeField(label=_("From"))
    ends_at = WallTimeField(label=_("Until"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            name = zone_of_person(self.instance.person_id)
            self.initial["time_zone"] = name
            for field in ("starts_at", "ends_at"):
                self.initial[field] = (
                    getattr(self.instance, field).astimezone(zone(name)).replace(tzinfo=None)
                )

    def clean_time_zone(self) -> str:
        name: str = self.cleaned_data["time_zone"].strip()
        if name:
            validate_time_zone(name)
        return name

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        person = data.get("person")
        where = zone(data.get("time_zone") or (zone_of_person(person.pk) if person else DESK_ZONE))
        for name in ("starts_at", "ends_at"):
            if data.get(name):
                data[name] = data[name].replace(tzinfo=where)
        return data


@admin.register(Absence)
class AbsenceAdmin(EverybodysAdmin):
    form = AbsenceForm
    fields = ("person", "time_zone", "starts_at", "ends_at", "substitute", "reason")
    list_display = ("person", "since", "until", "substitute")
    list_select_related = ("person", "substitute")

    @admin.display(description=_("from"), ordering="starts_at")
    def since(self, absence: Absence) -> str:
        return self._local(absence, absence.starts_at)

    @admin.display(description=_("until"), ordering="ends_at")
    def until(self, absence: Absence) -> str:
        return self._local(absence, absence.ends_at)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Absence]:
        found: QuerySet[Absence] = super().get_queryset(request)
        return found.annotate(
            zone_of_shift=Subquery(first_shifts(OuterRef("person_id")).values("time_zone")[:1])
        )

    def _local(self, absence: Absence, at: datetime) -> str:
        zone_of_shift = absence.zone_of_shift  # type: ignore[attr-defined]  # annotated
        local = at.astimezone(zone(zone_of_shift or DESK_ZONE))
        return f"{day_words(local)}, {local:%H:%M} ({local.tzname()})"


class RuleForm(forms.ModelForm):
    """Names no model: the admin builds its fields inside the request, where a tenant
    scope is open.
    """

    states = RolesField(
        label=_("States"),
        choices=State.choices,
        required=False,
        help_text=_(
            "Of a change of state: into which. Otherwise: only while in one of them; none is "
            "any, of silence any that waits for us."
        ),
    )
    priorities = RolesField(
        label=_("Priorities"),
        choices=[(each.code, each.label) for each in Priority],
        required=False,
        help_text=_("Empty: whatever it is."),
    )
    support_types = RolesField(
        label=_("Support types"),
        choices=SupportType.choices,
        required=False,
        help_text=_("Empty: whatever it is."),
    )

    @property
    def is_trial(self) -> bool:
        return "_try" in self.data

    def is_valid(self) -> bool:
        """A trial is shown again as it was typed, and saved by nobody."""
        return super().is_valid() and not self.is_trial


@admin.register(EscalationRule)
class EscalationRuleAdmin(EverybodysAdmin):
    form = RuleForm
    change_form_template = "admin/escalation/rule_form.html"
    list_display = ("name", "is_active", "position", "trigger", "action")
    list_filter = ("is_active", "trigger")
    fieldsets = (
        (None, {"fields": (("name", "position"), "is_active")}),
        (_("When"), {"fields": ("trigger", ("metric", "percent"), "silence_minutes")}),
        (
            _("For which tickets"),
            {"fields": ("states", "priorities", "support_types", "organizations")},
        ),
        (_("What to do"), {"fields": ("action", ("person", "team"))}),
    )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show which tickets the rule as it stands in the form, saved or not, would have touched,
        when that was asked for.
        """
        form = context["adminform"].form
        if form.is_trial and not form.errors:
            customers = [each.pk for each in form.cleaned_data["organizations"]]
            context |= {
                "rehearsal": rehearse(form.instance, customers, at=timezone.now()),
                "rehearsal_days": DAYS,
            }
        return super().render_change_form(request, context, *args, **kwargs)
