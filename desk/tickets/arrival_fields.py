"""How a request came in that the staff registers for a customer (SPEC 4.1)."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.core.classification import ASSISTED_CHANNELS, Channel
from foundation.core.zones import local_instant
from tickets.services import Arrival
from web.requests import person

_REGISTRATION = "registration"


class ArrivalFields(forms.Form):
    """``begun`` carries the instant at which the page was opened, signed. The form beside it has
    the field ``membership`` of the requester.
    """

    begun = forms.CharField(widget=forms.HiddenInput, required=False)
    channel = forms.ChoiceField(
        label=gettext_lazy("Channel"),
        choices=[(channel, channel.label) for channel in ASSISTED_CHANNELS],
    )
    contacted_at = forms.DateTimeField(
        label=gettext_lazy("Time of contact"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=gettext_lazy(
            "When they called or wrote, in the customer's time zone. The times of an e-mail run "
            "from its arrival, so that it is needed there; otherwise they run from when you opened "
            "this page."
        ),
    )
    number_given = forms.BooleanField(
        label=gettext_lazy("They are on the line and get the number at once"),
        required=False,
        help_text=gettext_lazy("That is the reaction: its clock stops when you register."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["contacted_at"].is_conditional = True  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        lacks_arrival = not data.get("contacted_at") and "contacted_at" not in self.errors
        if data.get("channel") == Channel.EMAIL and lacks_arrival:
            self.add_error(
                "contacted_at", _("Say when the e-mail arrived: its times run from then.")
            )
        if data.get("contacted_at") and data.get("membership"):
            try:
                data["contacted_at"] = local_instant(
                    data["contacted_at"], data["membership"].organization.time_zone
                )
            except ValidationError as error:
                self.add_error("contacted_at", error)
        return data

    def arrival(self, begun_at: datetime) -> Arrival:
        """Return how the request came in. ``begun_at`` is when the page was opened: a registration
        begins no earlier than the contact.
        """
        data = self.cleaned_data
        contacted_at = data["contacted_at"]
        is_mail = data["channel"] == Channel.EMAIL
        return Arrival(
            at=contacted_at if is_mail else max(begun_at, contacted_at or begun_at),
            contacted_at=contacted_at,
            number_given=data["number_given"],
        )


def begun(request: HttpRequest, now: datetime) -> str:
    """Return the signed instant at which this person opened the registration."""
    return signing.dumps([person(request).pk, now.isoformat()], salt=_REGISTRATION)


def begun_at(request: HttpRequest, token: str, now: datetime) -> datetime:
    """Return the instant that ``begun`` signed for this person; ``now`` for any other text, or for
    one of more than a day ago.
    """
    try:
        owner, instant = signing.loads(token, salt=_REGISTRATION, max_age=timedelta(days=1))
    except signing.BadSignature:
        return now
    return min(datetime.fromisoformat(instant), now) if owner == person(request).pk else now
