"""The form for another requester."""

from django import forms
from django.utils.translation import gettext_lazy as _

from desk.tickets.forms import SeenForm


class RequesterForm(SeenForm):
    """``requester`` is the address of a person, as it was offered."""

    word = "requester"
    requester = forms.CharField(
        label=_("Address of the new requester"),
        max_length=254,
        widget=forms.TextInput(attrs={"list": "requesters", "autocomplete": "off"}),
    )
    keeps_following = forms.BooleanField(
        label=_("Who was the requester follows it"), required=False, initial=True
    )

    def values(self) -> str:
        data = self.cleaned_data
        return f"{data['requester'].lower()}-{data['keeps_following']}"
