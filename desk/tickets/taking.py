"""The next ticket: the most urgent one that the person has or can take, one after another."""

from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.translation import gettext as _

from desk.tickets.place import address_of
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from tickets import queries, services
from tickets.choosing import Bar
from tickets.models import Ticket
from web.access import needs
from web.requests import actor, person, posted_from

SEEN = "next_ticket_seen"  # in the session: the ids of the tickets that were left for a later one
MOST_SEEN = 200


@posted_from("admin:queue")
@needs(Capability.HOLD_TICKETS)
def next_ticket(request: HttpRequest) -> HttpResponse:
    """Open the most urgent ticket that the person has or can take, which is then theirs. The one
    from whose page it is asked comes last.
    """
    found = take_next(request, leaving=_open_ticket(request))
    if found is None:
        return redirect("admin:queue")
    return HttpResponseRedirect(address_of(found, ""))


def take_next(request: HttpRequest, *, leaving: int | None) -> Ticket | None:
    """Return the next ticket of the person, and say how it became theirs, or why there is none. The
    tickets that they left come again when there is no other.
    """
    by = actor(request, Channel.DESK)
    now = timezone.now()
    left = [] if leaving is None else [leaving]
    seen = [*request.session.get(SEEN, ()), *left][-MOST_SEEN:]
    found = services.next_ticket(by=by, at=now, skipping=seen)
    if found.ticket is None and seen != left:
        seen = left
        found = services.next_ticket(by=by, at=now, skipping=seen)
    request.session[SEEN] = seen
    if found.bar is Bar.FULL:
        messages.info(request, _("You are at your limit: only tickets that you have come next."))
    elif found.bar is Bar.AWAY:
        messages.info(request, _("You are noted as away: only tickets that you have come next."))
    if found.ticket is None:
        messages.info(request, _("There is no other ticket for you now."))
    elif found.is_new:
        words = _("%(number)s is now yours: the most urgent one that you can do.")
        messages.success(request, words % {"number": found.ticket.number})
    return found.ticket


def _open_ticket(request: HttpRequest) -> int | None:
    """Return the id of the ticket on whose page the person is; None elsewhere."""
    try:
        match = resolve(urlsplit(request.headers.get("Referer", "")).path)
    except Resolver404:
        return None
    if match.view_name != "admin:ticket":
        return None
    seen = queries.visible_to(person(request))
    return queries.find_by_number(seen, match.kwargs["number"]).values_list("pk", flat=True).first()
