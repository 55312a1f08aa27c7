"""How a ticket belongs with others, and who follows it: links, merges, followers."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk.frame import frame
from desk.tickets.place import to_ticket
from desk.tickets.relation_forms import FollowerForm, LinkForm, MergeForm
from desk.tickets.views import page_of, refused_act, refused_form, wrong_form
from foundation.accounts.models import User
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from foundation.core.errors import DomainError
from sla.clocks.queries import clocks_of
from tickets import queries, services
from tickets.models import LinkKind, Ticket
from tickets.states import OPEN_STATES
from web.access import needs
from web.errors import page_status, put_on_form
from web.panels import Refused
from web.requests import actor, person, posted_from


def _other(request: HttpRequest, typed: str, field: str) -> Ticket:
    """Return the ticket whose number was typed; its subject may stand behind it."""
    return queries.get_named_ticket(person(request), typed.strip().partition(" ")[0], field=field)


@posted_from("admin:ticket", "number")
@needs(Capability.SEE_TICKETS)
def link(request: HttpRequest, number: str) -> HttpResponse:
    """Say what this ticket is to another one."""
    ticket = queries.get_ticket(person(request), number)
    form = LinkForm(request.POST)
    if not form.is_valid():
        return wrong_form(request, ticket, form, Refused("relations", {"link_form": form}))
    try:
        services.link_tickets(
            ticket=ticket,
            other=_other(request, form.cleaned_data["other"], "other"),
            kind=LinkKind(form.cleaned_data["kind"]),
            by=actor(request, Channel.DESK),
            at=timezone.now(),
        )
    except DomainError as error:
        return refused_form(request, ticket, form, error, "relations", link_form=form)
    messages.success(request, _("The tickets are linked."))
    return to_ticket(request, ticket)


@posted_from("admin:ticket", "number")
@needs(Capability.SEE_TICKETS)
def unlink(request: HttpRequest, number: str, link_id: int) -> HttpResponse:
    ticket = queries.get_ticket(person(request), number)
    found = queries.link_of(ticket, link_id)
    if found is None:
        messages.warning(request, _("There is no such link any more."))
        return to_ticket(request, ticket)
    try:
        services.unlink_tickets(
            link=found, ticket=ticket, by=actor(request, Channel.DESK), at=timezone.now()
        )
    except DomainError as error:
        return refused_act(request, ticket, "relations", error)
    messages.success(request, _("The link was removed."))
    return to_ticket(request, ticket)


@require_safe
@needs(Capability.SEE_TICKETS)
def merge_preview(request: HttpRequest, number: str) -> HttpResponse:
    """Show what merging this ticket into the one of ``?into=`` would do; nothing is saved."""
    ticket = queries.get_ticket(person(request), number)
    form = MergeForm(request.GET)
    if not form.is_valid():
        return page_of(request, ticket, [Refused("relations", {"merge_form": form})])
    return _merge_page(request, ticket, form)


def _merge_page(
    request: HttpRequest, ticket: Ticket, form: MergeForm, error: DomainError | None = None
) -> HttpResponse:
    """Render the preview of a merge; what cannot be merged is refused on the ticket's page."""
    by = actor(request, Channel.DESK)
    try:
        survivor = _other(request, form.cleaned_data["into"], "into")
        plan = services.plan_merge(ticket=ticket, survivor=survivor, by=by)
    except DomainError as refusal:
        put_on_form(form, refusal)
        refused = Refused("relations", {"merge_form": form}, page_status(refusal))
        return page_of(request, ticket, [refused], str(refusal.message))
    context: dict[str, Any] = {
        **frame(request),
        "ticket": ticket,
        "survivor": survivor,
        "plan": plan,
        "can_swap": survivor.state in OPEN_STATES,
        "clocks": [each for each in clocks_of([ticket.pk])[ticket.pk] if each.is_live],
        "now": timezone.now(),
        "zone": ticket.organization.time_zone,
        "refusal": str(error.message) if error is not None else "",
        "changes": getattr(error, "changes", ()),
    }
    status = page_status(error) if error is not None else 200
    return render(request, "desk/tickets/merge.html", context, status=status)


