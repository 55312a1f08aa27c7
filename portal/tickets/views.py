"""A customer's tickets: list, page, explanation, reply, follow-up, steps, escalation."""

from collections.abc import Callable, Sequence

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from escalation.services import request_escalation
from foundation.accounts.roles import Capability
from foundation.core.classification import (
    Channel,
)
from foundation.core.errors import DomainError, Invalid
from foundation.core.zones import instant_words
from portal.access import customer_required
from portal.tickets.forms import (
    FollowUpForm,
    reason_form,
)
from portal.tickets.panels import PANELS, panel_of, reply_form_of
from sla.clocks.queries import (
    clocks_of,
    get_clock,
    most_urgent,
)
from tickets import queries, services
from tickets.letters import language_of
from tickets.models import Ticket
from tickets.services import TransitionDetails
from web.access import needs
from web.errors import first_error, put_fields_on_form
from web.keyset import keyset_page
from web.panels import Refused, load_panels, page_response
from web.requests import actor, person, posted_from, with_query
from web.resending import with_typed_text
from web.tabs import Tab
from web.ticket_page import TicketPage, message_before
from web.uploads import checked_files

PAGE_SIZE = 50
NEWEST = ("-id",)
ORDERS = {"ended": ("-updated_at", "-id")}  # as ``queries.ended`` has them

Filter = Callable[[QuerySet[Ticket]], QuerySet[Ticket]]
_FILTERS: dict[str, Filter] = {
    "waiting": queries.waiting_for_customer,
    "open": queries.active,
    "ended": queries.ended,
    "all": lambda tickets: tickets,
}


@require_safe
@customer_required
def ticket_list(request: HttpRequest) -> HttpResponse:
    """List the tickets that the customer may see, newest first, by ``?show=`` (``open`` by
    default), with a search by number and the words of the texts.
    """
    chosen = request.GET.get("show", "open")
    chosen = chosen if chosen in _FILTERS else "open"
    tickets = _FILTERS[chosen](queries.visible_to(person(request)))
    words = request.GET.get("q", "").strip()
    refusal = ""
    try:
        tickets = queries.matching(tickets, words, reader=person(request))
    except Invalid as error:
        refusal = str(error.message)
        tickets = tickets.none()
    marks = {name: request.GET.get(name, "") for name in ("after", "before")}
    page = keyset_page(tickets, ORDERS.get(chosen, NEWEST), PAGE_SIZE, **marks)
    clocks = clocks_of([ticket.pk for ticket in page.rows])
    now = timezone.now()
    held = queries.time_held_by(page.rows, now)
    hits = queries.hits_of(page.rows, words, reader=person(request)) if words else {}
    rows = [
        (ticket, most_urgent(clocks[ticket.pk]), held[ticket.pk], hits.get(ticket.pk))
        for ticket in page.rows
    ]
    context = {
        "refusal": refusal,
        "page": page,
        "rows": rows,
        "show": chosen,
        "words": words,
        "now": now,
        "tabs": [
            Tab(
                label,
                with_query(request.GET, show=name, after=None, before=None),
                is_current=name == chosen,
            )
            for name, label in _filter_labels()
        ],
    }
    return render(request, "portal/tickets/list.html", context)


def _filter_labels() -> list[tuple[str, str]]:
    return [
        ("waiting", _("Waiting for you")),
        ("open", _("Open")),
        ("ended", _("Ended")),
        ("all", _("All")),
    ]


@require_safe
@customer_required
def ticket_page(request: HttpRequest, number: str) -> HttpResponse:
    ticket = queries.get_ticket(person(request), number)
    return _page(request, ticket)


@require_safe
@customer_required
def explanation(request: HttpRequest, number: str, metric: str) -> HttpResponse:
    """Show the ledger of a clock on a printable page."""
    ticket = queries.get_ticket(person(request), number)
    item = get_clock(ticket, queries.intervals(ticket.pk), metric, person(request))
    context = {
        "ticket": ticket,
        "item": item,
        "now": timezone.now(),
        "zone": ticket.organization.time_zone,
    }
    return render(request, "portal/tickets/explanation.html", context)


def _page(
    request: HttpRequest, ticket: Ticket, refused: Sequence[Refused] = (), reason: str = ""
) -> HttpResponse:
    """Render the ticket page; for htmx, only the panel with the refused form. What was typed is
    shown with the ``reason`` of the refusal when the page has no field for it any more.
    """
    user = person(request)
    now = timezone.now()
    page = TicketPage(ticket, user, now, message_before(request))
    shown = load_panels(PANELS, user, page, now, refused=refused)
    common = {"ticket": ticket, "now": now, "zone": page.zone}
    found = page_response(request, "portal/tickets/page.html", shown, common, refused=refused)
    return with_typed_text(request, found, reason) if reason else found


