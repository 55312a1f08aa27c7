from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Max
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin import ConfigurationAdmin, LabelledInline
from accounts.zones import validate_time_zone
from core.actor import Actor
from core.classification import Channel
from sla.calendars import CalendarError
from sla.hours import format_holidays, format_hours, parse_holidays, parse_hours
from sla.models import Calendar, CalendarVersion, Clock, PolicyTarget, PolicyVersion
from sla.services import publish_calendar_version


class CalendarForm(forms.ModelForm):
    """A calendar with the hours of its newest version, as lines of text; saving other hours adds a version."""

    time_zone = forms.CharField(label=_("Time zone"), validators=[validate_time_zone], help_text=_("Such as America/Mexico_City."))
    hours = forms.CharField(
        label=_("Hours"),
        widget=forms.Textarea(attrs={"rows": 7}),
        help_text=_("One line per day or range of days: lun-vie 09:00-13:00, 14:00-18:00"),
    )
    holidays = forms.CharField(
        label=_("Holidays"), widget=forms.Textarea(attrs={"rows": 12}), required=False, help_text=_("One per line: 2026-12-25 Navidad")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.version = (
            CalendarVersion.objects.filter(calendar_id=self.instance.pk).order_by("-number").first() if self.instance.pk else None
        )
        if self.version is not None:
            self.initial["time_zone"] = self.version.time_zone
            self.initial["hours"] = format_hours(self.version.hours)
            self.initial["holidays"] = format_holidays(self.version.holidays)

    def clean_hours(self) -> dict[str, list[list[str]]]:
        try:
            return parse_hours(self.cleaned_data["hours"])
        except CalendarError as error:
            raise ValidationError(str(error)) from error

    def clean_holidays(self) -> dict[str, str]:
        try:
            return parse_holidays(self.cleaned_data["holidays"])
        except ValueError as error:
            raise ValidationError(str(error)) from error


@admin.register(Calendar)
class CalendarAdmin(ConfigurationAdmin):
    form = CalendarForm
    fields = ("organization", "name", "role", "time_zone", "hours", "holidays")
    list_display = ("name", "organization", "role")
    list_filter = ("role",)
    list_select_related = ("organization",)

    def save_model(self, request: HttpRequest, obj: Calendar, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if {"time_zone", "hours", "holidays"} & set(form.changed_data):
            now = timezone.now()
            publish_calendar_version(
                calendar=obj,
                time_zone=form.cleaned_data["time_zone"],
                hours=form.cleaned_data["hours"],
                holidays=form.cleaned_data["holidays"],
                effective_from=now,
                by=Actor(person_id=request.user.pk, channel=Channel.DESK),
                at=now,
            )


class PolicyTargetInline(LabelledInline):
    model = PolicyTarget
    fields = ("metric", "priority", "support_type", "minutes")


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ConfigurationAdmin):
    """A version that already measures tickets never changes: open it and save it as a new one."""

    fields = (
        "contract",
        "effective_from",
        "business_calendar",
        "extended_calendar",
        "extension_includes_second_level",
        "pauses_while_pending_user",
        "pauses_while_pending_supplier",
        "warning_percents",
    )
    save_as = True
    list_display = ("contract", "number", "effective_from")
    list_select_related = ("contract",)
    inlines = (PolicyTargetInline,)

    def has_change_permission(self, request: HttpRequest, obj: PolicyVersion | None = None) -> bool:
        measures = (
            obj is not None and request.method == "POST" and "_saveasnew" not in request.POST and Clock.objects.filter(policy=obj).exists()
        )
        return super().has_change_permission(request, obj) and not measures

    def save_model(self, request: HttpRequest, obj: PolicyVersion, form: Any, change: bool) -> None:
        if not obj.number:
            last = PolicyVersion.objects.filter(contract=obj.contract).aggregate(last=Max("number"))["last"]
            obj.number = (last or 0) + 1
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for row in formset.save(commit=False):
            row.organization_id = form.instance.organization_id
            row.save()
        for row in formset.deleted_objects:
            row.delete()
        formset.save_m2m()
