"""The fields that say why a ticket ends without a solution."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import User
from foundation.core.classification import ASSISTED_CHANNELS
from tickets import queries
from tickets.endings import CAUSE_NEEDS, EndCause
from tickets.models import Ticket

ASSISTED = [(channel, channel.label) for channel in ASSISTED_CHANNELS]


def fields_of(causes: Sequence[EndCause]) -> list[str]:
    """Return the names of the fields that the causes of a step need."""
    needs = (name for cause in causes for name in CAUSE_NEEDS.get(cause, ()))
    return ["cause", *needs] if causes else []


class CauseFields(forms.Form):
    """``duplicate_of`` is the number of a ticket; its subject may stand behind it. What a cause
    does not need is ignored.
    """

    cause = forms.ChoiceField(label=_("Cause"), required=False)
    duplicate_of = forms.CharField(
        label=_("Duplicate of"),
        required=False,
        max_length=250,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("The number of the ticket that is attended. Both are linked."),
    )
    asked_by = forms.TypedChoiceField(
        label=_("Who asked"), required=False, coerce=int, empty_value=None
    )
    asked_channel = forms.ChoiceField(
        label=_("Said through"), required=False, choices=[("", "—"), *ASSISTED]
    )

    def offer_causes(
        self, causes: Sequence[EndCause], people: Sequence[User] = (), *, numbers_at: str = ""
    ) -> None:
        """Offer the causes of a step, and who of the customer may have asked for it. ``numbers_at``
        is the id of the list of numbers to choose from, where the page has one.
        """
        fields: Any = self.fields
        self.askers: dict[int | None, User] = {each.pk: each for each in people}
        fields["cause"].choices = [("", "—"), *((each.value, each.label) for each in causes)]
        fields["asked_by"].choices = [
            ("", "—"),
            *((str(pk), str(each)) for pk, each in self.askers.items()),
        ]
        if numbers_at:
            fields["duplicate_of"].widget.attrs["list"] = numbers_at
        for name in ("duplicate_of", "asked_by", "asked_channel"):
            fields[name].is_conditional = True

    def cause_details(self, reader: User) -> dict[str, Any]:
        """Return the details of a transition that these fields give. Raises ``Invalid`` for the
        number of a ticket that the reader does not see.
        """
        data = self.cleaned_data
        cause = data.get("cause", "")
        needed = CAUSE_NEEDS.get(EndCause(cause), ()) if cause else ()
        found: dict[str, Any] = {"cause": cause}
        if "duplicate_of" in needed:
            found["duplicate_of"] = self._other(data["duplicate_of"], reader)
        if "asked_channel" in needed:
            found["asked_channel"] = data["asked_channel"]
        if "asked_by" in needed:
            found["asked_by"] = self.askers.get(data.get("asked_by"))
        return found

    def _other(self, typed: str, reader: User) -> Ticket | None:
        number = typed.strip().partition(" ")[0]
        return queries.get_named_ticket(reader, number, field="duplicate_of") if number else None
