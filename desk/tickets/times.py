"""The time that the desk worked on a ticket."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from desk.tickets.time_form import TimeForm
from desk.tickets.views import in_panel, refused_act, refused_form, wrong_form
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from foundation.core.errors import DomainError
from tickets import queries, services
from web.access import needs
from web.panels import Refused
from web.requests import actor, person, posted_from


@posted_from("admin:ticket", "number")
@needs(Capability.SEE_TICKETS)
def enter_time(request: HttpRequest, number: str) -> HttpResponse:
    ticket = queries.get_ticket(person(request), number)
    form = TimeForm(request.POST)
    if not form.is_valid():
        return wrong_form(request, ticket, form, Refused("times", {"time_form": form}))
    by = actor(request, Channel.DESK)
    try:
        services.enter_time(ticket=ticket, spent=form.spent(), by=by, at=timezone.now())
    except DomainError as error:
        return refused_form(request, ticket, form, error, "times", time_form=form)
    return in_panel(request, ticket, "times")


@posted_from("admin:ticket", "number")
@needs(Capability.SEE_TICKETS)
def remove_time(request: HttpRequest, number: str, entry_id: int) -> HttpResponse:
    ticket = queries.get_ticket(person(request), number)
    entry = queries.time_of(ticket, entry_id)
    if entry is None:
        messages.warning(request, _("There is no such entry any more."))
        return in_panel(request, ticket, "times")
    try:
        services.remove_time(entry=entry, by=actor(request, Channel.DESK), at=timezone.now())
    except DomainError as error:
        return refused_act(request, ticket, "times", error)
    return in_panel(request, ticket, "times")