@posted_from("admin:ticket", "number")
@needs(Capability.SEE_TICKETS)
def merge(request: HttpRequest, number: str) -> HttpResponse:
    """Merge this ticket into another one, as the preview showed it."""
    ticket = queries.get_ticket(person(request), number)
    form = MergeForm(request.POST)
    if not form.is_valid():
        return page_of(request, ticket, [Refused("relations", {"merge_form": form})])
    by = actor(request, Channel.DESK)
    at = timezone.now()
    try:
        survivor = _other(request, form.cleaned_data["into"], "into")
        ticket = services.send_what_is_held(ticket=ticket, by=by, at=at)
        services.merge_tickets(
            ticket=ticket,
            survivor=survivor,
            by=by,
            at=at,
            expected_version=form.cleaned_data["version"],
        )
    except DomainError as error:
        fresh = queries.get_ticket(person(request), number)
        return _merge_page(request, fresh, form, error)
    words = _("%(number)s goes on in %(survivor)s.")
    names = {"number": ticket.number, "survivor": survivor.number}
    undo = reverse("admin:unmerge", args=[ticket.number])
    messages.success(request, words % names, extra_tags=undo)
    return to_ticket(request, survivor)


@posted_from("admin:ticket", "number")
@needs(Capability.SEE_TICKETS)
def unmerge(request: HttpRequest, number: str) -> HttpResponse:
    """Undo the merge of this ticket."""
    ticket = queries.get_ticket(person(request), number)
    try:
        services.unmerge_ticket(ticket=ticket, by=actor(request, Channel.DESK), at=timezone.now())
    except DomainError as error:
        return refused_act(request, ticket, "head", error)
    messages.success(request, _("%(number)s goes on by itself again.") % {"number": ticket.number})
    return to_ticket(request, ticket)


@posted_from("admin:ticket", "number")
@needs(Capability.SEE_TICKETS)
def watch(request: HttpRequest, number: str) -> HttpResponse:
    """Let a person follow the ticket; without one, whoever asks."""
    reader = person(request)
    ticket = queries.get_ticket(reader, number)
    form = FollowerForm(request.POST)
    if not form.is_valid():
        return wrong_form(request, ticket, form, Refused("followers", {"follower_form": form}))
    typed = form.cleaned_data["follower"]
    at = timezone.now()
    try:
        follower = (
            services.get_followable(ticket, typed, at=at, field="follower") if typed else reader
        )
        services.watch_ticket(
            ticket=ticket, person=follower, by=actor(request, Channel.DESK), at=at
        )
    except DomainError as error:
        return refused_form(request, ticket, form, error, "followers", follower_form=form)
    messages.success(request, _follows(follower, reader))
    return to_ticket(request, ticket)


@require_safe
@needs(Capability.SEE_TICKETS)
def people(request: HttpRequest, number: str) -> HttpResponse:
    """Serve the people who may follow the ticket, which htmx requests for the form."""
    ticket = queries.get_ticket(person(request), number)
    context = {"people": services.followable(ticket, timezone.now())}
    return render(request, "desk/tickets/_followable.html", context)


def _follows(follower: User, reader: User) -> str:
    if follower.pk == reader.pk:
        return _("You follow this ticket: you are told what happens on it.")
    return _("%(person)s follows this ticket.") % {"person": follower}


@posted_from("admin:ticket", "number")
@needs(Capability.SEE_TICKETS)
def unwatch(request: HttpRequest, number: str, person_id: int) -> HttpResponse:
    ticket = queries.get_ticket(person(request), number)
    follower = queries.watcher_of(ticket, person_id)
    if follower is None:
        messages.warning(request, _("This person does not follow the ticket."))
        return to_ticket(request, ticket)
    try:
        services.unwatch_ticket(
            ticket=ticket, person=follower, by=actor(request, Channel.DESK), at=timezone.now()
        )
    except DomainError as error:
        return refused_act(request, ticket, "followers", error)
    words = _("%(person)s does not follow this ticket any more.")
    messages.success(request, words % {"person": follower})
    return to_ticket(request, ticket)
