"""Whose request a ticket is: a change of the requester, with what it would do."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk.tickets.place import to_ticket
from desk.tickets.requester_form import RequesterForm
from desk.tickets.views import page_of, refused_form, wrong_form
from foundation.accounts.queries import members_with_role
from foundation.accounts.roles import RAISES_TICKETS, Capability
from foundation.core.classification import Channel
from foundation.core.errors import DomainError
from tickets import queries, services
from web.access import needs
from web.panels import Refused
from web.requests import actor, person, posted_from


@posted_from("admin:ticket", "number")
@needs(Capability.WORK_TICKETS)
def change_requester(request: HttpRequest, number: str) -> HttpResponse:
    """Show what another requester changes; make them the requester when the same values are sent
    again.
    """
    ticket = queries.get_ticket(person(request), number)
    form = RequesterForm(request.POST)
    if not form.is_valid():
        return wrong_form(request, ticket, form, Refused("customer", {"requester_form": form}))
    by = actor(request, Channel.DESK)
    at = timezone.now()
    keeps_following = form.cleaned_data["keeps_following"]
    try:
        membership = services.requester_by_email(ticket, form.cleaned_data["requester"])
        if not form.is_seen():
            plan = services.plan_requester(
                ticket=ticket,
                membership=membership,
                keeps_following=keeps_following,
                by=by,
                at=at,
            )
            form.mark_seen()
            shown = {"requester_form": form, "requester_plan": plan}
            return page_of(request, ticket, [Refused("customer", shown, 200)])
        ticket = services.send_what_is_held(ticket=ticket, by=by, at=at)
        services.change_requester(
            ticket=ticket,
            membership=membership,
            keeps_following=keeps_following,
            by=by,
            at=at,
            expected_version=form.cleaned_data["version"],
        )
    except DomainError as error:
        return refused_form(request, ticket, form, error, "customer", requester_form=form)
    words = _("%(person)s is the requester now.")
    messages.success(request, words % {"person": membership.user})
    return to_ticket(request, ticket)


@require_safe
@needs(Capability.WORK_TICKETS)
def requesters(request: HttpRequest, number: str) -> HttpResponse:
    """Serve the people who may be the requester, which htmx requests for the form."""
    ticket = queries.get_ticket(person(request), number)
    people = members_with_role(ticket.organization_id, *RAISES_TICKETS)
    others = [each for each in people if each.pk != ticket.requester_id]
    return render(request, "desk/tickets/_followable.html", {"people": others})
