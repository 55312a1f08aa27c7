from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.core.classification import Urgency
from web.forms import FilesField


class SampleForm(forms.Form):
    """A field of each kind that the doors use."""

    subject = forms.CharField(label=_("Subject"), max_length=100)
    description = forms.CharField(
        label=_("Description"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What fails, since when, and what you tried."),
    )
    email = forms.EmailField(label=_("E-mail"), required=False)
    urgency = forms.ChoiceField(label=_("Urgency"), choices=Urgency.choices)
    answer = forms.ChoiceField(
        label=_("Does it still fail?"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        widget=forms.RadioSelect,
    )
    on = forms.DateField(label=_("Date"), widget=forms.DateInput(attrs={"type": "date"}))
    attachments = FilesField()
