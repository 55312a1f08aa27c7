"""What an agent writes on a ticket: replies, statements, notes, and drafts of them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk.tickets.composer import Say, SayForm
from desk.tickets.place import place_of, to_ticket
from desk.tickets.views import refused_form, wrong_form
from desk.tickets.warnings import warn_without_reader
from foundation.accounts.queries import acting_person
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from foundation.core.classification import Channel
from foundation.core.errors import DomainError
from tickets import queries, services
from tickets.models import Ticket
from tickets.notices import has_reader
from tickets.services import StaleTicket, TransitionDetails, TransitionNotAllowed
from web.access import needs
from web.panels import Refused
from web.requests import actor, person, posted_from
from web.timeline import sentence
from web.uploads import checked_files


@posted_from("admin:ticket", "number")
def say(request: HttpRequest, number: str) -> HttpResponse:
    """Send a reply, statement or note; a reply may take a step in the same act (``then``). A
    message that arrived meanwhile causes a warning, never a refusal (DECISIONS 14). A reply goes
    too when its step is not possible any more; the page says so (DECISIONS 31).
    """
    ticket = queries.get_ticket(person(request), number)
    form = SayForm(request.POST, request.FILES, ticket=ticket)
    if not form.is_valid():
        return wrong_form(request, ticket, form, Refused("composer", {"say_form": form}))
    data = form.cleaned_data
    by = actor(request, Channel.DESK)
    at = timezone.now()
    step = form.step()
    # read before the act, which may take this ticket out of its list
    place = place_of(request, ticket) if data["goes_on"] else None
    following = place.following if place is not None else None
    not_taken = ""
    try:
        files = checked_files(request)
        if step is not None:
            details = form.details(step, files)
            version = data["version"]
            not_taken = _reply_and_step(ticket, step.name, details, version, by=by, at=at)
        else:
            _write(ticket, data, files, by, at)
    except DomainError as error:
        return refused_form(request, ticket, form, error, "composer", say_form=form)
    services.drop_draft(ticket=ticket, body=data["body"], by=by)
    _warn_of_newer(request, ticket, data.get("last_message"))
    if data["kind"] == Say.NOTE:
        told = services.told_by_note(ticket, data["body"], by, at)
        words = _("Note saved. %(people)s will be told.") if told else _("Note saved.")
        messages.success(request, words % {"people": ", ".join(map(str, told))})
    elif has_reader(ticket):
        messages.success(request, _("Sent to %(person)s.") % {"person": ticket.requester})
    if not_taken:
        messages.warning(request, not_taken)
    elif step is not None:
        words = _("%(number)s is now “%(state)s”.")
        messages.success(request, words % {"number": ticket.number, "state": ticket.state_label})
    warn_without_reader(request, ticket, data["kind"] != Say.NOTE)
    return to_ticket(request, following or ticket)


def _reply_and_step(
    ticket: Ticket,
    name: str,
    details: TransitionDetails,
    version: int | None,
    *,
    by: Actor,
    at: datetime,
) -> str:
    """Send the reply with its step or, where that is not possible any more, alone; return why."""
    try:
        services.reply_and_step(
            ticket=ticket,
            name=name,
            details=details,
            by=by,
            at=at,
            expected_version=version,
        )
    except StaleTicket as error:
        changed = "; ".join(
            sentence(change, ticket.organization.time_zone) for change in error.changes
        )
        reason = _("Somebody changed the ticket meanwhile (%(changes)s).") % {"changes": changed}
    except TransitionNotAllowed as error:
        reason = str(error.message)
    else:
        return ""
    fresh = queries.get_ticket(acting_person(by), ticket.number)
    services.reply_to_customer(
        ticket=fresh, body=details.message, files=details.files, by=by, at=at
    )
    return _("The reply was sent, without the step: %(reason)s") % {"reason": reason}


def _write(ticket: Ticket, data: dict[str, Any], files: Any, by: Actor, at: datetime) -> None:
    if data["kind"] == Say.STATEMENT:
        services.send_attention_statement(
            ticket=ticket,
            body=data["body"],
            estimated_at=data["estimated_at"],
            files=files,
            by=by,
            at=at,
        )
        return
    verb: Callable[..., Any] = (
        services.add_note if data["kind"] == Say.NOTE else services.reply_to_customer
    )
    verb(ticket=ticket, body=data["body"], files=files, by=by, at=at)


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
    return render(request, "desk/tickets/_people.html", {"people": others})


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
