"""Assisted registration: an agent raises a ticket for somebody who called or wrote (SPEC 4.1)."""

from collections.abc import Sequence
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

from desk.frame import frame
from desk.tickets.request_fields import RequestFields, chosen_template, typed_values
from foundation.accounts.roles import Capability
from foundation.core.classification import ASSISTED_CHANNELS, Channel
from foundation.core.errors import DomainError
from foundation.core.zones import local_instant
from foundation.documents.checking import CheckedFile
from tickets import services
from tickets.services import Arrival, NewTicket
from web.access import needs
from web.errors import put_on_form
from web.forms import FilesField
from web.once import acts_once
from web.panels import is_partial
from web.requests import actor, person, posted_from
from web.uploads import checked_files

_REGISTRATION = "registration"


class RegisterForm(RequestFields):
    """Assisted registration: an agent raises a ticket for a customer who called or wrote. ``begun``
    carries the instant at which the page was opened, signed.
    """

    renewed_by = "admin:registration_form"
    renewed = "registration"
    field_order = (
        *("begun", "membership", "channel", "contacted_at", "template", "kind", "service"),
        *("subject", "description", "impact", "urgency", "number_given", "attachments"),
    )

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
    attachments = FilesField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["contacted_at"].is_conditional = True
        fields["attachments"].widget.attrs["hx-preserve"] = True  # files stay chosen

    def clean(self) -> dict[str, Any]:
        data = super().clean()
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

    def new_ticket(self, files: Sequence[CheckedFile], begun_at: datetime) -> NewTicket:
        return self.request(files=files, arrival=self.arrival(begun_at))

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
        request.POST or None,
        request.FILES or None,
        initial={"begun": _begun(request, now)},
        template=chosen_template(request),
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        files = [file for name in form.names_of_files() for file in checked_files(request, name)]
        try:
            ticket = services.raise_ticket(
                request=form.new_ticket(files, _begun_at(request, data["begun"], now)),
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


@posted_from("admin:register")
@needs(Capability.WORK_TICKETS)
def registration_form(request: HttpRequest) -> HttpResponse:
    """Serve the form with the fields of the chosen template, and what was typed; nothing is saved.
    To htmx the fields alone; without JavaScript, the page.
    """
    template = chosen_template(request)
    form = RegisterForm(initial=typed_values(request, template), template=template)
    if is_partial(request):
        return render(request, "desk/tickets/_registration.html", {"form": form})
    return render(request, "desk/tickets/register.html", frame(request) | {"form": form})
