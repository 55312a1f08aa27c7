"""Raise, follow, answer, validate, cancel, escalate."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audits.queries import audit_of_ticket
from catalog.models import RequestTemplate
from catalog.queries import get_template
from escalation.queries import escalations_of
from escalation.services import request_escalation
from foundation.accounts.models import Membership
from foundation.accounts.queries import memberships_of
from foundation.core.classification import (
    Channel,
    Impact,
    Kind,
    Urgency,
)
from foundation.core.errors import DomainError
from portal.access import customer_required
from portal.forms import AnswerForm, FollowUpForm, ReasonForm, ReplyForm, TicketForm
from sla.clocks.queries import (
    clocks_of,
    get_clock,
    load_clocks,
    most_urgent,
    shown_to,
)
from tickets import queries, services
from tickets.models import Ticket
from tickets.policies import can_reply_as_customer, is_followed_up
from tickets.services import NewTicket, TransitionDetails
from tickets.states import FINAL, State
from web.forms import put_errors
from web.requests import actor, person, posted_from
from web.uploads import checked_files

PAGE_SIZE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@customer_required
def new_ticket(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the form of a template, and raise the ticket; whatever is refused, what was
    typed stays.
    """
    template = get_template(slug)
    memberships = memberships_of(person(request).pk)
    form = TicketForm(
        request.POST or None, request.FILES or None, template=template, memberships=memberships
    )
    if request.method == "POST" and form.is_valid():
        try:
            ticket = _raise(request, form, template, memberships)
        except DomainError as error:
            put_errors(form, error)
        else:
            messages.success(
                request,
                _("%(number)s was raised. We sent you a copy by e-mail.")
                % {"number": ticket.number},
            )
            if ticket.is_out_of_contract:
                messages.warning(
                    request,
                    _(
                        "No contract in force covers this service: a supervisor was told and "
                        "will contact you."
                    ),
                )
            return redirect("portal:ticket", ticket.number)
    return render(
        request,
        "portal/new_ticket.html",
        {"form": form, "template": template},
        status=400 if form.errors else 200,
    )


def _raise(
    request: HttpRequest, form: TicketForm, template: RequestTemplate, memberships: list[Membership]
) -> Ticket:
    data = form.cleaned_data
    files = [
        file
        for name in ("attachments", *(f"field_{row.key}" for row in form.extra))
        for file in checked_files(request, name)
    ]
    wanted = NewTicket(
        membership=next(
            membership
            for membership in memberships
            if membership.organization_id == data["organization"].pk
        ),
        subject=data["subject"],
        description=data["description"],
        kind=Kind(template.kind),
        service=template.service,
        impact=Impact(data["impact"]),
        urgency=Urgency(data["urgency"]),
        template=template,
        answers=form.answers(),
        files=files,
    )
    return services.raise_ticket(
        request=wanted, by=actor(request, Channel.PORTAL), at=timezone.now()
    )


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
    """My tickets: those that wait for me first; then by state, with a search for number and
    subject.
    """
    chosen = request.GET.get("show", "open")
    chosen = chosen if chosen in _FILTERS else "open"
    tickets = _FILTERS[chosen](queries.visible_to(person(request)))
    words = request.GET.get("q", "").strip()
    if words:
        tickets = queries.matching(tickets, words)
    page = Paginator(tickets, PAGE_SIZE).get_page(request.GET.get("page"))
    clocks = clocks_of([ticket.pk for ticket in page])
    now = timezone.now()
    held = queries.time_held_by(page, now)
    rows = [(ticket, most_urgent(clocks[ticket.pk]), held[ticket.pk]) for ticket in page]
    context = {
        "page": page,
        "rows": rows,
        "show": chosen,
        "words": words,
        "now": now,
        "filters": _filter_labels(),
    }
    return render(request, "portal/tickets.html", context)


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
    """Show why a clock is due when it is, on a page that can be printed."""
    ticket = queries.get_ticket(person(request), number)
    item = get_clock(ticket, queries.intervals(ticket.pk), metric, person(request))
    context = {
        "ticket": ticket,
        "item": item,
        "now": timezone.now(),
        "zone": ticket.organization.time_zone,
    }
    return render(request, "portal/explanation.html", context)


