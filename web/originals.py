"""Sensitive data in the texts of tickets: the hint while one types, and the page or part that shows
what is masked.
"""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from foundation.accounts.models import User
from foundation.core.classification import Channel
from foundation.core.sensitive import has_secrets, kinds_in
from tickets import queries, services
from tickets.models import Message, Ticket
from web.panels import is_partial
from web.requests import actor, person

MOST_READ = 100_000  # characters of what is being typed


@require_POST
@login_required
def hint(request: HttpRequest) -> HttpResponse:
    """Say which sensitive data is in the posted texts; the page posts what is being typed, and
    nothing of it is kept.
    """
    sent = [str(text) for name, text in request.POST.items() if name != "csrfmiddlewaretoken"]
    kinds = ",".join(kinds_in("\n".join(sent)[:MOST_READ]))
    return render(
        request, "web/_sensitive.html", {"kinds": kinds, "has_secrets": has_secrets(kinds)}
    )


@require_POST
@login_required
def original_message(request: HttpRequest, message_id: int) -> HttpResponse:
    """Show a message as it was written; who reads it is recorded."""
    message = queries.get_message(person(request), message_id)
    return _shown(request, message.ticket, message)


@require_POST
@login_required
def original_ticket(request: HttpRequest, number: str) -> HttpResponse:
    """Show subject, description and answers as they were written; who reads them is recorded."""
    return _shown(request, queries.get_ticket(person(request), number), None)


def _place(reader: User, ticket: Ticket, message: Message | None) -> Ticket:
    """Return the ticket on which the reader found the text: that of a message or, where they do not
    see it, the one on which it was sent.
    """
    if message is None or message.through_id is None:
        return ticket
    return queries.visible_to(reader).filter(pk__in=(ticket.pk, message.through_id)).latest("pk")


def _shown(request: HttpRequest, ticket: Ticket, message: Message | None) -> HttpResponse:
    channel = Channel.DESK if person(request).is_staff else Channel.PORTAL
    original = services.show_original(
        ticket=ticket, message=message, by=actor(request, channel), at=timezone.now()
    )
    context = {
        "original": original,
        "kinds": message.sensitive if message is not None else ticket.sensitive,
        "subject": original.subject if original.subject != ticket.subject else "",
        "place": _place(person(request), ticket, message),
    }
    template = "components/original.html" if is_partial(request) else "web/original.html"
    response = render(request, template, context)
    response["Cache-Control"] = "private, no-store"
    return response
