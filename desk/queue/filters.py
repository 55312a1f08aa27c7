"""The filters of the queue."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import (
    Organization,
)
from foundation.core.classification import (
    Priority,
)
from tickets.states import ACTIVE, State


class QueueFilterForm(forms.Form):
    q = forms.CharField(label=_("Number or subject"), required=False)
    organization: "forms.ModelChoiceField[Organization]" = forms.ModelChoiceField(
        label=_("Customer"),
        queryset=None,
        required=False,
        to_field_name="slug",
        empty_label=_("All customers"),
    )
    priority = forms.ChoiceField(label=_("Priority"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["organization"].queryset = Organization.objects.order_by("name", "pk")
        fields["priority"].choices = [("", _("Any priority")), *Priority.choices]
        fields["state"].choices = [
            ("", _("Any state")),
            *((s, s.label) for s in State if s in ACTIVE),
        ]
