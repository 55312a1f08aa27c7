"""Forms of an external audit."""

from django import forms
from django.utils.translation import gettext_lazy as _

from audits.models import VisitPlace
from web.forms import TextField


class VisitForm(forms.Form):
    on = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    place = forms.ChoiceField(label=_("Place"), choices=VisitPlace.choices)
    visitors = TextField(
        label=_("Visitors"), widget=forms.Textarea(attrs={"rows": 2}), max_length=2000
    )
