"""Forms that describe a simulation, and that put its draft in force."""

from typing import Any

from django import forms
from django.utils.functional import Promise, lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from catalog.models import Contract
from foundation.accounts.models import (
    Organization,
)
from foundation.calendars.arithmetic import CalendarError
from foundation.calendars.defaults import CalendarRole
from foundation.calendars.hours import format_hours, parse_hours
from foundation.calendars.wording import days_of_week, words_of
from foundation.core.classification import (
    Impact,
    Priority,
    SupportType,
    Urgency,
)
from sla.metrics import Metric
from sla.policies.durations import format_target, parse_target
from sla.simulation.drafts import Draft
from sla.targets import Target

TARGET_COLUMNS: tuple[tuple[Metric, str, str | Promise], ...] = (
    (Metric.REACTION, "", Metric.REACTION.label),
    *(
        (Metric.ATTENTION, str(kind), format_lazy("{} · {}", Metric.ATTENTION.label, kind.label))
        for kind in SupportType
    ),
    (Metric.RESOLUTION, "", Metric.RESOLUTION.label),
)


AS_IN_FORCE = ("", _("As in force"))


_PRIORITIES = [AS_IN_FORCE, *((priority.code, priority.label) for priority in Priority)]


_YES_NO = [AS_IN_FORCE, ("yes", _("Yes")), ("no", _("No"))]


class TargetField(forms.CharField):
    """A target typed as text, such as ``1 h 30 min`` or ``5 d``; None when empty, which keeps the
    one in force.
    """

    def clean(self, value: Any) -> Target | None:
        text = str(super().clean(value) or "")
        if not text:
            return None
        try:
            return parse_target(text)
        except ValueError as error:
            raise forms.ValidationError(
                _("Write 40 min, 3 h, 1 h 30 min or 5 d, and at least one minute.")
            ) from error


def _example_hours() -> str:
    monday, *_others, friday = days_of_week()[:5]
    return f"{monday}-{friday} 09:00-19:00"


class HoursField(forms.CharField):
    """The hours of a week as text, one line per day or range; None when empty, which keeps those in
    force.
    """

    widget = forms.Textarea(attrs={"rows": 4})

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "placeholder": lazy(_example_hours, str)()}

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value) or "")
        try:
            return parse_hours(text) if text.strip() else None
        except CalendarError as error:
            raise forms.ValidationError(words_of(error)) from error


