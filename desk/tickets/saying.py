"""What an agent writes on a ticket: replies, statements, notes, and drafts of them."""

from collections import Counter
from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk.tickets.composer import Say, SayForm
from desk.tickets.place import list_of, place_of, to_ticket
from desk.tickets.taking import take_next
from desk.tickets.views import refused_form, wrong_form
from desk.tickets.warnings import warn_of_open_tasks, warn_without_reader
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from foundation.core.errors import DomainError
from tickets import queries, services
from tickets.models import MessageKind, Ticket
from tickets.notices import has_reader
from tickets.services import StaleTicket
from web import once
from web.access import needs
from web.panels import Refused
from web.requests import actor, person, posted_from
from web.timeline import sentence
from web.uploads import checked_files


@posted_from("admin:ticket", "number")
def say(request: HttpRequest, number: str) -> HttpResponse:
    """Send a reply, statement or note; a reply may take a step in the same act (``then``). What the
    customer gets is held for ``MESA_UNDO_SECONDS``, unless a clock is about to be due. A
    message that arrived meanwhile causes a warning, never a refusal (DECISIONS 14). A reply goes
    too when its step is not possible any more; the page says so (DECISIONS 31).
    """
    user = person(request)
    ticket = queries.get_ticket(user, number)
    files = services.unsent_of(user, ticket).files if request.POST.get("again") else ()
    form = SayForm(request.POST, request.FILES, ticket=ticket, files=files)
    if not form.is_valid():
        return wrong_form(request, ticket, form, Refused("composer", {"say_form": form}))
    data = form.cleaned_data
    # read before the act, which may take this ticket out of its list
    place = place_of(request, ticket) if data["goes_on"] else None
    following = place.following if place is not None else None
    takes_next = data["goes_on"] and not list_of(request)
    try:
        saying = form.saying(checked_files(request), request.POST.get(once.FIELD, "")[:32])
        said = services.say(
            ticket=ticket,
            saying=saying,
            by=actor(request, Channel.DESK),
            at=timezone.now(),
            delay=timedelta(seconds=settings.MESA_UNDO_SECONDS),
        )
    except DomainError as error:
        return refused_form(request, ticket, form, error, "composer", say_form=form)
    _warn_of_newer(request, ticket, data.get("last_message"))
    if said.went_before:
        messages.success(request, _("What was about to be sent went before it."))
    if saying.kind == MessageKind.NOTE:
        _tell_of_note(request, ticket, saying.body)
    else:
        tell_of_reply(request, said)
    if said.not_taken is not None:
        words = (
            _("The reply was sent, without the step: %(reason)s")
            if said.held is None
            else _("The reply goes without the step: %(reason)s")
        )
        messages.warning(request, words % {"reason": _reason(said.not_taken, ticket)})
    else:
        tell_of_step(request, saying.step, said)
    warn_without_reader(request, ticket, data["kind"] != Say.NOTE)
    if takes_next:
        following = take_next(request, leaving=ticket.pk)
    return to_ticket(request, following or ticket)


def _tell_of_note(request: HttpRequest, ticket: Ticket, body: str) -> None:
    """Say that a note is saved, and who is told of it."""
    told = services.told_by_note(ticket, body, actor(request, Channel.DESK), timezone.now())
    words = _("Note saved. %(people)s will be told.") if told else _("Note saved.")
    messages.success(request, words % {"people": ", ".join(map(str, told))})


def tell_of_step(request: HttpRequest, name: str, said: services.Said) -> None:
    """Say which state the ticket has after a step, if it was taken with what was said."""
    if not name:
        return
    ticket = said.ticket
    if said.held is None:
        words = _("%(number)s is now “%(state)s”.")
        state = ticket.state_label
        messages.success(request, words % {"number": ticket.number, "state": state})
    warn_of_open_tasks(request, ticket, name)


def tell_of_reply(request: HttpRequest, said: services.Said) -> None:
    """Say what was sent to the customer, or is about to be."""
    ticket = said.ticket
    held = said.held
    if held is not None:
        words = _("Sent to %(person)s in %(seconds)d seconds (%(number)s).")
        values = {
            "person": ticket.requester,
            "seconds": settings.MESA_UNDO_SECONDS,
            "number": ticket.number,
        }
        address = reverse("admin:take_back", args=[ticket.number, held.pk])
        messages.success(request, words % values, extra_tags=address)
        return
    if has_reader(ticket):
        messages.success(request, _("Sent to %(person)s.") % {"person": ticket.requester})


def _reason(error: DomainError, ticket: Ticket) -> str:
    """Return why a step was not taken; of a ticket that was changed, what was."""
    if not isinstance(error, StaleTicket):
        return str(error.message)
    time_zone = ticket.organization.time_zone
    changed = "; ".join(sentence(change, time_zone) for change in error.changes)
    return _("Somebody changed the ticket meanwhile (%(changes)s).") % {"changes": changed}


@posted_from("admin:ticket", "number")
@needs(Capability.SEE_TICKETS)
def take_back(request: HttpRequest, number: str, held_id: int) -> HttpResponse:
    """Take a message back before it is sent: it is in the composer again."""
    ticket = queries.get_ticket(person(request), number)
    try:
        services.take_back(
            ticket=ticket, held_id=held_id, by=actor(request, Channel.DESK), at=timezone.now()
        )
    except DomainError as error:
        messages.error(request, str(error.message))
        return to_ticket(request, ticket)
    messages.success(request, _("Not sent: it is in the composer again."))
    return to_ticket(request, ticket)


def _warn_of_newer(request: HttpRequest, ticket: Ticket, last_seen: int | None) -> None:
    newer = queries.messages_after(ticket, last_seen) if last_seen is not None else []
    others = [message for message in newer if message.author_id != person(request).pk]
    if others:
        messages.warning(
            request,
            _("%(person)s wrote while you were writing: look at the conversation.")
            % {"person": others[-1].author},
        )


@require_safe
@needs(Capability.SEE_TICKETS)
def people(request: HttpRequest, number: str) -> HttpResponse:
    """Serve the people who can be mentioned in a note, which htmx requests for the composer."""
    reader = person(request)
    ticket = queries.get_ticket(reader, number)
    others = [each for each in services.readers_of(ticket, timezone.now()) if each != reader]
    names = Counter(each.full_name for each in others)
    people = [
        (each, each.full_name if names[each.full_name] == 1 else each.email) for each in others
    ]
    return render(request, "desk/tickets/_people.html", {"people": people})


@posted_from("admin:ticket", "number")
@needs(Capability.SEE_TICKETS)
def draft(request: HttpRequest, number: str) -> HttpResponse:
    """Keep what is being typed; the page posts it by itself."""
    ticket = queries.get_ticket(person(request), number)
    now = timezone.now()
    kind = request.POST.get("kind", "")
    try:
        services.save_draft(
            ticket=ticket,
            kind=kind if kind in Say else Say.REPLY,
            body=request.POST.get("body", ""),
            by=actor(request, Channel.DESK),
            at=now,
        )
    except DomainError as error:
        return render(request, "desk/tickets/_draft.html", {"refusal": str(error.message)})
    context = {"is_kept": bool(request.POST.get("body", "").strip()), "now": now}
    return render(request, "desk/tickets/_draft.html", context)
