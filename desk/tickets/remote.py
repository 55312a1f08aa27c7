"""Sessions of remote support on the ticket page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from desk.tickets.remote_form import SessionForm
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
def note_session(request: HttpRequest, number: str) -> HttpResponse:
    ticket = queries.get_ticket(person(request), number)
    form = SessionForm(request.POST)
    if not form.is_valid():
        return wrong_form(request, ticket, form, Refused("sessions", {"session_form": form}))
    by = actor(request, Channel.DESK)
    try:
        services.note_session(
            ticket=ticket,
            session=form.session(),
            spent=form.spent(),
            by=by,
            at=timezone.now(),
        )
    except DomainError as error:
        return refused_form(request, ticket, form, error, "sessions", session_form=form)
    return in_panel(request, ticket, "sessions")


@posted_from("admin:ticket", "number")
@needs(Capability.SEE_TICKETS)
def remove_session(request: HttpRequest, number: str, session_id: int) -> HttpResponse:
    ticket = queries.get_ticket(person(request), number)
    session = queries.session_of(ticket, session_id)
    if session is None:
        messages.warning(request, _("There is no such session any more."))
        return in_panel(request, ticket, "sessions")
    by = actor(request, Channel.DESK)
    try:
        services.remove_session(session=session, by=by, at=timezone.now())
    except DomainError as error:
        return refused_act(request, ticket, "sessions", error)
    return in_panel(request, ticket, "sessions")
