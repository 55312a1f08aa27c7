"""The form of a macro."""

from django import forms
from django.utils.translation import gettext_lazy as _

from desk.sharing import SharedForm
from tickets.models import MACRO_KINDS, MACRO_STEPS, Activity
from tickets.states import SolutionType
from web.forms import MinutesField, TextField


class MacroForm(SharedForm):
    takes = forms.BooleanField(label=_("Assign the ticket to who runs it"), required=False)
    step = forms.ChoiceField(
        label=_("Step"),
        required=False,
        choices=[
            ("", _("none; the state stays")),
            *((step.name, step.label) for step in MACRO_STEPS),
        ],
    )
    solution_type = forms.ChoiceField(
        label=_("Solution type"), required=False, choices=[("", "—"), *SolutionType.choices]
    )
    kind = forms.ChoiceField(
        label=_("Message"),
        required=False,
        choices=[("", _("none")), *((kind.value, kind.label) for kind in MACRO_KINDS)],
        help_text=_("Waiting for the customer and solving go with a reply."),
    )
    body_es = TextField(
        label=_("Text in Spanish"), required=False, widget=forms.Textarea(attrs={"rows": 6})
    )
    body_en = TextField(
        label=_("Text in English"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("For customers who read English; without it they get the Spanish."),
    )
    minutes = MinutesField(
        label=_("Time worked"),
        required=False,
        help_text=_("Goes with the message: 45 min, 1:30 or 1 h 30 min."),
    )
    activity = forms.ChoiceField(
        label=_("What was done"),
        required=False,
        choices=Activity.choices,
        initial=Activity.ANALYSIS,
    )
    tags = forms.CharField(
        label=_("Tags"), required=False, max_length=400, help_text=_("Separated by commas.")
    )
    tasks = TextField(
        label=_("Tasks, one a line"), required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
