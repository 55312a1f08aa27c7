"""The form of a marked stay."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from desk.tickets.forms import VersionedForm
from tickets.stays import StayMark
from web.forms import TextField


class MarkForm(VersionedForm):
    word = "mark"
    mark = forms.ChoiceField(label=_("Waits for"), choices=StayMark.choices)
    reason = TextField(
        label=_("What is awaited"),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The customer reads it."),
    )
    expected_on = forms.DateField(
        label=_("Expected on"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {name: self.fields[name] for name in ("version", *_ORDER)}


_ORDER = ("mark", "reason", "expected_on")
