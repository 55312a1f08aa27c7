"""Triage: the classification of a ticket and its contract, with what they would change."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from desk.tickets.forms import ClassifyForm, ContractForm
from desk.tickets.place import to_ticket
from desk.tickets.views import page_of, refused_form, wrong_form
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from foundation.core.classification import Channel
from foundation.core.errors import DomainError
from sla.clocks.services import preview_classification, preview_contract
from tickets import queries, services
from tickets.models import Ticket
from web.access import needs
from web.panels import Refused
from web.requests import actor, person, posted_from


@posted_from("admin:ticket", "number")
def classify(request: HttpRequest, number: str) -> HttpResponse:
    """Save the classification. If it moves a clock, show the consequences first; save when the same
    values are sent again.
    """
    ticket = queries.get_ticket(person(request), number)
    can_restart = person(request).can(Capability.SUPERVISE)
    form = ClassifyForm(request.POST, can_restart=can_restart)
    if not form.is_valid():
        return wrong_form(request, ticket, form, Refused("triage", {"classify_form": form}))
    classification = form.classification()
    by = actor(request, Channel.DESK)
    at = timezone.now()
    try:
        if not form.is_seen():
            shown = _effects(ticket, form, by, at)
            if shown["clock_changes"] or shown["new_terms"]:
                shown |= {"classify_form": form, "classify_shown": True}
                return page_of(request, ticket, [Refused("triage", shown, 200)])
        ticket = services.send_what_is_held(ticket=ticket, by=by, at=at)
        services.classify_ticket(
            ticket=ticket,
            classification=classification,
            reason=form.cleaned_data["reason"],
            from_start=form.is_from_start,
            by=by,
            at=at,
            expected_version=form.cleaned_data["version"],
        )
    except DomainError as error:
        return refused_form(request, ticket, form, error, "triage", classify_form=form)
    messages.success(
        request,
        _("Classified: priority %(priority)s.") % {"priority": ticket.get_priority_display()},
    )
    return to_ticket(request, ticket)


def _effects(ticket: Ticket, form: ClassifyForm, by: Actor, at: datetime) -> dict[str, Any]:
    """Return what the chosen classification would change, and mark it as seen in the form."""
    chosen = form.classification()
    changes = preview_classification(
        ticket=ticket, classification=chosen, from_start=form.is_from_start, by=by, at=at
    )
    terms = services.terms_for(ticket, chosen.service, at, from_start=form.is_from_start)
    form.mark_seen()
    return {
        "clock_changes": changes,
        "new_terms": terms if terms.moves(ticket) else None,
        "new_priority": services.priority_of(ticket, chosen, terms),
    }


@posted_from("admin:ticket", "number")
@needs(Capability.SEE_TICKETS)
def preview(request: HttpRequest, number: str) -> HttpResponse:
    """Show what the chosen classification would change, while it is chosen."""
    ticket = queries.get_ticket(person(request), number)
    form = ClassifyForm(request.POST, can_restart=person(request).can(Capability.SUPERVISE))
    context: dict[str, Any] = {"ticket": ticket, "zone": ticket.organization.time_zone}
    if form.is_valid():
        try:
            context |= _effects(ticket, form, actor(request, Channel.DESK), timezone.now())
        except DomainError as error:
            context["refusal"] = str(error.message)
    context["classify_form"] = form
    return render(request, "desk/tickets/_effects.html", context)


@posted_from("admin:ticket", "number")
@needs(Capability.SUPERVISE)
def change_contract(request: HttpRequest, number: str) -> HttpResponse:
    """Put the ticket under another contract. If that moves a clock, show the consequences first;
    save when the same values are sent again.
    """
    ticket = queries.get_ticket(person(request), number)
    form = ContractForm(request.POST, ticket=ticket)
    if not form.is_valid():
        return wrong_form(request, ticket, form, Refused("contract", {"contract_form": form}))
    data = form.cleaned_data
    by = actor(request, Channel.DESK)
    at = timezone.now()
    change = {
        "ticket": ticket,
        "contract": data["contract"],
        "from_start": data["from_start"],
        "by": by,
        "at": at,
    }
    try:
        if not form.is_seen():
            changes = preview_contract(**change)
            terms = services.terms_under(
                ticket, data["contract"], ticket.received_at if data["from_start"] else at
            )
            if changes or terms.is_out_of_contract:
                form.mark_seen()
                shown = {
                    "contract_form": form,
                    "contract_shown": True,
                    "contract_changes": changes,
                    "contract_terms": terms,
                }
                return page_of(request, ticket, [Refused("contract", shown, 200)])
        change["ticket"] = ticket = services.send_what_is_held(ticket=ticket, by=by, at=at)
        services.change_contract(**change, reason=data["reason"], expected_version=data["version"])
    except DomainError as error:
        return refused_form(request, ticket, form, error, "contract", contract_form=form)
    messages.success(request, _("Contract: %(contract)s.") % {"contract": ticket.contract})
    return to_ticket(request, ticket)
