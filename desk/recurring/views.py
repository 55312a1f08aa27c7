"""Recurring tickets: their list, one of them with its days, and the form."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from catalog.models import RequestTemplate
from desk.frame import frame
from desk.recurring.forms import RecurrenceForm, values_from, values_of
from desk.recurring.rule_fields import today_values
from desk.tickets.request_fields import chosen_template, typed_values
from foundation.accounts.models import Organization
from foundation.accounts.queries import membership_of
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from foundation.core.classification import Channel
from foundation.core.errors import DomainError
from foundation.core.zones import in_zone
from tickets import queries, services
from tickets.models import Recurrence, RecurrenceDay
from tickets.recurrence import ClosedDays
from tickets.recurrence_words import rule_words
from web.access import needs
from web.errors import put_on_form
from web.keyset import keyset_page
from web.once import acts_once
from web.panels import is_partial
from web.requests import actor, is_id, person, posted_from
from web.tabs import Tab

PER_PAGE = 50
SHOWN_AHEAD = 5  # of the next times
_TABS = ("running", "paused", "over")


class _Time(NamedTuple):
    """An instant at which a ticket is raised, and its local day."""

    day: date
    at: datetime


@dataclass(frozen=True)
class _Row:
    recurrence: Recurrence
    words: str
    last: RecurrenceDay | None


@require_safe
@needs(Capability.WORK_TICKETS)
def recurrences(request: HttpRequest) -> HttpResponse:
    """List the recurring tickets; ``?show`` is one of ``_TABS``, ``?after`` and ``?before`` are the
    marks of pages.
    """
    reader = person(request)
    show = request.GET.get("show", "")
    show = show if show in _TABS else _TABS[0]
    rows = queries.recurrences_for(reader)
    shown = {
        "running": rows.filter(next_at__isnull=False),
        "paused": rows.filter(is_paused=True),
        "over": rows.filter(is_paused=False, next_at=None),
    }
    page = keyset_page(
        shown[show],
        ("next_at", "id") if show == "running" else ("-id",),
        PER_PAGE,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    lasts = queries.last_days(page.rows)
    context = {
        "rows": [
            _Row(each, rule_words(each.parsed_rule), lasts.get(each.pk)) for each in page.rows
        ],
        "page": page,
        "show": show,
        "tabs": _tabs(request, show),
        "supervises": reader.can(Capability.SUPERVISE),
    }
    return render(request, "desk/recurring/list.html", frame(request) | context)


@require_safe
@needs(Capability.WORK_TICKETS)
def recurrence(request: HttpRequest, recurrence_id: int) -> HttpResponse:
    """Show a recurring ticket: what is raised and when, and the days that were dealt with."""
    reader = person(request)
    found = queries.get_recurrence(reader, recurrence_id)
    page = keyset_page(
        queries.days_of(found),
        ("-due_at", "-id"),
        PER_PAGE,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {
        "recurrence": found,
        "zone": found.organization.time_zone,
        "words": rule_words(found.parsed_rule),
        "times": _times(
            queries.next_instants(found, timezone.now(), SHOWN_AHEAD), found.organization.time_zone
        ),
        "page": page,
        "supervises": reader.can(Capability.SUPERVISE),
    }
    return render(request, "desk/recurring/page.html", frame(request) | context)


@require_http_methods(["GET", "HEAD", "POST"])
@acts_once
@needs(Capability.SUPERVISE)
def new(request: HttpRequest) -> HttpResponse:
    """Write a new recurring ticket; ``?from`` is the number of a ticket that it repeats."""
    return _edit(request, None, {**today_values(), **_repeated(request)})


@require_http_methods(["GET", "HEAD", "POST"])
@acts_once
@needs(Capability.SUPERVISE)
def change(request: HttpRequest, recurrence_id: int) -> HttpResponse:
    found = queries.get_recurrence(person(request), recurrence_id)
    return _edit(request, found, values_of(found))


@posted_from("admin:new_recurrence")
@needs(Capability.SUPERVISE)
def renewed_form(request: HttpRequest) -> HttpResponse:
    """Serve the form with the fields of the chosen template, and what was typed; nothing is saved.
    To htmx the fields of the ticket alone; without JavaScript, the page.
    """
    template = chosen_template(request)
    typed = typed_values(request, template) | {"weekdays": request.POST.getlist("weekdays")}
    form = RecurrenceForm(initial=typed, template=template)
    if is_partial(request):
        return render(request, "desk/recurring/_request.html", {"form": form})
    context = {"form": form, "recurrence": _changed(request)}
    return render(request, "desk/recurring/form.html", frame(request) | context)


@posted_from("admin:new_recurrence")
@needs(Capability.SUPERVISE)
def preview(request: HttpRequest) -> HttpResponse:
    """Serve when the form as it is would raise tickets; nothing is saved. To htmx that alone;
    without JavaScript, the page.
    """
    template = chosen_template(request)
    form = RecurrenceForm(request.POST, template=template)
    form.is_valid()
    context: dict[str, Any] = {"form": form, "schedule": _schedule(form, timezone.now())}
    if is_partial(request):
        return render(request, "desk/recurring/_schedule.html", context)
    context |= {"form": _typed(request, template), "recurrence": _changed(request)}
    return render(request, "desk/recurring/form.html", frame(request) | context)


@posted_from("admin:recurrence", "recurrence_id")
@needs(Capability.SUPERVISE)
def pause(request: HttpRequest, recurrence_id: int) -> HttpResponse:
    return _act(request, recurrence_id, services.pause_recurrence, _("No tickets are raised now."))


@posted_from("admin:recurrence", "recurrence_id")
@needs(Capability.SUPERVISE)
def resume(request: HttpRequest, recurrence_id: int) -> HttpResponse:
    done = _("Tickets are raised again from now on.")
    return _act(request, recurrence_id, services.resume_recurrence, done)


@posted_from("admin:recurrence", "recurrence_id")
@needs(Capability.SUPERVISE)
def delete(request: HttpRequest, recurrence_id: int) -> HttpResponse:
    done = _("The recurring ticket was deleted.")
    return _act(request, recurrence_id, services.delete_recurrence, done)


@posted_from("admin:recurrence", "recurrence_id")
@needs(Capability.SUPERVISE)
def raise_now(request: HttpRequest, recurrence_id: int, day_id: int) -> HttpResponse:
    """Raise the ticket of a day on which none was raised."""
    day = queries.get_day(queries.get_recurrence(person(request), recurrence_id), day_id)
    try:
        ticket = services.raise_missed(day=day, by=actor(request, Channel.DESK), at=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("admin:recurrence", recurrence_id)
    messages.success(request, _("%(number)s was registered.") % {"number": ticket.number})
    return redirect("admin:recurrence", recurrence_id)


def _typed(request: HttpRequest, template: RequestTemplate | None) -> RecurrenceForm:
    """Return the form with what was typed, and without errors."""
    typed = typed_values(request, None) | {"weekdays": request.POST.getlist("weekdays")}
    return RecurrenceForm(initial=typed, template=template)


def _changed(request: HttpRequest) -> Recurrence | None:
    """Return the recurring ticket that the posted form changes; None of a new one."""
    pk = request.POST.get("recurrence", "")
    return queries.get_recurrence(person(request), int(pk)) if is_id(pk) else None


def _act(
    request: HttpRequest, recurrence_id: int, service: Callable[..., Any], done: str
) -> HttpResponse:
    found = queries.get_recurrence(person(request), recurrence_id)
    by: Actor = actor(request, Channel.DESK)
    try:
        service(recurrence=found, by=by, at=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    if Recurrence.objects.filter(pk=recurrence_id).exists():
        return redirect("admin:recurrence", recurrence_id)
    return redirect("admin:recurrences")


def _edit(request: HttpRequest, saved: Recurrence | None, values: dict[str, Any]) -> HttpResponse:
    now = timezone.now()
    template = chosen_template(request)
    if request.method != "POST" and saved is not None:
        template = saved.template
    form = RecurrenceForm(request.POST or None, initial=values, template=template)
    if request.method == "POST" and form.is_valid():
        try:
            row = services.save_recurrence(
                plan=form.plan(),
                recurrence=saved,
                expected_version=form.cleaned_data["version"] if saved is not None else None,
                by=actor(request, Channel.DESK),
                at=now,
            )
        except DomainError as error:
            if words := error.fields.pop("requester", None):
                error.fields["membership"] = words  # as the form calls it
            put_on_form(form, error)
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": row})
            return redirect("admin:recurrence", row.pk)
    context = {"form": form, "recurrence": saved, "schedule": _schedule(form, now)}
    status = 400 if form.errors else 200
    return render(request, "desk/recurring/form.html", frame(request) | context, status=status)


@dataclass(frozen=True)
class _Schedule:
    """When the form as it is would raise tickets, in the customer's zone."""

    words: str
    at_time: time
    times: list[_Time]
    zone: str


