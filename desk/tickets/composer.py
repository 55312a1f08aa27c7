"""The composer: what an agent writes on a ticket, and the step that a reply may take."""

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Any

from django import forms
from django.db.models import TextChoices
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.models import TimeAsked
from foundation.core.zones import in_zone, local_instant
from foundation.documents.checking import CheckedFile
from tickets.models import Activity, HeldFile, MessageKind, Ticket
from tickets.placeholders import left_in
from tickets.services import (
    Copies,
    Saying,
    Spent,
    TransitionDetails,
    Unsent,
    time_asked,
    typed_copies,
)
from tickets.states import SOLVE, WITH_REPLY, SolutionType, State, Transition
from web.forms import FilesField, MinutesField, TicketTextField

THEN_LABELS = {
    State.PENDING_USER: _("and wait for the customer"),
    State.PENDING_SUPPLIER: _("and wait for a supplier"),
    State.SOLVED: _("and solve"),
}


HIGHEST = 2**63 - 1  # number of a database


class Say(TextChoices):
    REPLY = "reply", _("Reply")
    STATEMENT = "statement", _("Attention statement")
    NOTE = "note", _("Internal note")


class SayForm(forms.Form):
    """A reply, an attention statement or an internal note. A reply may take a step in the same act
    (``then``), with one letter; ``version`` and the fields after it are for that.
    """

    kind = forms.ChoiceField(
        choices=Say.choices, initial=Say.REPLY, widget=forms.RadioSelect, label=_("Send as")
    )
    body = TicketTextField(label=_("Message"), widget=forms.Textarea(attrs={"rows": 5}))
    estimated_at = forms.DateTimeField(
        label=_("Expected time of attention"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("For an attention statement, in the customer's time zone."),
    )
    cc = forms.CharField(
        label=_("Cc"),
        required=False,
        max_length=2000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
        help_text=_("E-mail addresses, separated by commas. The customer sees them."),
    )
    bcc = forms.CharField(
        label=_("Bcc"),
        required=False,
        max_length=2000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
        help_text=_("The customer does not see them."),
    )
    attachments = FilesField()
    last_message = forms.IntegerField(
        widget=forms.HiddenInput, required=False, min_value=0, max_value=HIGHEST
    )
    version = forms.IntegerField(
        widget=forms.HiddenInput, required=False, min_value=0, max_value=HIGHEST
    )
    then = forms.ChoiceField(
        label=_("With the reply"),
        required=False,
        choices=[
            ("", _("only send")),
            *((step.name, THEN_LABELS[step.target]) for step in WITH_REPLY),
        ],
        widget=forms.RadioSelect,
    )
    solution_type = forms.ChoiceField(
        label=_("Solution type"),
        required=False,
        choices=SolutionType.choices,
        initial=SolutionType.DEFINITIVE,
    )
    supplier = forms.CharField(label=_("Supplier"), required=False, max_length=120)
    supplier_case = forms.CharField(
        label=_("Supplier's case number"), required=False, max_length=80
    )
    promised_on = forms.DateField(
        label=_("Promised date"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    minutes = MinutesField(
        label=_("Time worked"),
        required=False,
        help_text=_("45 min, 1:30 or 1 h 30 min; a number alone is minutes."),
    )
    activity = forms.ChoiceField(
        label=_("What was done"),
        required=False,
        choices=Activity.choices,
        initial=Activity.ANALYSIS,
    )
    kept = forms.CharField(widget=forms.HiddenInput, required=False, strip=False)
    again = forms.IntegerField(
        widget=forms.HiddenInput, required=False, min_value=0, max_value=HIGHEST
    )
    again_files = forms.TypedMultipleChoiceField(
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=_("Files that go again"),
        error_messages={
            "invalid_choice": _("A file was sent with another message meanwhile. Attach it again.")
        },
    )
    goes_on = forms.BooleanField(label=_("Then the next ticket"), required=False)

    def __init__(
        self, *args: Any, ticket: Ticket, files: Sequence[HeldFile] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.time_zone = ticket.organization.time_zone
        fields: Any = self.fields
        fields["again_files"].choices = [(file.pk, file.name) for file in files]
        for name in (
            "supplier",
            "supplier_case",
            "promised_on",
            "solution_type",
            "minutes",
            "activity",
        ):
            fields[name].is_conditional = True
        self.time_asked = time_asked(ticket)
        # what is typed is kept on the server; of the form, only these fields are sent for it
        fields["body"].widget.attrs |= {
            "hx-post": reverse("admin:draft", args=[ticket.number]),
            "hx-trigger": "input changed delay:1s, change from:input[name=kind]",
            "hx-params": "csrfmiddlewaretoken,kind,body",
            "hx-target": "#draft-state",
            "hx-swap": "innerHTML",
            "hx-sync": "this:replace",
        }

    def clean_body(self) -> str:
        """Refuse a placeholder that got no value."""
        body: str = self.cleaned_data["body"]
        left = left_in(body)
        if left:
            words = _("Write what %(names)s stands for: this ticket has no value for it.")
            raise forms.ValidationError(words % {"names": ", ".join(left)})
        return body

    def clean_estimated_at(self) -> datetime | None:
        """Return the typed local time as an instant."""
        wall: datetime | None = self.cleaned_data["estimated_at"]
        return local_instant(wall, self.time_zone) if wall is not None else None

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self._shows_time(data):  # what was typed there before another kind was chosen
            data["minutes"] = None
            self.errors.pop("minutes", None)
        lacks_time = not data.get("estimated_at") and "estimated_at" not in self.errors
        if data.get("kind") == Say.STATEMENT and lacks_time:
            self.add_error(
                "estimated_at", _("An attention statement says when: choose a date and a time.")
            )
        return data

    def _shows_time(self, data: dict[str, Any]) -> bool:
        """Tell whether the field of the time is shown for this kind of message."""
        if self.time_asked is TimeAsked.WITH_REPLY:
            return data.get("kind") != Say.NOTE
        return self.time_asked is TimeAsked.WITH_SOLUTION and data.get("then") == SOLVE.name

    def step(self) -> Transition | None:
        """Return the step that goes with the reply."""
        if self.cleaned_data["kind"] != Say.REPLY:
            return None
        name = self.cleaned_data["then"]
        return next((step for step in WITH_REPLY if step.name == name), None)

    def saying(self, files: Sequence[CheckedFile], form: str) -> Saying:
        """Return what is to be sent; ``form`` is the token of the opened form."""
        data = self.cleaned_data
        step = self.step()
        needs = step.needs if step is not None else ()
        is_sent = data["kind"] != Say.NOTE
        return Saying(
            kind=MessageKind(data["kind"]),
            body=data["body"],
            estimated_at=data["estimated_at"],
            step=step.name if step is not None else "",
            details=TransitionDetails(
                **{each: data[each] for each in needs if each in data},
                spent=spent_of(data),
                copies=typed_copies(data["cc"], data["bcc"]) if is_sent else Copies(),
            ),
            version=data["version"] if step is not None else None,
            files=files,
            form=form,
            kept=data["kept"],
            again=data["again"],
            again_files=data["again_files"],
        )


def spent_of(data: dict[str, Any]) -> Spent | None:
    """Return the time that a form has in ``minutes`` and ``activity``; None without one."""
    minutes = data.get("minutes")
    if minutes is None:
        return None
    return Spent(minutes, Activity(data.get("activity") or Activity.ANALYSIS))


def given_back(unsent: Unsent, time_zone: str) -> dict[str, Any]:
    """Return what the composer shows of a message that was given back, besides its text."""
    message = unsent.given_back
    if message is None:
        return {}
    needs = {name: value for name, value in message.details.items() if value}
    at = message.estimated_at
    return needs | {
        "then": message.step,
        "estimated_at": in_zone(at, time_zone).replace(tzinfo=None) if at is not None else None,
        "again": message.pk,
        "again_files": [file.pk for file in unsent.files],
    }


def seconds_left(unsent: Unsent, at: datetime) -> int:
    """Return for how many seconds the message on hold can be taken back; 0 without one."""
    message = unsent.held
    if message is None or message.send_at is None:
        return 0
    return max(1, ceil((message.send_at - at).total_seconds()))
