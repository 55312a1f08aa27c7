"""The fields of a form that say when a recurring ticket is raised, and the rule that they make."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from foundation.core.errors import Invalid
from tickets.recurrence import (
    LONGEST_RULE,
    MOST_COUNT,
    MOST_INTERVAL,
    WORKING_DAYS,
    ClosedDays,
    Frequency,
    Rule,
    Weekday,
    parse_rule,
    wrong_start,
)

_UNITS = [
    (Frequency.DAILY.value, gettext_lazy("days")),
    (Frequency.WEEKLY.value, gettext_lazy("weeks")),
    (Frequency.MONTHLY.value, gettext_lazy("months")),
    (Frequency.YEARLY.value, gettext_lazy("years")),
]
_BY_MONTH = {Frequency.MONTHLY, Frequency.YEARLY}
_NTH = [
    ("1", pgettext_lazy("weekday", "first")),
    ("2", pgettext_lazy("weekday", "second")),
    ("3", pgettext_lazy("weekday", "third")),
    ("4", pgettext_lazy("weekday", "fourth")),
    ("-1", pgettext_lazy("weekday", "last")),
]
_WORKING_DAY = "working"


class RuleFields(forms.Form):
    """``rule`` is an RRULE of RFC 5545; when it is written, what the other fields say of the days
    is not read.
    """

    interval = forms.IntegerField(
        label=gettext_lazy("Every"), min_value=1, max_value=MOST_INTERVAL, initial=1
    )
    frequency = forms.ChoiceField(
        label=gettext_lazy("Unit"), choices=_UNITS, initial=Frequency.WEEKLY.value
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("On these days"),
        coerce=int,
        choices=[(number, WEEKDAYS[number]) for number in range(7)],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    month_by = forms.ChoiceField(
        label=gettext_lazy("Within the month"),
        choices=[
            ("day", gettext_lazy("On a day of the month")),
            ("nth", gettext_lazy("On a weekday, such as the first Monday")),
        ],
        initial="day",
    )
    month_day = forms.TypedChoiceField(
        label=gettext_lazy("Day"),
        coerce=int,
        choices=[*((day, str(day)) for day in range(1, 32)), (-1, gettext_lazy("the last day"))],
        required=False,
        empty_value=None,
        help_text=gettext_lazy("A month without this day is left out."),
    )
    nth = forms.ChoiceField(label=gettext_lazy("Which one"), choices=_NTH, required=False)
    nth_day = forms.ChoiceField(
        label=gettext_lazy("Weekday"),
        choices=[
            *((str(number), WEEKDAYS[number]) for number in range(7)),
            (_WORKING_DAY, gettext_lazy("day from Monday to Friday")),
        ],
        required=False,
    )
    starts_on = forms.DateField(
        label=gettext_lazy("From"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    at_time = forms.TimeField(
        label=gettext_lazy("Time of day"),
        initial=time(8),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("In the customer's time zone."),
    )
    ends = forms.ChoiceField(
        label=gettext_lazy("Ends"),
        choices=[
            ("never", gettext_lazy("Never")),
            ("until", gettext_lazy("On a day")),
            ("count", gettext_lazy("After a number of times")),
        ],
        initial="never",
    )
    until = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    count = forms.IntegerField(
        label=gettext_lazy("Number of times"), required=False, min_value=1, max_value=MOST_COUNT
    )
    closed_days = forms.ChoiceField(
        label=gettext_lazy("On a day off"),
        choices=ClosedDays.choices,
        initial=ClosedDays.RAISE,
        help_text=gettext_lazy("As the customer's business calendar has it, holidays included."),
    )

    rule = forms.CharField(
        label=gettext_lazy("Rule (RRULE)"),
        required=False,
        max_length=LONGEST_RULE,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "off"}),
        help_text=gettext_lazy(
            "For what the fields above cannot say: a rule of RFC 5545, such as "
            "FREQ=MONTHLY;BYMONTHDAY=1,15. It replaces them."
        ),
    )

    made: Rule | None = None

    def clean_starts_on(self) -> date:
        day: date = self.cleaned_data["starts_on"]
        if words := wrong_start(day):
            raise forms.ValidationError(str(words))
        return day

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors.keys() & RuleFields.base_fields.keys():
            return data
        try:
            self.made = _rule(data)
        except Invalid as error:
            for name, words in error.fields.items():
                self.add_error(name, str(words))
        return data

    @property
    def rule_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in RuleFields.base_fields]

    @staticmethod
    def values_of(rule: Rule, starts_on: date) -> dict[str, Any]:
        """Return the initial values of the fields that make a rule; those of a rule that they
        cannot make hold its text.
        """
        values = _guess(rule, starts_on)
        try:
            is_made = _rule({**values, "rule": "", "starts_on": starts_on}) == rule
        except Invalid:
            is_made = False
        is_made = is_made and _is_offered(values)
        return values if is_made else {**values, "rule": str(rule)}


def _is_offered(values: Mapping[str, Any]) -> bool:
    """Tell whether the browser can show the values: another one would be sent as the first."""
    return str(values["nth"]) in dict(_NTH) and values["month_day"] in {*range(1, 32), -1}


def _rule(data: Mapping[str, Any]) -> Rule:
    """Return the rule that cleaned fields make. Raises ``Invalid``, by field."""
    if data["rule"]:
        return parse_rule(data["rule"])
    frequency = Frequency(data["frequency"])
    rule = Rule(frequency=frequency, interval=data["interval"])
    if frequency is Frequency.WEEKLY:
        days = data["weekdays"] or [data["starts_on"].weekday()]
        rule = replace(rule, weekdays=tuple(Weekday(number) for number in sorted(days)))
    elif frequency in _BY_MONTH:
        rule = _within_month(rule, data)
    if data["ends"] == "until":
        if data["until"] is None:
            raise Invalid("", fields={"until": _("Write the last day.")})
        rule = replace(rule, until=data["until"])
    elif data["ends"] == "count":
        if data["count"] is None:
            raise Invalid("", fields={"count": _("Write how many times.")})
        rule = replace(rule, count=data["count"])
    return rule


def _within_month(rule: Rule, data: Mapping[str, Any]) -> Rule:
    if rule.frequency is Frequency.YEARLY:
        rule = replace(rule, months=(data["starts_on"].month,))
    if data["month_by"] == "day":
        return replace(rule, month_days=(data["month_day"] or data["starts_on"].day,))
    nth = int(data["nth"] or 1)
    if data["nth_day"] == _WORKING_DAY:
        days = tuple(Weekday(number) for number in WORKING_DAYS)
        return replace(rule, weekdays=days, position=nth)
    return replace(rule, weekdays=(Weekday(int(data["nth_day"] or 0), nth),))


def _guess(rule: Rule, starts_on: date) -> dict[str, Any]:
    """Return the values of the fields that come nearest to a rule."""
    first = rule.weekdays[0] if rule.weekdays else Weekday(starts_on.weekday())
    is_working = bool(rule.position)
    return {
        "interval": rule.interval,
        "frequency": str(rule.frequency),
        "weekdays": [each.number for each in rule.weekdays],
        "month_by": "nth" if rule.weekdays else "day",
        "month_day": rule.month_days[0] if rule.month_days else starts_on.day,
        "nth": rule.position or first.nth or 1,
        "nth_day": _WORKING_DAY if is_working else str(first.number),
        "ends": "until" if rule.until else "count" if rule.count else "never",
        "until": rule.until,
        "count": rule.count,
    }


def today_values() -> dict[str, Any]:
    """Return the initial values of a new schedule: from tomorrow, on the weekday that it is."""
    tomorrow = date.fromordinal(timezone.localdate().toordinal() + 1)
    return {
        "starts_on": tomorrow,
        "weekdays": [tomorrow.weekday()],
        "month_day": tomorrow.day,
        "nth_day": str(tomorrow.weekday()),
    }
