"""Who has the ticket open. A warning, never a lock."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from tickets import queries, services
from web.access import needs
from web.requests import actor, person, posted_from


@posted_from("admin:ticket", "number")
@needs(Capability.SEE_TICKETS)
def presence(request: HttpRequest, number: str) -> HttpResponse:
    """Note that the reader has the ticket open, and answer with the colleagues who have too. The
    open page posts this by itself.
    """
    ticket = queries.get_ticket(person(request), number)
    now = timezone.now()
    services.note_visit(
        ticket=ticket,
        is_writing=request.POST.get("writes") == "yes",
        by=actor(request, Channel.DESK),
        at=now,
    )
    visitors = queries.visitors_of(ticket, reader=person(request), at=now)
    return render(request, "desk/tickets/_presence.html", {"visitors": visitors})
