"""Macros: their pages, the list of them on a ticket, and running one."""

from dataclasses import fields
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from desk.frame import frame
from desk.macros.forms import MacroForm
from desk.sharing import SharedPages
from desk.tickets.place import to_ticket
from desk.tickets.saying import tell_of_reply, tell_of_step
from desk.tickets.views import refused_act
from desk.tickets.warnings import warn_without_reader
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from foundation.core.errors import DomainError, NotFound
from tickets import queries, services
from tickets.models import Macro, MessageKind
from tickets.placeholders import placeholders
from tickets.services import MacroActs
from web import once
from web.access import needs
from web.panels import is_partial
from web.requests import actor, is_id, person, posted_from


def _store(**typed: Any) -> Macro:
    """Save what the form gives."""
    acts = MacroActs(**{each.name: typed.pop(each.name) for each in fields(MacroActs)})
    return services.save_macro(acts=acts, **typed)


PAGES = SharedPages(
    name="admin:macros",
    new="admin:new_macro",
    one="admin:macro",
    deletes="admin:delete_macro",
    row="desk/macros/_row.html",
    icon="zap",
    form=MacroForm,
    seen=queries.macros_for,
    store=_store,
    discard=lambda pk, by: services.delete_macro(macro_id=pk, by=by),
    words={
        "title": gettext_lazy("Macros"),
        "new": gettext_lazy("New macro"),
        "lead": gettext_lazy(
            "On a ticket, a macro does several things at once; when one is not possible, none is "
            "done."
        ),
        "none": gettext_lazy("No macros are saved yet."),
        "saved": gettext_lazy("The macro “%(name)s” is saved."),
        "deleted": gettext_lazy("The macro was deleted."),
    },
)


@require_safe
@needs(Capability.WORK_TICKETS)
def macros(request: HttpRequest) -> HttpResponse:
    return PAGES.list(request)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Capability.WORK_TICKETS)
def edit(request: HttpRequest, macro_id: int | None = None) -> HttpResponse:
    return PAGES.edit(request, macro_id, placeholders=placeholders())


@posted_from("admin:macros")
@needs(Capability.WORK_TICKETS)
def delete(request: HttpRequest, macro_id: int) -> HttpResponse:
    return PAGES.remove(request, macro_id)


@require_safe
@needs(Capability.WORK_TICKETS)
def choose(request: HttpRequest, number: str) -> HttpResponse:
    """Serve the macros for a ticket, which htmx requests when the menu is opened; without
    JavaScript, a page with them. ``?version`` is the version of the ticket that its page shows.
    """
    reader = person(request)
    ticket = queries.get_ticket(reader, number)
    possible = services.possible_transitions(ticket=ticket, user=reader, at=timezone.now())
    version = request.GET.get("version", "")
    context = {
        "ticket": ticket,
        "version": version if is_id(version) else ticket.version,
        "rows": [
            (macro, services.why_not(macro, ticket, reader, possible))
            for macro in queries.macros_for(reader)
        ],
    }
    if is_partial(request):
        return render(request, "desk/macros/_choose.html", context)
    return render(request, "desk/macros/choose.html", frame(request) | context)


@posted_from("admin:ticket", "number")
@needs(Capability.WORK_TICKETS)
def run(request: HttpRequest, number: str, macro_id: int) -> HttpResponse:
    """Do what a macro does. Its message is held as one of the composer is."""
    reader = person(request)
    ticket = queries.get_ticket(reader, number)
    version = request.POST.get("version", "")
    try:
        macro = queries.get_macro(reader, macro_id)
        said = services.run_macro(
            ticket=ticket,
            macro=macro,
            by=actor(request, Channel.DESK),
            at=timezone.now(),
            delay=timedelta(seconds=settings.MESA_UNDO_SECONDS),
            expected_version=int(version) if is_id(version) else None,
            form=request.POST.get(once.FIELD, "")[:32],
        )
    except NotFound:
        messages.error(request, _("This macro was deleted."))
        return to_ticket(request, ticket)
    except DomainError as error:
        return refused_act(request, queries.get_ticket(reader, number), "steps", error)
    messages.success(request, _("“%(macro)s” is done.") % {"macro": macro})
    if macro.kind == MessageKind.REPLY:
        tell_of_reply(request, said)
        warn_without_reader(request, ticket, is_for_customer=True)
    tell_of_step(request, macro.step, said)
    return to_ticket(request, ticket)
