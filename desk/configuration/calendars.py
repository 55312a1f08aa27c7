"""The calendar's configuration page: hours as text, a drawing of the week, closed days, warnings,
and a preview of the clocks that would move.
"""

import hashlib
import json
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from desk.configuration.base import ConfigurationAdmin
from desk.configuration.calendar_picture import (
    DAY_HEIGHT,
    HOUR_WIDTH,
    SHOWN_MOVES,
    closed_days,
    drawn_week,
    findings_of,
    grouped,
)
from desk.configuration.forms import ConfigurationForm, put_instant
from foundation.calendars.arithmetic import CalendarError
from foundation.calendars.holidays import public_holidays
from foundation.calendars.hours import (
    format_holidays,
    format_hours,
    parse_holidays,
    parse_hours,
)
from foundation.calendars.models import Calendar, CalendarVersion
from foundation.calendars.services import (
    check_course,
    check_holidays,
    publish_calendar_version,
)
from foundation.calendars.wording import days_of_week, words_of
from foundation.core.actor import Actor
from foundation.core.classification import Channel
from foundation.core.zones import (
    known_zones,
    validate_country,
    validate_time_zone,
)
from sla.clocks.services import Move, preview_calendar

SHOWN_VERSIONS = 20


class CalendarForm(ConfigurationForm):
    """A calendar and its newest version, with the hours as text. A change of zone, hours or
    holidays adds a version.
    """

    time_zone = forms.CharField(
        label=_("Time zone"),
        validators=[validate_time_zone],
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
        help_text=_("Such as America/Mexico_City."),
    )
    hours = forms.CharField(
        label=_("Hours"),
        widget=forms.Textarea(attrs={"rows": 7}),
        help_text=_("One line per day or range of days: lun-vie 09:00-13:00, 14:00-18:00"),
    )
    holidays = forms.CharField(
        label=_("Holidays"),
        widget=forms.Textarea(attrs={"rows": 12}),
        required=False,
        help_text=_("One per line: 2026-12-25 Navidad"),
    )
    public_of = forms.CharField(
        label=_("Add the public holidays of"),
        required=False,
        max_length=10,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_(
            "A country, such as MX, or a region that has its own, such as ES-MD. They are put into "
            "the list above, this year's and the next two years', and shown before anything is "
            "saved."
        ),
    )
    effective_from = forms.DateTimeField(
        label=_("In force from"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_(
            "For a change, in the calendar's time zone. Empty: at once. The past never changes."
        ),
    )
    # Hash of the values whose consequences were shown; other values are shown again before saving.
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.moves: list[Move] = []
        self.is_trial = False  # the only errors announce a preview
        self.version = (
            CalendarVersion.objects.filter(calendar_id=self.instance.pk).order_by("-number").first()
            if self.instance.pk
            else None
        )
        if self.version is not None:
            self.initial["time_zone"] = self.version.time_zone
            self.initial["hours"] = format_hours(self.version.hours, days_of_week())
            self.initial["holidays"] = format_holidays(self.version.holidays)

    def clean_hours(self) -> dict[str, list[list[str]]]:
        try:
            return parse_hours(self.cleaned_data["hours"])
        except CalendarError as error:
            raise ValidationError(words_of(error)) from error

    def clean_holidays(self) -> dict[str, str]:
        try:
            found = parse_holidays(self.cleaned_data["holidays"])
        except CalendarError as error:
            raise ValidationError(words_of(error)) from error
        if self.version is None or found != self.version.holidays:
            try:
                check_holidays(found, timezone.now())
            except ValidationError as error:
                raise ValidationError(error.message_dict["holidays"]) from error
        return found

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("public_of") and "holidays" in data:
            self._add_public_holidays(data)
        if self.errors:
            return data
        self.now = now = timezone.now()
        if data.get("effective_from"):
            put_instant(self, data, "effective_from", data["time_zone"])
            if self.errors:
                return data
        else:
            data["effective_from"] = now
        if self.adds_version():
            try:
                check_course(self.version, data["effective_from"], now)
            except ValidationError as error:
                self.add_error("effective_from", error)
            else:
                self._show_consequences(data, now)
        return data

    def adds_version(self) -> bool:
        """Tell whether the typed zone, hours or holidays differ from the newest version."""
        new = tuple(self.cleaned_data[name] for name in ("time_zone", "hours", "holidays"))
        return self.version is None or new != (
            self.version.time_zone,
            self.version.hours,
            self.version.holidays,
        )

    def content(self) -> dict[str, Any]:
        return {
            name: self.cleaned_data[name]
            for name in ("time_zone", "hours", "holidays", "effective_from")
        }

    def _add_public_holidays(self, data: dict[str, Any]) -> None:
        """Add a country's holidays of this year and the next two to the typed list.

        Where both have a date, the typed name stays. The form is refused once, so that the list is
        shown before it is saved.
        """
        country, _sign, region = data["public_of"].strip().upper().partition("-")
        year = timezone.localdate().year
        try:
            validate_country(country, region)
        except ValidationError as error:
            self.add_error("public_of", error.messages)
            return
        public = public_holidays(country, region, year, year + 2)
        data["holidays"] = public | data["holidays"]
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data["holidays"] = format_holidays(data["holidays"])  # type: ignore[index]
        self.data["public_of"] = ""  # type: ignore[index]
        self.is_trial = not self.errors
        self.add_error(
            None,
            _("Nothing is saved yet: the public holidays are in the list. Look at it, and save."),
        )

    def _show_consequences(self, data: dict[str, Any], now: datetime) -> None:
        """Refuse the form once when open clocks would move or new warnings appear; accept the same
        values when they are sent again.
        """
        typed = json.dumps(
            [
                data["time_zone"],
                data["hours"],
                data["holidays"],
                self.data.get("effective_from", ""),
            ],
            sort_keys=True,
        )
        word = hashlib.sha256(typed.encode()).hexdigest()[:16]
        if data["seen"] == word:
            return
        try:
            self.moves = (
                preview_calendar(calendar=self.instance, version=self.content(), at=now)
                if self.version is not None
                else []
            )
        except CalendarError as error:
            raise ValidationError(words_of(error)) from error
        if self.moves or self._has_new_findings(data):
            self.data = self.data.copy()  # type: ignore[attr-defined]
            self.data["seen"] = word  # type: ignore[index]
            self.is_trial = True
            raise ValidationError(
                _(
                    "Nothing is saved yet: look below at the warnings and at the due instants "
                    "that would move, and save again."
                )
            )

    def _has_new_findings(self, data: dict[str, Any]) -> bool:
        organization = data.get("organization") or self.instance.organization
        found = findings_of(
            data["hours"],
            data["holidays"],
            data["time_zone"],
            organization,
            timezone.localdate(),
        )
        old = self.version
        known = (
            findings_of(old.hours, old.holidays, old.time_zone, organization, timezone.localdate())
            if old is not None
            else []
        )
        return bool(set(found) - set(known))


@admin.register(Calendar)
class CalendarAdmin(ConfigurationAdmin):
    form = CalendarForm
    change_form_template = "desk/configuration/calendar_form.html"
    fields = (
        "organization",
        "name",
        "role",
        "time_zone",
        "hours",
        "holidays",
        "public_of",
        "effective_from",
        "seen",
    )
    list_display = ("name", "organization", "role")
    list_filter = ("role",)
    list_select_related = ("organization",)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> tuple[str, ...]:
        """Make organization and role read-only once the calendar exists: new tickets select a
        calendar by its role, and its versions do not store the role.
        """
        return ("organization", "role") if obj is not None else ()

    def save_model(self, request: HttpRequest, obj: Calendar, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.adds_version():
            by = Actor(person_id=request.user.pk, channel=Channel.DESK)
            publish_calendar_version(calendar=obj, **form.content(), by=by, at=form.now)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form: CalendarForm = context["adminform"].form
        hours, holidays, time_zone = _shown(form)
        today = timezone.localdate()
        organization = (
            form.instance.organization
            if form.instance.pk
            else getattr(form, "cleaned_data", {}).get("organization")
        )
        context |= {
            "week": drawn_week(hours),
            "week_days": [
                (name, number * DAY_HEIGHT) for number, name in enumerate(days_of_week())
            ],
            "week_hours": [(hour, hour * HOUR_WIDTH) for hour in range(0, 25, 3)],
            "closed_days": closed_days(holidays, today),
            "moves": form.moves[:SHOWN_MOVES],
            "move_count": len(form.moves),
            "calendar_zone": time_zone,
            "findings": grouped(findings_of(hours, holidays, time_zone, organization, today))
            if hours
            else [],
            "zones": sorted(known_zones()),
            "versions": CalendarVersion.objects.filter(calendar_id=form.instance.pk).order_by(
                "-effective_from", "-number"
            )[:SHOWN_VERSIONS]
            if form.instance.pk
            else [],
            "version": form.version,
        }
        if form.is_trial:
            context |= {"errors": [], "trial": form.non_field_errors()}
        return super().render_change_form(request, context, *args, **kwargs)


def _shown(form: CalendarForm) -> tuple[dict[str, list[list[str]]], dict[str, str], str]:
    """Return hours, holidays and zone: the typed values if valid, otherwise those of the newest
    version.
    """
    typed = getattr(form, "cleaned_data", {})
    version = form.version
    hours = (
        typed.get("hours")
        if isinstance(typed.get("hours"), dict)
        else version.hours
        if version
        else {}
    )
    holidays = (
        typed.get("holidays")
        if isinstance(typed.get("holidays"), dict)
        else version.holidays
        if version
        else {}
    )
    return (
        hours or {},
        holidays or {},
        typed.get("time_zone") or (version.time_zone if version else ""),
    )
