"""Forms of the functional analysis of a change of data."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from foundation.core.classification import Environment
from tickets.models import DataChange
from tickets.services import Analysis
from web.forms import TextField

_SHORT = {"rows": 2}
_LONG = {"rows": 4}


class AnalysisForm(forms.Form):
    kind = forms.ChoiceField(label=pgettext_lazy("of data", "Change"), choices=DataChange.choices)
    environment = forms.ChoiceField(label=_("Environment"), choices=Environment.choices)
    tables = forms.CharField(label=_("Tables"), max_length=300)
    finding = TextField(
        label=_("Functional analysis"),
        widget=forms.Textarea(attrs=_LONG),
        help_text=_("What is wrong, and why the application cannot mend it."),
    )
    change = TextField(
        label=_("What changes"),
        widget=forms.Textarea(attrs=_LONG),
        help_text=_("The statement, and which rows it touches."),
    )
    undoing = TextField(label=_("How it is taken back"), widget=forms.Textarea(attrs=_SHORT))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "analysis_%s")
        super().__init__(*args, **kwargs)

    def analysis(self) -> Analysis:
        return Analysis(**self.cleaned_data)


class RunForm(forms.Form):
    """How many rows the change touched."""

    rows = forms.IntegerField(label=_("Rows changed"), min_value=0)
