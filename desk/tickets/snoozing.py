"""Tickets that who has them snoozes."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from desk.tickets.place import to_ticket
from desk.tickets.snooze_form import SnoozeForm
from desk.tickets.views import refused_act, refused_form, wrong_form
from foundation.accounts.models import DESK_ZONE
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from foundation.core.errors import DomainError, NotAllowed
from foundation.core.templatetags.words import instant
from tickets import queries, services
from web.access import needs
from web.panels import Refused
from web.requests import actor, person, posted_from


@posted_from("admin:ticket", "number")
@needs(Capability.HOLD_TICKETS)
def snooze(request: HttpRequest, number: str) -> HttpResponse:
    """Snooze the ticket until an instant."""
    ticket = queries.get_ticket(person(request), number)
    form = SnoozeForm(request.POST)
    if not form.is_valid():
        return wrong_form(request, ticket, form, Refused("steps", {"snooze_form": form}))
    at = timezone.now()
    by = actor(request, Channel.DESK)
    try:
        ticket = services.send_what_is_held(ticket=ticket, by=by, at=at)
        done = services.snooze_ticket(ticket=ticket, until=form.instant(at), by=by, at=at)
    except NotAllowed as error:
        return refused_act(request, ticket, "steps", error)
    except DomainError as error:
        return refused_form(request, ticket, form, error, "steps", snooze_form=form)
    words = _("Snoozed until %(until)s; it comes back before that if the customer writes.")
    messages.success(request, words % {"until": instant(done.until, DESK_ZONE)})
    return to_ticket(request, ticket)


@posted_from("admin:ticket", "number")
@needs(Capability.HOLD_TICKETS)
def wake(request: HttpRequest, number: str) -> HttpResponse:
    """Bring the ticket back among those of who has it."""
    ticket = queries.get_ticket(person(request), number)
    try:
        services.wake_ticket(ticket=ticket, by=actor(request, Channel.DESK), at=timezone.now())
    except DomainError as error:
        return refused_act(request, ticket, "steps", error)
    words = _("It is among your tickets again.")
    if ticket.assignee_id != person(request).pk:
        words = _("It is among the tickets of %(person)s again.") % {"person": ticket.assignee}
    messages.success(request, words)
    return to_ticket(request, ticket)