class SimulationForm(forms.Form):
    """Terms to simulate. An empty field keeps the terms in force for each ticket."""

    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        required=False,
        help_text=_("So that others know what was tried."),
    )
    organizations: Any = forms.ModelMultipleChoiceField(
        None, label=_("Customers"), widget=forms.CheckboxSelectMultiple
    )
    first_month = forms.CharField(
        label=_("From the month"), widget=forms.TextInput(attrs={"type": "month"})
    )
    last_month = forms.CharField(
        label=_("To the month"), widget=forms.TextInput(attrs={"type": "month"})
    )
    pauses_user = forms.ChoiceField(
        label=_("Attention pauses while pending user"), choices=_YES_NO, required=False
    )
    pauses_supplier = forms.ChoiceField(
        label=_("Attention pauses while pending supplier"), choices=_YES_NO, required=False
    )
    pauses_marked = forms.ChoiceField(
        label=_("Attention pauses in marked stays"), choices=_YES_NO, required=False
    )
    hours_business = HoursField(label=_("Business hours"), required=False)
    hours_extended = HoursField(label=_("Extended hours"), required=False)
    without_holidays = forms.BooleanField(label=_("Without holidays"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        organizations: Any = fields["organizations"]
        organizations.queryset = Organization.objects.order_by("name", "pk")
        for metric, support_type, label in TARGET_COLUMNS:
            for priority in Priority:
                field = TargetField(
                    label=format_lazy("{} · {}", label, priority.label),
                    required=False,
                    max_length=20,
                )
                field.widget.attrs |= {"size": 8, "aria-label": field.label}
                fields[_target_name(metric, support_type, priority)] = field
        for urgency in Urgency:
            for impact in Impact:
                words = format_lazy("{} × {}", urgency.label, impact.label)
                cell = forms.ChoiceField(choices=_PRIORITIES, required=False, label=words)
                cell.widget.attrs["aria-label"] = words
                fields[f"cell_{urgency}_{impact}"] = cell

    @property
    def first_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("name", "organizations", "first_month", "last_month")]

    @property
    def other_fields(self) -> list[forms.BoundField]:
        names = (
            "pauses_user",
            "pauses_supplier",
            "pauses_marked",
            "hours_business",
            "hours_extended",
            "without_holidays",
        )
        return [self[name] for name in names]

    @property
    def target_columns(self) -> list[str | Promise]:
        return [label for _metric, _support_type, label in TARGET_COLUMNS]

    @property
    def target_rows(self) -> list[tuple[Priority, list[forms.BoundField]]]:
        return [
            (
                priority,
                [
                    self[_target_name(metric, support_type, priority)]
                    for metric, support_type, _label in TARGET_COLUMNS
                ],
            )
            for priority in Priority
        ]

    @property
    def matrix_rows(self) -> list[tuple[Urgency, list[forms.BoundField]]]:
        return [
            (urgency, [self[f"cell_{urgency}_{impact}"] for impact in Impact])
            for urgency in Urgency
        ]

    @property
    def impacts(self) -> list[Impact]:
        return list(Impact)

    def draft(self) -> Draft:
        """Return the typed terms as a draft."""
        data = self.cleaned_data
        hours = {
            CalendarRole.BUSINESS: data.get("hours_business"),
            CalendarRole.EXTENDED: data.get("hours_extended"),
        }
        return Draft(
            targets=self._targets(),
            pauses_while_pending_user=_flag(data["pauses_user"]),
            pauses_while_pending_supplier=_flag(data["pauses_supplier"]),
            pauses_while_marked=_flag(data["pauses_marked"]),
            matrix=self._matrix() or None,
            hours={role: value for role, value in hours.items() if value},
            without_holidays=data["without_holidays"],
        )

    def _targets(self) -> dict[tuple[Metric, str, Priority], Target]:
        targets = {}
        for metric, support_type, _label in TARGET_COLUMNS:
            for priority in Priority:
                target = self.cleaned_data.get(_target_name(metric, support_type, priority))
                if target is not None:
                    targets[metric, support_type, priority] = target
        return targets

    def _matrix(self) -> dict[tuple[Urgency, Impact], Priority]:
        matrix = {}
        for urgency in Urgency:
            for impact in Impact:
                code = self.cleaned_data.get(f"cell_{urgency}_{impact}")
                if code:
                    matrix[urgency, impact] = Priority[code.upper()]
        return matrix


def initial_of(draft: Draft) -> dict[str, Any]:
    """Return the draft as the form's first values."""
    values: dict[str, Any] = {}
    for metric, support_type, _label in TARGET_COLUMNS:
        for priority in Priority:
            kinds = [support_type] if support_type else SupportType.values
            every = draft.targets.get((metric, "", priority))
            found = {draft.targets.get((metric, kind, priority), every) for kind in kinds}
            # the field covers targets that differ: leave it empty, as in force
            target = found.pop() if len(found) == 1 else None
            values[_target_name(metric, support_type, priority)] = (
                format_target(target) if target is not None else ""
            )
    values |= {
        f"cell_{urgency}_{impact}": priority.code
        for (urgency, impact), priority in (draft.matrix or {}).items()
    }
    values |= {
        f"hours_{role}": format_hours(dict(hours), days_of_week())
        for role, hours in draft.hours.items()
    }
    words = {True: "yes", False: "no", None: ""}
    values["pauses_user"] = words[draft.pauses_while_pending_user]
    values["pauses_supplier"] = words[draft.pauses_while_pending_supplier]
    values["pauses_marked"] = words[draft.pauses_while_marked]
    values["without_holidays"] = draft.without_holidays
    return values


def _target_name(metric: Metric, support_type: str, priority: Priority) -> str:
    return f"target_{metric}_{support_type or 'every'}_{priority.code}"


def _flag(value: str) -> bool | None:
    return {"yes": True, "no": False}.get(value)


class PutInForceForm(forms.Form):
    """The contract that gets the simulated draft as new versions, and the instant from which they
    are in force.
    """

    contract: Any = forms.ModelChoiceField(None, label=_("Contract"))
    effective_from = forms.DateTimeField(
        label=_("In force from"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("In the customer's time zone. Empty: at once."),
    )

    def __init__(self, *args: Any, organization_ids: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        contracts = Contract.objects.filter(organization_id__in=organization_ids).order_by(
            "organization_id", "-starts_on"
        )
        fields["contract"].queryset = contracts
