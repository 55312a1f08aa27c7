"""Assisted registration: an agent raises a ticket for somebody who called or wrote (SPEC 4.1)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from desk.frame import frame
from desk.tickets.arrival_fields import ArrivalFields, begun, begun_at
from desk.tickets.request_fields import RequestFields, chosen_template, typed_values
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from foundation.core.errors import DomainError
from foundation.documents.checking import CheckedFile
from tickets import services
from tickets.services import NewTicket
from web.access import needs
from web.errors import put_on_form
from web.forms import FilesField
from web.once import acts_once
from web.panels import is_partial
from web.requests import actor, posted_from
from web.uploads import checked_files


class RegisterForm(ArrivalFields, RequestFields):
    """An agent raises a ticket for a customer who called or wrote."""

    renewed_by = "admin:registration_form"
    renewed = "registration"
    field_order = (
        *("begun", "membership", "channel", "contacted_at", "template", "kind", "service"),
        *("subject", "description", "impact", "urgency", "number_given", "attachments"),
    )

    attachments = FilesField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["attachments"].widget.attrs["hx-preserve"] = True  # files stay chosen

    def new_ticket(self, files: Sequence[CheckedFile], begun_at: datetime) -> NewTicket:
        return self.request(files=files, arrival=self.arrival(begun_at))


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
        initial={"begun": begun(request, now)},
        template=chosen_template(request),
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        files = [file for name in form.names_of_files() for file in checked_files(request, name)]
        try:
            ticket = services.raise_ticket(
                request=form.new_ticket(files, begun_at(request, data["begun"], now)),
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
