"""The form of a session of remote support."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import DESK_ZONE
from foundation.core.zones import zone
from tickets.models import LONGEST_SUMMARY, Activity, Consent
from tickets.services import NewSession, Spent
from web.forms import DeskInstantField, MinutesField, TextField


class SessionForm(forms.Form):
    """``started_at`` is of the desk's time zone; cleaned, it is an instant."""

    tool = forms.CharField(
        label=_("Tool"),
        max_length=60,
        widget=forms.TextInput(attrs={"list": "remote-tools", "autocomplete": "off"}),
    )
    started_at = DeskInstantField(label=_("Began"))
    minutes = MinutesField(
        label=_("Lasted"),
        help_text=_("45 min, 1:30 or 1 h 30 min; a number alone is minutes."),
    )
    consent_by = forms.CharField(label=_("Who consented"), max_length=150)
    consent = forms.ChoiceField(label=_("How they consented"), choices=Consent.choices)
    summary = TextField(
        label=_("What was done"),
        max_length=LONGEST_SUMMARY,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The customer reads it."),
    )
    recording = forms.CharField(
        label=_("Recording"),
        required=False,
        max_length=500,
        help_text=_("An address, or where it is kept."),
    )
    counts_as_work = forms.BooleanField(label=_("Enter it as time worked too"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "session_%s")
        super().__init__(*args, **kwargs)

    def session(self) -> NewSession:
        data = self.cleaned_data
        return NewSession(
            tool=data["tool"],
            started_at=data["started_at"],
            ended_at=data["started_at"] + timedelta(minutes=data["minutes"]),
            consent_by=data["consent_by"],
            consent=data["consent"],
            summary=data["summary"],
            recording=data["recording"],
        )

    def spent(self) -> Spent | None:
        """Return the session as time worked, if it was ticked."""
        data = self.cleaned_data
        if not data["counts_as_work"]:
            return None
        day = data["started_at"].astimezone(zone(DESK_ZONE)).date()
        return Spent(data["minutes"], Activity.REMOTE, day, data["tool"])
