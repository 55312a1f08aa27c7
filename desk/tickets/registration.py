"""Assisted registration: an agent raises a ticket for somebody who called or wrote (SPEC 4.1)."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from catalog.models import Service
from catalog.queries import active_services
from desk.frame import frame
from foundation.accounts.models import Membership
from foundation.accounts.roles import Capability
from foundation.core.classification import ASSISTED_CHANNELS, Channel, Impact, Kind, Urgency
from foundation.core.errors import DomainError
from foundation.core.zones import local_instant
from tickets import services
from tickets.services import Arrival, NewTicket
from web.access import needs
from web.errors import put_on_form
from web.forms import FilesField, SubjectField, TicketTextField
from web.once import acts_once
from web.requests import actor, person
from web.uploads import checked_files

_REGISTRATION = "registration"


class RegisterForm(forms.Form):
    """Assisted registration: an agent raises a ticket for a customer who called or wrote. ``begun``
    carries the instant at which the page was opened, signed.
    """

    begun = forms.CharField(widget=forms.HiddenInput, required=False)
    membership: "forms.ModelChoiceField[Membership]" = forms.ModelChoiceField(
        label=gettext_lazy("Requester"), queryset=None
    )
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
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Kind.choices)
    service: "forms.ModelChoiceField[Service]" = forms.ModelChoiceField(
        label=gettext_lazy("Service"), queryset=None
    )
    subject = SubjectField(label=gettext_lazy("Subject"), max_length=200)
    description = TicketTextField(
        label=gettext_lazy("Description"), widget=forms.Textarea(attrs={"rows": 5})
    )
    impact = forms.ChoiceField(
        label=gettext_lazy("Impact"), choices=Impact.choices, initial=Impact.MINOR
    )
    urgency = forms.ChoiceField(
        label=gettext_lazy("Urgency"), choices=Urgency.choices, initial=Urgency.MEDIUM
    )
    number_given = forms.BooleanField(
        label=gettext_lazy("They are on the line and get the number at once"),
        required=False,
        help_text=gettext_lazy("That is the reaction: its clock stops when you register."),
    )
    attachments = FilesField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["contacted_at"].is_conditional = True
        members = Membership.objects.filter(
            is_suspended=False, user__is_active=True
        ).select_related("user", "organization")
        membership = fields["membership"]
        membership.queryset = members.order_by("organization__name", "user__full_name", "pk")
        membership.label_from_instance = lambda m: f"{m.user} · {m.organization}"
        fields["service"].queryset = active_services()

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
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


def _begun(request: HttpRequest, now: datetime) -> str:
    """Return the signed instant at which this person opened the registration."""
    return signing.dumps([person(request).pk, now.isoformat()], salt=_REGISTRATION)


def _begun_at(request: HttpRequest, token: str, now: datetime) -> datetime:
    """Return the instant that ``_begun`` signed for this person; ``now`` for any other text, or for
    one of more than a day ago.
    """
    try:
        owner, instant = signing.loads(token, salt=_REGISTRATION, max_age=timedelta(days=1))
    except signing.BadSignature:
        return now
    return min(datetime.fromisoformat(instant), now) if owner == person(request).pk else now


@require_http_methods(["GET", "HEAD", "POST"])
@acts_once
@needs(Capability.WORK_TICKETS)
def register(request: HttpRequest) -> HttpResponse:
    """Register a ticket for a customer: the clocks start when the page is opened or, for an e-mail,
    at its arrival.
    """
    now = timezone.now()
    form = RegisterForm(
        request.POST or None, request.FILES or None, initial={"begun": _begun(request, now)}
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            ticket = services.raise_ticket(
                request=NewTicket(
                    membership=data["membership"],
                    subject=data["subject"],
                    description=data["description"],
                    kind=Kind(data["kind"]),
                    service=data["service"],
                    impact=Impact(data["impact"]),
                    urgency=Urgency(data["urgency"]),
                    files=checked_files(request),
                    arrival=form.arrival(_begun_at(request, data["begun"], now)),
                ),
                by=actor(request, Channel(data["channel"])),
                at=now,
            )
        except DomainError as error:
            put_on_form(form, error)
        else:
            messages.success(request, _("%(number)s was registered.") % {"number": ticket.number})
            return redirect("admin:ticket", ticket.number)
    return render(
        request,
        "desk/tickets/register.html",
        frame(request) | {"form": form},
        status=400 if form.errors else 200,
    )
