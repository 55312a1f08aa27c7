"""The agent's ticket page and everything done on it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audits.queries import audit_of_ticket
from desk.forms import (
    AssignForm,
    ClassifyForm,
    ContractForm,
    DeescalateForm,
    RegisterForm,
    Say,
    SayForm,
    StepForm,
)
from desk.frame import frame
from escalation.queries import escalations_of, get_escalation, rule_logs_of
from escalation.services import acknowledge_escalation, deescalate_ticket, may_acknowledge
from foundation.accounts.models import User
from foundation.accounts.roles import Capability
from foundation.accounts.zones import zone
from foundation.core.classification import (
    Channel,
    Impact,
    Kind,
    Urgency,
)
from foundation.core.errors import DomainError, NotAllowed
from sla.clocks.queries import get_clock, load_clocks
from sla.clocks.services import preview_classification, preview_contract
from tickets import queries, services
from tickets.models import Ticket
from tickets.policies import can_classify, can_work
from tickets.services import NewTicket, StaleTicket
from tickets.states import OPEN_STATES, TRANSITIONS
from web.forms import put_errors
from web.requests import actor, person, posted_from
from web.uploads import checked_files


@require_safe
def ticket_page(request: HttpRequest, number: str) -> HttpResponse:
    return _page(request, queries.get_ticket(person(request), number))


@require_safe
def explanation(request: HttpRequest, number: str, metric: str) -> HttpResponse:
    """Show why a clock is due when it is, on a page that can be printed."""
    ticket = queries.get_ticket(person(request), number)
    item = get_clock(ticket, queries.intervals(ticket.pk), metric)
    context = {
        "ticket": ticket,
        "item": item,
        "now": timezone.now(),
        "zone": ticket.organization.time_zone,
    }
    return render(request, "desk/explanation.html", frame(request) | context)


def _page(
    request: HttpRequest, ticket: Ticket, *, status: int = 200, **replaced: Any
) -> HttpResponse:
    """Render the ticket; ``replaced`` brings back the form that was refused, with what was typed
    and what changed.
    """
    user = person(request)
    now = timezone.now()
    conversation = queries.conversation(ticket, with_notes=True)
    intervals = queries.intervals(ticket.pk)
    works = can_work(user, ticket)
    steps = services.possible_transitions(ticket=ticket, user=user, at=now)
    last = conversation[-1].message.pk if conversation else 0
    steps_up = escalations_of(ticket)
    context = frame(request) | {
        "ticket": ticket,
        "now": now,
        "zone": ticket.organization.time_zone,
        "conversation": conversation,
        "files": queries.attachments_of_description(ticket),
        "intervals": intervals,
        "interval": next((interval for interval in intervals if interval.ended_at is None), None),
        "clocks": load_clocks(ticket, intervals),
        "explanation_url": "admin:explanation",
        "turns": queries.time_held(intervals, now),
        "for_staff": True,
        "escalations": steps_up,
        "may_acknowledge": bool(steps_up)
        and steps_up[-1].acknowledged_at is None
        and may_acknowledge(user, steps_up[-1], now),
        "audit": audit_of_ticket(ticket.pk),
        "rule_logs": rule_logs_of(ticket),
        "followers": queries.followers_of(user, ticket),
        "history": queries.timeline(ticket),
        "works": works,
        "may_classify": can_classify(user, ticket) and ticket.state in OPEN_STATES,
        "say_form": SayForm(initial={"last_message": last}),
        "classify_form": ClassifyForm.of(ticket),
        "contract_form": _contract_form(user, ticket),
        "deescalate_form": DeescalateForm(auto_id="deescalate_%s"),
        "assign_form": AssignForm(
            initial={"assignee": ticket.assignee_id, "version": ticket.version}
        )
        if works
        else None,
        "steps": [
            (
                step,
                StepForm(
                    initial={"version": ticket.version}, needs=step.needs, auto_id=f"{step.name}_%s"
                ),
            )
            for step in steps
        ],
        "page_status": status,
        **replaced,
    }
    if "refused_step" in replaced:
        context["steps"] = [
            (s, replaced["step_form"] if s.name == replaced["refused_step"] else form)
            for s, form in context["steps"]
        ]
    return render(request, "desk/ticket.html", context, status=status)


def _contract_form(user: User, ticket: Ticket) -> ContractForm | None:
    """Return the form for whom may change the contract, where there is another one to choose."""
    if not user.can(Capability.SUPERVISE) or ticket.state not in OPEN_STATES:
        return None
    form = ContractForm(ticket=ticket, initial={"version": ticket.version})
    return form if form.fields["contract"].queryset.exists() else None  # type: ignore[attr-defined]


def _refuse(
    request: HttpRequest, ticket: Ticket, form: forms.Form, error: DomainError, **replaced: Any
) -> HttpResponse:
    """Show the page again with the refused form: 409 with what changed for a stale one, 403 or 400
    otherwise.
    """
    put_errors(form, error)
    status = (
        409 if isinstance(error, StaleTicket) else 403 if isinstance(error, NotAllowed) else 400
    )
    fresh = queries.get_ticket(person(request), ticket.number)
    if isinstance(error, StaleTicket):
        replaced["changes"] = error.changes
        form.data = form.data.copy()  # type: ignore[attr-defined]
        # What was typed stays; sending it again is a choice.
        form.data["version"] = str(fresh.version)  # type: ignore[index]
    return _page(request, fresh, status=status, **replaced)


@posted_from("admin:ticket", "number")
def say(request: HttpRequest, number: str) -> HttpResponse:
    """Send what the composer holds. A reply is never refused for being late: it warns (DECISIONS
    14).
    """
    ticket = queries.get_ticket(person(request), number)
    form = SayForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, ticket, status=400, say_form=form)
    data = form.cleaned_data
    by = actor(request, Channel.DESK)
    at = timezone.now()
    try:
        if data["kind"] == Say.STATEMENT:
            estimated = data["estimated_at"].replace(tzinfo=zone(ticket.organization.time_zone))
            services.send_attention_statement(
                ticket=ticket,
                body=data["body"],
                estimated_at=estimated,
                files=checked_files(request),
                by=by,
                at=at,
            )
        else:
            verb: Callable[..., Any] = (
                services.add_note if data["kind"] == Say.NOTE else services.reply_to_customer
            )
            verb(ticket=ticket, body=data["body"], files=checked_files(request), by=by, at=at)
    except DomainError as error:
        return _refuse(request, ticket, form, error, say_form=form)
    _warn_of_newer(request, ticket, data.get("last_message"))
    messages.success(
        request,
        _("Note saved.")
        if data["kind"] == Say.NOTE
        else _("Sent to %(person)s.") % {"person": ticket.requester},
    )
    return redirect("admin:ticket", ticket.number)


def _warn_of_newer(request: HttpRequest, ticket: Ticket, last_seen: int | None) -> None:
    newer = [
        i.message
        for i in queries.conversation(ticket, with_notes=True)
        if last_seen is not None and i.message.pk > last_seen
    ]
    others = [message for message in newer if message.author_id != person(request).pk]
    if others:
        messages.warning(
            request,
            _("%(person)s wrote while you were writing: look at the conversation.")
            % {"person": others[-1].author},
        )


@posted_from("admin:ticket", "number")
def classify(request: HttpRequest, number: str) -> HttpResponse:
    """Save the classification; one that moves a clock is shown with its consequences first, and
    saved when it comes again.
    """
    ticket = queries.get_ticket(person(request), number)
    form = ClassifyForm(request.POST)
    if not form.is_valid():
        return _page(request, ticket, status=400, classify_form=form)
    classification = form.classification()
    by = actor(request, Channel.DESK)
    at = timezone.now()
    try:
        if not form.is_seen():
            changes = preview_classification(
                ticket=ticket, classification=classification, by=by, at=at
            )
            if changes:
                form.mark_seen()
                return _page(request, ticket, classify_form=form, clock_changes=changes)
        services.classify_ticket(
            ticket=ticket,
            classification=classification,
            reason=form.cleaned_data["reason"],
            by=by,
            at=at,
            expected_version=form.cleaned_data["version"],
        )
    except DomainError as error:
        return _refuse(request, ticket, form, error, classify_form=form)
    messages.success(
        request,
        _("Classified: priority %(priority)s.") % {"priority": ticket.get_priority_display()},
    )
    return redirect("admin:ticket", ticket.number)


@posted_from("admin:ticket", "number")
def change_contract(request: HttpRequest, number: str) -> HttpResponse:
    """Put the ticket under another contract; one that moves a clock is shown with its consequences
    first, as a classification is.
    """
    ticket = queries.get_ticket(person(request), number)
    if not person(request).can(Capability.SUPERVISE):
        raise PermissionDenied
    form = ContractForm(request.POST, ticket=ticket)
    if not form.is_valid():
        return _page(request, ticket, status=400, contract_form=form)
    data = form.cleaned_data
    by = actor(request, Channel.DESK)
    at = timezone.now()
    change = {
        "ticket": ticket,
        "contract": data["contract"],
        "from_start": data["from_start"],
        "by": by,
        "at": at,
    }
    try:
        if not form.is_seen():
            changes = preview_contract(**change)
            if changes:
                form.mark_seen()
                return _page(request, ticket, contract_form=form, contract_changes=changes)
        services.change_contract(**change, reason=data["reason"], expected_version=data["version"])
    except DomainError as error:
        return _refuse(request, ticket, form, error, contract_form=form)
    messages.success(request, _("Contract: %(contract)s.") % {"contract": ticket.contract})
    return redirect("admin:ticket", ticket.number)


@posted_from("admin:ticket", "number")
def assign(request: HttpRequest, number: str) -> HttpResponse:
    ticket = queries.get_ticket(person(request), number)
    form = AssignForm(request.POST)
    if not form.is_valid():
        return _page(request, ticket, status=400, assign_form=form)
    try:
        services.assign_ticket(
            ticket=ticket,
            assignee=form.person(),
            by=actor(request, Channel.DESK),
            at=timezone.now(),
            expected_version=form.cleaned_data["version"],
        )
    except DomainError as error:
        return _refuse(request, ticket, form, error, assign_form=form)
    messages.success(
        request, _("Assignee: %(person)s.") % {"person": ticket.assignee or _("nobody")}
    )
    return redirect("admin:ticket", ticket.number)


@posted_from("admin:ticket", "number")
def step(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """Take a transition of the table."""
    ticket = queries.get_ticket(person(request), number)
    transition = TRANSITIONS.get(name)
    form = StepForm(
        request.POST,
        request.FILES,
        needs=transition.needs if transition else (),
        auto_id=f"{name}_%s",
    )
    if not form.is_valid():
        return _page(request, ticket, status=400, refused_step=name, step_form=form)
    try:
        services.transition_ticket(
            ticket=ticket,
            name=name,
            details=form.details(checked_files(request)),
            by=actor(request, Channel.DESK),
            at=timezone.now(),
            expected_version=form.cleaned_data["version"],
        )
    except DomainError as error:
        if name not in {
            s.name
            for s in services.possible_transitions(
                ticket=ticket, user=person(request), at=timezone.now()
            )
        }:
            messages.error(request, str(error.message))
        return _refuse(request, ticket, form, error, refused_step=name, step_form=form)
    messages.success(
        request,
        _("%(number)s is now “%(state)s”.")
        % {"number": ticket.number, "state": ticket.state_label},
    )
    return redirect("admin:ticket", ticket.number)


@posted_from("admin:ticket", "number")
def acknowledge(request: HttpRequest, number: str, escalation_id: int) -> HttpResponse:
    ticket = queries.get_ticket(person(request), number)
    escalation = get_escalation(int(escalation_id))
    if escalation.ticket_id != ticket.pk:
        raise PermissionDenied
    try:
        acknowledge_escalation(escalation=escalation, user=person(request), at=timezone.now())
    except NotAllowed as error:
        messages.error(request, str(error.message))
        return _page(request, ticket, status=403)
    messages.success(request, _("The escalation was acknowledged."))
    return redirect("admin:ticket", ticket.number)


@posted_from("admin:ticket", "number")
def deescalate(request: HttpRequest, number: str) -> HttpResponse:
    """Take the ticket one level back, for a reason."""
    ticket = queries.get_ticket(person(request), number)
    form = DeescalateForm(request.POST)
    if not form.is_valid():
        return _page(request, ticket, status=400, deescalate_form=form)
    by = actor(request, Channel.DESK)
    user = person(request)
    try:
        step = deescalate_ticket(
            ticket=ticket, reason=form.cleaned_data["reason"], user=user, by=by, at=timezone.now()
        )
    except DomainError as error:
        return _refuse(request, ticket, form, error, deescalate_form=form)
    level = step.level.name if step.level else ""
    messages.success(
        request,
        _("The ticket is back on: %(level)s.") % {"level": level}
        if level
        else _("The ticket is no longer escalated."),
    )
    return redirect("admin:ticket", ticket.number)


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Register a ticket for a customer: the clocks start when the registration is saved."""
    if not person(request).can(Capability.WORK_TICKETS):
        raise PermissionDenied
    form = RegisterForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            ticket = services.raise_ticket(
                request=NewTicket(
                    membership=data["membership"],
                    subject=data["subject"],
                    description=data["description"],
                    kind=Kind(data["kind"]),
                    service=data["service"],
                    impact=Impact(data["impact"]),
                    urgency=Urgency(data["urgency"]),
                    files=checked_files(request),
                ),
                by=actor(request, Channel(data["channel"])),
                at=timezone.now(),
            )
        except DomainError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("%(number)s was registered.") % {"number": ticket.number})
            return redirect("admin:ticket", ticket.number)
    return render(
        request,
        "desk/register.html",
        frame(request) | {"form": form},
        status=400 if form.errors else 200,
    )