@posted_from("admin:ticket", "number")
@login_required
@needs(Capability.SEE_TICKETS)
def as_customer(request: HttpRequest, number: str) -> HttpResponse:
    """Show a person of the desk the ticket as its requester sees it, in their language. It is
    recorded, and nothing is sent from the page.
    """
    ticket = queries.get_ticket(person(request), number)
    now = timezone.now()
    requester = services.see_as_customer(ticket=ticket, by=actor(request, Channel.DESK), at=now)
    page = TicketPage(ticket, requester, now)
    context = {
        "ticket": ticket,
        "now": now,
        "zone": page.zone,
        "words": _("This is how %(person)s sees %(number)s. Nothing can be sent from here.")
        % {"person": requester, "number": ticket.number},
        "back": _("Back to the ticket"),
    }
    with translation.override(language_of(requester, ticket)):
        shown = load_panels(PANELS, requester, page, now)
        return page_response(request, "portal/tickets/as_customer.html", shown, context)


@posted_from("portal:ticket", "number")
@customer_required
def reply(request: HttpRequest, number: str) -> HttpResponse:
    ticket = queries.get_ticket(person(request), number)
    form = reply_form_of(person(request), ticket)(request.POST, request.FILES)
    reason = ""
    if form.is_valid():
        by = actor(request, Channel.PORTAL)
        at = timezone.now()
        body = form.cleaned_data["body"]
        try:
            files = checked_files(request)
            if answer := form.cleaned_data.get("still_fails"):
                services.answer_solution(
                    ticket=ticket,
                    body=body,
                    still_fails=answer == "yes",
                    files=files,
                    by=by,
                    at=at,
                )
            else:
                services.reply_as_customer(ticket=ticket, body=body, files=files, by=by, at=at)
        except DomainError as error:
            reason = str(error.message)
            messages.error(request, reason)
            put_fields_on_form(form, error)
        else:
            messages.success(request, _("Your message was sent."))
            return redirect("portal:ticket", ticket.number)
    # If the ticket has ended meanwhile, the page shows the follow-up form: prefill it with the
    # typed reply.
    typed = FollowUpForm(initial={"body": request.POST.get("body", "").replace("\0", "")})
    fresh = queries.get_ticket(person(request), number)
    again = [
        Refused("reply", {"reply_form": form}),
        Refused("follow_up", {"follow_up_form": typed}),
    ]
    return _page(request, fresh, again, reason or first_error(form))


@posted_from("portal:ticket", "number")
@customer_required
def follow_up(request: HttpRequest, number: str) -> HttpResponse:
    """Raise a new ticket that continues an ended one."""
    ticket = queries.get_ticket(person(request), number)
    form = FollowUpForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            follower = services.follow_up_ticket(
                ticket=ticket,
                body=form.cleaned_data["body"],
                files=checked_files(request),
                by=actor(request, Channel.PORTAL),
                at=timezone.now(),
            )
        except DomainError as error:
            messages.error(request, str(error.message))
            put_fields_on_form(form, error)
            again = [Refused("follow_up", {"follow_up_form": form})]
            return _page(request, ticket, again, str(error.message))
        messages.success(
            request,
            _("%(number)s was raised. We sent you a copy by e-mail.") % {"number": follower.number},
        )
        return redirect("portal:ticket", follower.number)
    again = [Refused("follow_up", {"follow_up_form": form})]
    return _page(request, ticket, again, first_error(form))


@posted_from("portal:ticket", "number")
@customer_required
def step(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """Take a transition that the table allows to the requester: approve, decline, cancel,
    reopen.
    """
    ticket = queries.get_ticket(person(request), number)
    reason = request.POST.get("reason", "").replace("\0", "")
    try:
        services.transition_ticket(
            ticket=ticket,
            name=name,
            details=TransitionDetails(reason=reason),
            by=actor(request, Channel.PORTAL),
            at=timezone.now(),
        )
    except DomainError as error:
        messages.error(request, str(error.message))
        form = reason_form(name, request.POST)
        put_fields_on_form(form, error)
        fresh = queries.get_ticket(person(request), number)
        context = {"reason_form": form, "refused_step": name}
        return _page(request, fresh, [Refused(panel_of(name), context)], str(error.message))
    messages.success(
        request,
        _("%(number)s is now “%(state)s”.")
        % {"number": ticket.number, "state": ticket.state_label},
    )
    return redirect("portal:ticket", ticket.number)


@posted_from("portal:ticket", "number")
@customer_required
def escalate(request: HttpRequest, number: str) -> HttpResponse:
    ticket = queries.get_ticket(person(request), number)
    try:
        escalation = request_escalation(
            ticket=ticket,
            reason=request.POST.get("reason", "").replace("\0", ""),
            by=actor(request, Channel.PORTAL),
            at=timezone.now(),
        )
    except DomainError as error:
        messages.error(request, str(error.message))
        form = reason_form("escalate", request.POST)
        put_fields_on_form(form, error)
        context = {"reason_form": form, "refused_step": "escalate"}
        return _page(request, ticket, [Refused("escalation", context)], str(error.message))
    who = ", ".join(escalation.notified) or _("the supervisors of the desk")
    told_at = escalation.notified_at
    if told_at is None or told_at <= escalation.created_at:
        words = _("Escalated: %(who)s was notified.") % {"who": who}
    else:
        when = instant_words(told_at, ticket.organization.time_zone)
        words = _("Escalated: %(who)s will be notified on %(when)s, at the start of their shift.")
        words %= {"who": who, "when": when}
    messages.success(request, words)
    return redirect("portal:ticket", ticket.number)