def _page(request: HttpRequest, ticket: Ticket, *, status: int = 200, **forms: Any) -> HttpResponse:
    user = person(request)
    now = timezone.now()
    may_act = can_reply_as_customer(user, ticket)
    intervals = queries.intervals(ticket.pk)
    context = {
        "ticket": ticket,
        "now": now,
        "zone": ticket.organization.time_zone,
        "interval": next((interval for interval in intervals if interval.ended_at is None), None),
        "files": queries.attachments_of_description(ticket),
        "conversation": queries.conversation(ticket, with_notes=False),
        "clocks": [item for item in load_clocks(ticket, intervals) if shown_to(user, [item.clock])],
        "explanation_url": "portal:explanation",
        "turns": queries.time_held(intervals, now),
        "for_staff": False,
        "escalations": escalations_of(ticket),
        "steps": {transition.name for transition in _steps(user, ticket, now, may_act)},
        "may_reply": may_act and ticket.state not in FINAL,
        "asks_for_answer": ticket.state == State.PENDING_USER,
        "may_follow_up": may_act and is_followed_up(ticket, now),
        "audit": audit_of_ticket(ticket.pk),
        "followers": queries.followers_of(user, ticket),
        "reply_form": _reply_form(ticket)(),
        "follow_up_form": FollowUpForm(),
        "reason_form": ReasonForm(),
        **forms,
    }
    return render(request, "portal/ticket.html", context, status=status)


def _reply_form(ticket: Ticket) -> type[ReplyForm]:
    return AnswerForm if ticket.state == State.SOLVED else ReplyForm


def _steps(user: Any, ticket: Ticket, now: datetime, may_act: bool) -> list[Any]:
    return services.possible_transitions(ticket=ticket, user=user, at=now) if may_act else []


@posted_from("portal:ticket", "number")
@customer_required
def reply(request: HttpRequest, number: str) -> HttpResponse:
    ticket = queries.get_ticket(person(request), number)
    form = _reply_form(ticket)(request.POST, request.FILES)
    if form.is_valid():
        by = actor(request, Channel.PORTAL)
        at = timezone.now()
        body = form.cleaned_data["body"]
        files = checked_files(request)
        try:
            if form.cleaned_data.get("still_fails") == "yes":
                details = TransitionDetails(reason=body, files=files)
                services.transition_ticket(
                    ticket=ticket, name="decline", details=details, by=by, at=at
                )
            else:
                services.reply_as_customer(ticket=ticket, body=body, files=files, by=by, at=at)
        except DomainError as error:
            messages.error(request, str(error.message))
            put_errors(form, error)
        else:
            messages.success(request, _("Your message was sent."))
            return redirect("portal:ticket", ticket.number)
    # A ticket that ended meanwhile shows the follow-up's form: what was typed for the reply stands
    # in it.
    typed = FollowUpForm(initial={"body": request.POST.get("body", "").replace("\0", "")})
    return _page(
        request,
        queries.get_ticket(person(request), number),
        status=400,
        reply_form=form,
        follow_up_form=typed,
    )


@posted_from("portal:ticket", "number")
@customer_required
def follow_up(request: HttpRequest, number: str) -> HttpResponse:
    """Raise the ticket that goes on with an ended one."""
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
            put_errors(form, error)
        else:
            messages.success(
                request,
                _("%(number)s was raised. We sent you a copy by e-mail.")
                % {"number": follower.number},
            )
            return redirect("portal:ticket", follower.number)
    return _page(request, ticket, status=400, follow_up_form=form)


CUSTOMER_STEPS = frozenset({"approve", "decline", "cancel", "reopen"})


@posted_from("portal:ticket", "number")
@customer_required
def step(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """Approve or decline the solution, cancel, reopen: what the table lets the requester do."""
    ticket = queries.get_ticket(person(request), number)
    reason = request.POST.get("reason", "").replace("\0", "")
    try:
        if name not in CUSTOMER_STEPS:
            raise services.TransitionNotAllowed(ticket, name, [])
        services.transition_ticket(
            ticket=ticket,
            name=name,
            details=TransitionDetails(reason=reason),
            by=actor(request, Channel.PORTAL),
            at=timezone.now(),
        )
    except DomainError as error:
        messages.error(request, str(error.message))
        form = ReasonForm(request.POST)
        put_errors(form, error)
        return _page(
            request,
            queries.get_ticket(person(request), number),
            status=400,
            reason_form=form,
            refused_step=name,
        )
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
    form = ReasonForm(request.POST)
    try:
        escalation = request_escalation(
            ticket=ticket,
            reason=request.POST.get("reason", "").replace("\0", ""),
            user=person(request),
            by=actor(request, Channel.PORTAL),
            at=timezone.now(),
        )
    except DomainError as error:
        messages.error(request, str(error.message))
        return _page(request, ticket, status=400, reason_form=form, refused_step="escalate")
    told = escalation.level.contact_name if escalation.level else _("the supervisors of the desk")
    messages.success(request, _("Escalated: %(who)s was told.") % {"who": told})
    return redirect("portal:ticket", ticket.number)
