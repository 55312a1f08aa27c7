"""The form of an entry of time."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tickets.models import LONGEST_NOTE, Activity
from tickets.services import Spent
from web.forms import MinutesField


class TimeForm(forms.Form):
    """Without a day, the work was done today in the desk's time zone."""

    minutes = MinutesField(
        label=_("Time worked"),
        help_text=_("45 min, 1:30 or 1 h 30 min; a number alone is minutes."),
    )
    activity = forms.ChoiceField(label=_("What was done"), choices=Activity.choices)
    worked_on = forms.DateField(
        label=_("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=LONGEST_NOTE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "time_%s")
        super().__init__(*args, **kwargs)

    def spent(self) -> Spent:
        data = self.cleaned_data
        return Spent(data["minutes"], Activity(data["activity"]), data["worked_on"], data["note"])
