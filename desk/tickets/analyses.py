"""Functional analyses on the ticket page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from desk.tickets.analysis_forms import AnalysisForm, RunForm
from desk.tickets.views import in_panel, refused_act, refused_form, wrong_form
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from foundation.core.errors import DomainError
from tickets import queries, services
from tickets.models import Ticket
from web.access import needs
from web.panels import Refused
from web.requests import actor, person, posted_from

PANEL = "analyses"


@posted_from("admin:ticket", "number")
@needs(Capability.SEE_TICKETS)
def write_analysis(request: HttpRequest, number: str) -> HttpResponse:
    ticket = queries.get_ticket(person(request), number)
    form = AnalysisForm(request.POST)
    if not form.is_valid():
        return wrong_form(request, ticket, form, Refused(PANEL, {"analysis_form": form}))
    by = actor(request, Channel.DESK)
    try:
        services.write_analysis(ticket=ticket, analysis=form.analysis(), by=by, at=timezone.now())
    except DomainError as error:
        return refused_form(request, ticket, form, error, PANEL, analysis_form=form)
    return in_panel(request, ticket, PANEL)


@posted_from("admin:ticket", "number")
@needs(Capability.SEE_TICKETS)
def note_run(request: HttpRequest, number: str, analysis_id: int) -> HttpResponse:
    """Note that the change was made."""
    ticket = queries.get_ticket(person(request), number)
    analysis = queries.analysis_of(ticket, analysis_id)
    if analysis is None:
        return _gone(request, ticket)
    form = RunForm(request.POST, auto_id=f"run_{analysis.pk}_%s")
    context = {"run_form": form, "noted": analysis.pk}
    if not form.is_valid():
        return wrong_form(request, ticket, form, Refused(PANEL, context))
    by = actor(request, Channel.DESK)
    rows = form.cleaned_data["rows"]
    try:
        services.note_run(analysis=analysis, rows=rows, by=by, at=timezone.now())
    except DomainError as error:
        if not error.fields:  # it was made or removed meanwhile: there is no form any more
            return refused_act(request, ticket, PANEL, error)
        return refused_form(request, ticket, form, error, PANEL, **context)
    return in_panel(request, ticket, PANEL)


@posted_from("admin:ticket", "number")
@needs(Capability.SEE_TICKETS)
def remove_analysis(request: HttpRequest, number: str, analysis_id: int) -> HttpResponse:
    ticket = queries.get_ticket(person(request), number)
    analysis = queries.analysis_of(ticket, analysis_id)
    if analysis is None:
        return _gone(request, ticket)
    by = actor(request, Channel.DESK)
    try:
        services.remove_analysis(analysis=analysis, by=by, at=timezone.now())
    except DomainError as error:
        return refused_act(request, ticket, PANEL, error)
    return in_panel(request, ticket, PANEL)


def _gone(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    messages.warning(request, _("There is no such analysis any more."))
    return in_panel(request, ticket, PANEL)
