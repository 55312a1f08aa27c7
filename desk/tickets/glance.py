"""What a row of the queue shows beside the list, without leaving it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from foundation.accounts.roles import Capability
from sla.clocks.queries import clocks_of
from tickets import queries
from web.access import needs
from web.requests import person


@require_safe
@needs(Capability.SEE_TICKETS)
def glance(request: HttpRequest, number: str) -> HttpResponse:
    """Serve the clocks and the last message of a ticket. Nothing is noted: it stays unseen."""
    ticket = queries.get_ticket(person(request), number)
    context = {
        "ticket": ticket,
        "clocks": clocks_of([ticket.pk])[ticket.pk],
        "message": queries.last_message(ticket),
        "now": timezone.now(),
        "zone": ticket.organization.time_zone,
    }
    return render(request, "desk/tickets/_glance.html", context)
