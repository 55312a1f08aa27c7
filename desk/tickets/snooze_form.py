"""The form that snoozes a ticket."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import DESK_ZONE
from foundation.core.zones import in_zone, local_instant
from web.forms import DeskInstantField

MORNING = time(9)
PRESETS = {
    "hours": _("In 3 hours"),
    "tomorrow": _("Tomorrow at 9:00"),
    "monday": _("Monday at 9:00"),
    "week": _("In a week"),
}


class SnoozeForm(forms.Form):
    """Until when, in the desk's time zone: one of ``PRESETS``, or an instant that was typed."""

    preset = forms.ChoiceField(choices=[("", ""), *PRESETS.items()], required=False)
    until = DeskInstantField(label=_("Until"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "snooze_%s")
        super().__init__(*args, **kwargs)

    def clean(self) -> None:
        data = self.cleaned_data
        if data.get("preset"):  # what stands in the field was not meant
            self.errors.pop("until", None)
        if not data.get("preset") and data.get("until") is None and "until" not in self.errors:
            self.add_error("until", _("Choose until when."))

    def instant(self, at: datetime) -> datetime:
        """Return the chosen instant; one of ``PRESETS`` counts from ``at``."""
        preset = self.cleaned_data["preset"]
        if preset == "hours":
            return at + timedelta(hours=3)
        if preset == "week":
            return at + timedelta(weeks=1)
        if not preset:
            chosen: datetime = self.cleaned_data["until"]
            return chosen
        today = in_zone(at, DESK_ZONE).date()
        days = 1 if preset == "tomorrow" else 7 - today.weekday()
        return local_instant(datetime.combine(today + timedelta(days), MORNING), DESK_ZONE)
