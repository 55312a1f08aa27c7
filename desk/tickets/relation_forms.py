"""Forms of links, merges and followers."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tickets.models import CHOSEN_LINKS

_NUMBER = forms.TextInput(attrs={"list": "related-numbers", "autocomplete": "off"})


class LinkForm(forms.Form):
    """``other`` is the number of a ticket, with its subject behind it as it was offered."""

    kind = forms.ChoiceField(label=_("This ticket is"), choices=CHOSEN_LINKS)
    other = forms.CharField(label=_("Ticket"), max_length=250, widget=_NUMBER)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "link_%s")
        super().__init__(*args, **kwargs)


class MergeForm(forms.Form):
    into = forms.CharField(label=_("Merge into"), max_length=250, widget=_NUMBER)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "merge_%s")
        super().__init__(*args, **kwargs)


class FollowerForm(forms.Form):
    """``follower`` is the address of a person, as it was offered; empty for whoever asks."""

    follower = forms.CharField(
        label=_("Address of a person"),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"list": "followable", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "follow_%s")
        super().__init__(*args, **kwargs)
