"""Tags of a ticket."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from desk.tickets.forms import TagForm
from desk.tickets.place import to_ticket
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
def tag(request: HttpRequest, number: str) -> HttpResponse:
    """Put one or more tags, parted by commas, on the ticket."""
    ticket = queries.get_ticket(person(request), number)
    form = TagForm(request.POST)
    if not form.is_valid():
        return wrong_form(request, ticket, form, Refused("tags", {"tag_form": form}))
    seen = ticket.version
    try:
        services.tag_ticket(
            ticket=ticket,
            names=form.cleaned_data["tags"].split(","),
            by=actor(request, Channel.DESK),
            at=timezone.now(),
        )
    except DomainError as error:
        return refused_form(request, ticket, form, error, "tags", tag_form=form)
    if ticket.version != seen:  # a rule acted because of the tag: the page shows more than tags
        return to_ticket(request, ticket)
    return in_panel(request, ticket, "tags")


@posted_from("admin:ticket", "number")
@needs(Capability.SEE_TICKETS)
def untag(request: HttpRequest, number: str, tag_id: int) -> HttpResponse:
    """Take a tag off the ticket; one that is gone is gone."""
    ticket = queries.get_ticket(person(request), number)
    found = queries.tag_of(ticket, tag_id)
    try:
        if found is not None:
            services.untag_ticket(
                ticket=ticket, tag=found, by=actor(request, Channel.DESK), at=timezone.now()
            )
    except DomainError as error:
        return refused_act(request, ticket, "tags", error)
    return in_panel(request, ticket, "tags")
