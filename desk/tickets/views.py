"""The agent's ticket page and everything done on it."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk.frame import frame
from desk.tickets.forms import (
    AssignForm,
    DeescalateForm,
)
from desk.tickets.panels import PANELS
from desk.tickets.place import address_of, list_label, list_of, to_ticket
from escalation.queries import get_escalation
from escalation.services import acknowledge_escalation, deescalate_ticket
from foundation.accounts.roles import Capability
from foundation.core.classification import (
    Channel,
)
from foundation.core.errors import DomainError, NotAllowed, NotFound
from sla.clocks.queries import get_clock
from tickets import queries, services
from tickets.models import Ticket
from tickets.services import StaleTicket
from web.access import needs
from web.errors import first_error, page_status, put_on_form
from web.forms import take_version
from web.panels import (
    Loads,
    PanelResponse,
    Refused,
    is_partial,
    later_response,
    load_panels,
    page_response,
    panel_response,
)
from web.requests import actor, person, posted_from
from web.resending import with_typed_text
from web.ticket_page import TicketPage, message_before


@require_safe
def ticket_page(request: HttpRequest, number: str) -> HttpResponse:
    return page_of(request, queries.get_ticket(person(request), number))


@require_safe
def explanation(request: HttpRequest, number: str, metric: str) -> HttpResponse:
    """Show the ledger of a clock on a printable page."""
    ticket = queries.get_ticket(person(request), number)
    item = get_clock(ticket, queries.intervals(ticket.pk), metric, None)
    context = {
        "ticket": ticket,
        "item": item,
        "now": timezone.now(),
        "zone": ticket.organization.time_zone,
    }
    return render(request, "desk/tickets/explanation.html", frame(request) | context)


def page_of(
    request: HttpRequest, ticket: Ticket, refused: Sequence[Refused] = (), reason: str = ""
) -> HttpResponse:
    """Render the ticket page; for htmx, only the panel with the refused form. What was typed is
    shown with the ``reason`` of the refusal when the page has no field for it any more.
    """
    user = person(request)
    now = timezone.now()
    page = TicketPage(ticket, user, now, message_before(request))
    opened = request.GET.get("open", "")
    shown = load_panels(PANELS, user, page, now, refused=refused, opened=opened)
    common = {
        "ticket": ticket,
        "now": now,
        "zone": page.zone,
        "panels_url": reverse("admin:ticket", args=[ticket.number]) + "panels/",
        "list_query": list_of(request),
        "list_label": list_label(list_of(request)),
    }
    found = page_response(
        request, "desk/tickets/page.html", shown, {**frame(request), **common}, refused=refused
    )
    return with_typed_text(request, found, reason) if reason else found


@require_safe
@needs(Capability.SEE_TICKETS)
def panel(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """Serve one panel, which htmx requests when the reader opens it, or all that come after the
    page. Raises ``NotFound`` when the one has nothing to show.
    """
    ticket = queries.get_ticket(person(request), number)
    now = timezone.now()
    page = TicketPage(ticket, person(request), now)
    chosen = [each for each in PANELS if name in {each.name, each.loads}]
    shown = load_panels(chosen, person(request), page, now, opened=name)
    common = {"ticket": ticket, "now": now, "zone": page.zone}
    if name == Loads.AFTER_PAGE:
        return later_response(request, shown, common)
    answer = panel_response(request, shown, name, common)
    if answer is None:
        raise NotFound(_("There is nothing to show here."))
    return answer


def wrong_form(
    request: HttpRequest, ticket: Ticket, form: forms.Form, refused: Refused
) -> HttpResponse:
    """Render the panel again with a form that has errors."""
    return page_of(request, ticket, [refused], first_error(form))


def refused_form(
    request: HttpRequest,
    ticket: Ticket,
    form: forms.Form,
    error: DomainError,
    panel: str,
    **context: Any,
) -> HttpResponse:
    """Render the panel again with the refused form: 409 with the changes for ``StaleTicket``,
    otherwise the status of the error.
    """
    put_on_form(form, error)
    fresh = queries.get_ticket(person(request), ticket.number)
    if isinstance(error, StaleTicket):
        context["changes"] = error.changes
        take_version(form, fresh.version)
    again = [Refused(panel, context, page_status(error))]
    return page_of(request, fresh, again, str(error.message))


def refused_act(
    request: HttpRequest, ticket: Ticket, panel: str, error: DomainError
) -> HttpResponse:
    """Say why an act of one button was refused."""
    messages.error(request, str(error.message))
    return page_of(request, ticket, [Refused(panel, {}, page_status(error))])


def in_panel(request: HttpRequest, ticket: Ticket, panel: str) -> HttpResponse:
    """Answer an act that changes one panel alone: for htmx with that panel."""
    if not is_partial(request):
        return to_ticket(request, ticket)
    answer = page_of(request, ticket, [Refused(panel, {}, 200)])
    if isinstance(answer, PanelResponse):
        answer.done_at = address_of(ticket, list_of(request))
    return answer


@posted_from("admin:ticket", "number")
def assign(request: HttpRequest, number: str) -> HttpResponse:
    ticket = queries.get_ticket(person(request), number)
    at = timezone.now()
    form = AssignForm(request.POST, ticket=ticket, at=at)
    if not form.is_valid():
        return wrong_form(request, ticket, form, Refused("assignment", {"assign_form": form}))
    by = actor(request, Channel.DESK)
    try:
        ticket = services.send_what_is_held(ticket=ticket, by=by, at=at)
        services.assign_ticket(
            ticket=ticket,
            assignee=form.person(),
            by=by,
            at=at,
            expected_version=form.cleaned_data["version"],
        )
    except DomainError as error:
        return refused_form(request, ticket, form, error, "assignment", assign_form=form)
    messages.success(
        request, _("Assignee: %(person)s.") % {"person": ticket.assignee or _("nobody")}
    )
    return to_ticket(request, ticket)


@posted_from("admin:ticket", "number")
def acknowledge(request: HttpRequest, number: str, escalation_id: int) -> HttpResponse:
    ticket = queries.get_ticket(person(request), number)
    escalation = get_escalation(escalation_id, ticket)
    try:
        acknowledge_escalation(
            escalation=escalation, by=actor(request, Channel.DESK), at=timezone.now()
        )
    except NotAllowed as error:
        messages.error(request, str(error.message))
        return page_of(request, ticket, [Refused("escalation", {}, page_status(error))])
    messages.success(request, _("The escalation was acknowledged."))
    return to_ticket(request, ticket)


@posted_from("admin:ticket", "number")
def deescalate(request: HttpRequest, number: str) -> HttpResponse:
    """Take the ticket one level back, for a reason."""
    ticket = queries.get_ticket(person(request), number)
    form = DeescalateForm(request.POST)
    if not form.is_valid():
        return wrong_form(request, ticket, form, Refused("escalation", {"deescalate_form": form}))
    by = actor(request, Channel.DESK)
    try:
        step = deescalate_ticket(
            ticket=ticket, reason=form.cleaned_data["reason"], by=by, at=timezone.now()
        )
    except DomainError as error:
        return refused_form(request, ticket, form, error, "escalation", deescalate_form=form)
    level = step.level.name if step.level else ""
    messages.success(
        request,
        _("The ticket is back on: %(level)s.") % {"level": level}
        if level
        else _("The ticket is no longer escalated."),
    )
    return to_ticket(request, ticket)
