"""What the work on a ticket waits for, while its state stays as it is."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from desk.tickets.mark_form import MarkForm
from desk.tickets.place import to_ticket
from desk.tickets.views import refused_act, refused_form, wrong_form
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from foundation.core.errors import DomainError
from tickets import queries, services
from web.access import needs
from web.panels import Refused
from web.requests import actor, is_id, person, posted_from


@posted_from("admin:ticket", "number")
@needs(Capability.SEE_TICKETS)
def mark(request: HttpRequest, number: str) -> HttpResponse:
    """Say what is awaited; the customer reads it."""
    ticket = queries.get_ticket(person(request), number)
    form = MarkForm(request.POST)
    if not form.is_valid():
        return wrong_form(request, ticket, form, Refused("steps", {"mark_form": form}))
    data: dict[str, Any] = dict(form.cleaned_data)
    version = data.pop("version")
    try:
        services.mark_stay(
            ticket=ticket,
            by=actor(request, Channel.DESK),
            at=timezone.now(),
            expected_version=version,
            **data,
        )
    except DomainError as error:
        return refused_form(request, ticket, form, error, "steps", mark_form=form)
    messages.success(request, _("Noted, and the customer is told."))
    return to_ticket(request, ticket)


@posted_from("admin:ticket", "number")
@needs(Capability.SEE_TICKETS)
def go_on(request: HttpRequest, number: str) -> HttpResponse:
    """Take the mark off: what was awaited is there."""
    ticket = queries.get_ticket(person(request), number)
    version = request.POST.get("version", "")
    try:
        services.go_on(
            ticket=ticket,
            by=actor(request, Channel.DESK),
            at=timezone.now(),
            expected_version=int(version) if is_id(version) else None,
        )
    except DomainError as error:
        return refused_act(request, queries.get_ticket(person(request), number), "steps", error)
    return to_ticket(request, ticket)