def _schedule(form: RecurrenceForm, at: datetime) -> _Schedule | None:
    """Return when the form would raise tickets; None while it says too little for that."""
    membership = form.cleaned_data.get("membership") if form.is_bound else None
    if form.made is None or membership is None:
        return None
    organization: Organization = membership.organization
    data = form.cleaned_data
    instants = queries.times_to_come(
        form.made,
        data["starts_on"],
        data["at_time"],
        closed=ClosedDays(data["closed_days"]),
        organization=organization,
        at=at,
        count=SHOWN_AHEAD,
    )
    time_zone = organization.time_zone
    words = rule_words(form.made)
    return _Schedule(words, data["at_time"], _times(instants, time_zone), time_zone)


def _times(instants: Sequence[datetime], time_zone: str) -> list[_Time]:
    return [_Time(in_zone(each, time_zone).date(), each) for each in instants]


def _repeated(request: HttpRequest) -> dict[str, Any]:
    """Return the initial values that the ticket of ``?from`` gives."""
    number = request.GET.get("from", "")
    if not number:
        return {}
    ticket = queries.get_ticket(person(request), number)
    membership = membership_of(ticket.requester_id, ticket.organization_id)
    return values_from(ticket, membership.pk if membership is not None else None)


def _tabs(request: HttpRequest, show: str) -> list[Tab]:
    labels = {"running": _("Running"), "paused": _("Paused"), "over": _("Over")}
    return [Tab(labels[name], f"{request.path}?show={name}", name == show) for name in _TABS]
