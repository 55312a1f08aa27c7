from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.admin import ConfigurationAdmin, EverybodysAdmin
from accounts.models import Absence, Shift
from escalation.models import EscalationLevel
from sla.calendars import CalendarError
from sla.hours import format_hours, parse_hours


@admin.register(EscalationLevel)
class EscalationLevelAdmin(ConfigurationAdmin):
    list_display = ("organization", "position", "name_es", "contact_name", "email", "acknowledge_minutes")
    list_select_related = ("organization",)


class ShiftForm(forms.ModelForm):
    """A shift with its week as lines of text, as calendars are written."""

    hours = forms.CharField(
        label=_("Hours"),
        widget=forms.Textarea(attrs={"rows": 7}),
        help_text=_("One line per day or range of days: lun-vie 07:00-15:00; a night shift 22:00-06:00 runs into the next day."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["hours"] = format_hours(self.instance.hours)

    def clean_hours(self) -> dict[str, list[list[str]]]:
        try:
            return parse_hours(self.cleaned_data["hours"])
        except CalendarError as error:
            raise ValidationError(str(error)) from error


@admin.register(Shift)
class ShiftAdmin(EverybodysAdmin):
    form = ShiftForm
    fields = ("name", "time_zone", "hours", "people", "is_active")
    list_display = ("name", "time_zone", "is_active")


@admin.register(Absence)
class AbsenceAdmin(EverybodysAdmin):
    fields = ("person", "starts_at", "ends_at", "substitute", "reason")
    list_display = ("person", "starts_at", "ends_at", "substitute")
    list_select_related = ("person", "substitute")
