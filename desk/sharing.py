"""The part of a form that says under what name, and for whom, something is saved."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import Team, User
from foundation.accounts.roles import Capability
from tickets.models import Audience


class SharedForm(forms.Form):
    """A person shares with their groups; a supervisor with every group and with everybody."""

    name = forms.CharField(label=_("Name"), max_length=60)
    audience = forms.ChoiceField(label=_("For whom"), choices=Audience.choices)
    team: "forms.ModelChoiceField[Team]" = forms.ModelChoiceField(
        label=_("Group"), queryset=None, required=False
    )

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        teams = Team.objects.order_by("level", "name", "pk")
        if not reader.can(Capability.SUPERVISE):
            teams = teams.filter(members=reader)
            fields["audience"].choices = [
                each for each in Audience.choices if each[0] != Audience.PUBLIC
            ]
        fields["team"].queryset = teams
