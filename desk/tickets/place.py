"""The list of the queue from which a ticket was opened, and the tickets beside it there."""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.views.decorators.http import require_safe

from desk.queue.reading import PageReading
from foundation.accounts.roles import Capability
from tickets import queries
from tickets.models import Ticket
from web.access import needs
from web.keyset import neighbours
from web.panels import InPlaceRedirect
from web.queue.lists import LISTS, ORDERS
from web.queue.reading import kept_query
from web.requests import person


@dataclass(frozen=True)
class Place:
    """Where a ticket stands in its list. ``position`` is None for one that is not in it (any
    more); counts end at ``COUNT_LIMIT``.
    """

    previous: Ticket | None
    following: Ticket | None
    position: int | None
    count: int


def list_of(request: HttpRequest) -> str:
    """Return the address part of the list from which the page was opened (``?from=``); of a form,
    that of its page. "" when it was opened from elsewhere.
    """
    asked = request.GET.get("from")
    if asked is None:
        page = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
        asked = QueryDict(urlsplit(page).query).get("from", "")
    return kept_query(QueryDict(asked))


def list_label(query: str) -> str | Promise:
    """Return the name of a list, for the link that leads back to it."""
    name = QueryDict(query).get("view", "all")
    return LISTS[name].label if name in LISTS else LISTS["all"].label


def address_of(ticket: Ticket, query: str) -> str:
    """Return the address of a ticket's page that keeps its list."""
    address = reverse("admin:ticket", args=[ticket.number])
    return f"{address}?{urlencode({'from': query})}" if query else address


def to_ticket(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """Redirect to the page of a ticket after an act on it."""
    return InPlaceRedirect(address_of(ticket, list_of(request)))


def place_of(request: HttpRequest, ticket: Ticket) -> Place | None:
    """Return where a ticket stands in the list of the request; None when there is no list. Runs
    three queries.
    """
    query = list_of(request)
    if not query:
        return None
    reading = PageReading(request, timezone.now(), QueryDict(query))
    before, after = neighbours(reading.open_tickets, ORDERS[reading.order], ticket)
    lists = {"before": before, "all": reading.open_tickets}
    counts = queries.counts_up_to_limit(lists | {"self": reading.open_tickets.filter(pk=ticket.pk)})
    return Place(
        before.first(),
        after.first(),
        position=counts["before"] + 1 if counts["self"] else None,
        count=counts["all"],
    )


@require_safe
@needs(Capability.SEE_TICKETS)
def beside(request: HttpRequest, number: str) -> HttpResponse:
    """Serve the links to the tickets beside this one in its list, which htmx requests after the
    page.
    """
    place = place_of(request, queries.get_ticket(person(request), number))
    query = list_of(request)
    context = {
        "place": place,
        "previous": address_of(place.previous, query) if place and place.previous else "",
        "following": address_of(place.following, query) if place and place.following else "",
    }
    return render(request, "desk/tickets/_beside.html", context)
