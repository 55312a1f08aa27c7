"""The steps of the life cycle on the ticket page: their forms, and what they do."""

from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk.tickets.forms import StepForm
from desk.tickets.place import to_ticket
from desk.tickets.views import page_of, refused_form, wrong_form
from desk.tickets.warnings import warn_of_open_tasks, warn_without_reader
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from foundation.core.errors import DomainError
from tickets import queries, services
from tickets.states import TRANSITIONS
from web.access import needs
from web.errors import page_status
from web.panels import Refused, is_partial
from web.requests import actor, person, posted_from
from web.uploads import checked_files


@require_safe
@needs(Capability.SEE_TICKETS)
def step_form(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """Serve the form of a step, which htmx requests when the step is opened; without JavaScript,
    the page with that step open. A step that is not possible any more says so.
    """
    user = person(request)
    ticket = queries.get_ticket(user, number)
    possible = services.possible_transitions(ticket=ticket, user=user, at=timezone.now())
    step = next((each for each in possible if each.name == name), None)
    if step is None:
        words = _("This step is not possible any more. Read the page again.")
        if is_partial(request):
            return render(request, "desk/tickets/_no_step.html", {"words": words})
        messages.error(request, words)
        return page_of(request, ticket)
    form = StepForm.of(ticket, step)
    if not is_partial(request):
        return page_of(request, ticket, [replace(_refused_step(name, form), status=200)])
    context = {"ticket": ticket, "step": step, "step_form": form}
    return render(request, "desk/tickets/_step_form.html", context)


@posted_from("admin:ticket", "number")
def step(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """Take a transition of the table."""
    ticket = queries.get_ticket(person(request), number)
    transition = TRANSITIONS.get(name)
    form = StepForm(
        request.POST,
        request.FILES,
        ticket=ticket,
        needs=transition.staff_needs if transition else (),
        causes=transition.causes if transition else (),
        auto_id=f"{name}_%s",
    )
    if not form.is_valid():
        return wrong_form(request, ticket, form, _refused_step(name, form))
    by = actor(request, Channel.DESK)
    at = timezone.now()
    try:
        ticket = services.send_what_is_held(ticket=ticket, by=by, at=at)
        services.transition_ticket(
            ticket=ticket,
            name=name,
            details=form.details(person(request), checked_files(request)),
            by=by,
            at=at,
            expected_version=form.cleaned_data["version"],
        )
    except DomainError as error:
        possible = services.possible_transitions(
            ticket=ticket, user=person(request), at=timezone.now()
        )
        if name not in {each.name for each in possible}:
            messages.error(request, str(error.message))
            typed = form.as_message(ticket)
            if typed is not None:  # no panel of its own: the whole page is shown, also to htmx
                fresh = queries.get_ticket(person(request), number)
                composer = Refused("composer", {"say_form": typed})
                refused = [Refused("", {}, page_status(error)), composer]
                return page_of(request, fresh, refused, str(error.message))
        again = _refused_step(name, form)
        return refused_form(request, ticket, form, error, again.panel, **again.context)
    messages.success(
        request,
        _("%(number)s is now “%(state)s”.")
        % {"number": ticket.number, "state": ticket.state_label},
    )
    warn_without_reader(request, ticket, True)
    warn_of_open_tasks(request, ticket, name)
    return to_ticket(request, ticket)


def _refused_step(name: str, form: StepForm) -> Refused:
    """Return the steps panel with the refused form of one transition."""
    return Refused("steps", {"step_form": form, "opened_step": name})
