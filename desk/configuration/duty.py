"""Configuration screens of shifts and absences."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from desk.configuration.base import EverybodysAdmin
from desk.configuration.forms import ConfigurationForm, put_instant
from foundation.accounts.models import DESK_ZONE, User
from foundation.accounts.queries import staff_rows
from foundation.accounts.tenancy import is_restricted
from foundation.calendars.arithmetic import CalendarError
from foundation.calendars.hours import format_hours, parse_hours
from foundation.calendars.wording import days_of_week, words_of
from foundation.core.wording import day_words
from foundation.core.zones import validate_time_zone, zone
from foundation.duty.models import Absence, Shift
from foundation.duty.permissions import (
    may_plan,
    may_plan_for,
    planned_by,
    plans_for_everybody,
)
from foundation.duty.queries import first_shifts, zone_of_person
from web.requests import is_id, person


class ShiftForm(ConfigurationForm):
    """A shift, with its week as text in the format of calendars."""

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


class OneOfFew(forms.ModelChoiceField):
    """One of few people, of whom a forged number is none."""

    def to_python(self, value: Any) -> Any:
        if value not in self.empty_values and not is_id(str(value)):
            raise ValidationError(self.error_messages["invalid_choice"], params={"value": value})
        return super().to_python(value)


class SomeOfFew(forms.ModelMultipleChoiceField):
    """Several of few people, of whom a forged number is none."""

    def clean(self, value: Any) -> Any:
        for each in value or ():
            if not is_id(str(each)):
                raise ValidationError(self.error_messages["invalid_choice"], params={"value": each})
        return super().clean(value)


class PlannedAdmin(EverybodysAdmin):
    """Screens of rows that a supervisor keeps too, for the people whose work they plan. A row about
    somebody else is read only; supervisors who are restricted to some customers do not see it.
    """

    planned = "people"  # the column with the people whose time a row plans

    def people_of(self, row: Any) -> set[int]:
        """Return the ids of the people whose time the row plans."""
        raise NotImplementedError

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return the person from the address, as the page of the load asks for one's absence."""
        asked = request.GET.get("person", "")
        return {"person": int(asked)} if is_id(asked) and self.planned == "person" else {}

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or may_plan(person(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_plan(person(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return may_plan(person(request))
        return may_plan_for(person(request), self.people_of(obj))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        if not is_restricted(request.user):
            return rows
        strangers = User.objects.exclude(pk__in=planned_by(person(request))).order_by()
        about_strangers = self.model.objects.filter(**{f"{self.planned}__in": strangers})
        return rows.exclude(pk__in=about_strangers.order_by().values("pk"))

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, OneOfFew | SomeOfFew):
            field.widget = field.widget.widget  # without Django's links to the people's pages
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.related_model is User and not plans_for_everybody(person(request)):
            people = staff_rows()
            if db_field.name == self.planned or is_restricted(request.user):
                people = people.filter(pk__in=planned_by(person(request)))
            return db_field.formfield(queryset=people, form_class=OneOfFew)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.related_model is User and not plans_for_everybody(person(request)):
            people = User.objects.filter(pk__in=planned_by(person(request)))
            return db_field.formfield(
                queryset=people.order_by("full_name", "pk"),
                form_class=SomeOfFew,
                widget=forms.CheckboxSelectMultiple(),
            )
        return super().formfield_for_manytomany(db_field, request, **kwargs)


@admin.register(Shift)
class ShiftAdmin(PlannedAdmin):
    form = ShiftForm
    fields = ("name", "time_zone", "hours", "people", "is_active")
    list_display = ("name", "time_zone", "is_active")

    def people_of(self, row: Shift) -> set[int]:
        return set(row.people.order_by().values_list("pk", flat=True))


class WallTimeField(forms.SplitDateTimeField):
    """A naive local date and time: ``AbsenceForm`` adds the zone."""

    widget = AdminSplitDateTime

    def compress(self, data_list: Any) -> datetime | None:
        return datetime.combine(*data_list) if data_list else None


_INSTANTS = ("starts_at", "ends_at")


class AbsenceForm(ConfigurationForm):
    """An absence in local times of ``time_zone``, by default the zone of the person's shift."""

    time_zone = forms.CharField(
        label=_("Time zone"),
        required=False,
        help_text=_("Of both times. Empty: the zone of the person's shift."),
    )
    starts_at = WallTimeField(label=_("From"))
    ends_at = WallTimeField(label=_("Until"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        for field in _INSTANTS:
            for part in fields[field].widget.widgets:
                part.attrs["aria-label"] = str(fields[field].label)
        if self.instance.pk:
            name = zone_of_person(self.instance.person_id)
            self.initial["time_zone"] = name
            for field in _INSTANTS:
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
        where = data.get("time_zone") or (zone_of_person(person.pk) if person else DESK_ZONE)
        for name in _INSTANTS:
            if data.get(name):
                put_instant(self, data, name, where)
        return data

    def _post_clean(self) -> None:
        """Without one of the instants their order says nothing: the row has that of before."""
        wrong = {name: list(self.errors[name]) for name in _INSTANTS if name in self.errors}
        super()._post_clean()  # type: ignore[misc]
        for name in _INSTANTS if wrong else ():
            self.errors.pop(name, None)
            for words in wrong.get(name, ()):
                self.add_error(name, words)


@admin.register(Absence)
class AbsenceAdmin(PlannedAdmin):
    form = AbsenceForm
    planned = "person"
    fields = (
        "person",
        "time_zone",
        "starts_at",
        "ends_at",
        "substitute",
        "reason",
        "keeps_tickets",
    )
    list_display = ("person", "since", "until", "substitute")
    list_select_related = ("person", "substitute")

    def people_of(self, row: Absence) -> set[int]:
        return {row.person_id}

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
