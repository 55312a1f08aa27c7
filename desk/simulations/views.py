"""Simulations of past months under other terms: request, follow, read, put in force."""

from collections.abc import Iterator

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRefresh

from catalog.models import Contract
from catalog.queries import contract_on
from desk.configuration import opened
from desk.frame import frame
from desk.simulations.forms import PutInForceForm, SimulationForm, initial_of
from foundation.accounts.queries import get_organization_by_slug, organizations
from foundation.accounts.roles import Capability
from foundation.calendars.hours import format_hours
from foundation.calendars.wording import days_of_week
from foundation.core.classification import Channel
from foundation.core.errors import DomainError
from foundation.core.zones import local_instant, zone
from foundation.documents.tables import CSV_MARK, CSV_TYPE, csv_lines
from reports import queries, services
from reports.models import Simulation
from reports.services import COLUMNS, NewSimulation
from sla.policies.models import PolicyVersion
from sla.simulation.drafts import draft_from, draft_of_terms_in_force
from web.access import needs
from web.errors import put_on_form
from web.once import acts_once
from web.panels import is_partial
from web.requests import actor, person, posted_from


@require_http_methods(["GET", "HEAD", "POST"])
@acts_once
@needs(Capability.SEE_REPORTS)
def simulations(request: HttpRequest) -> HttpResponse:
    """List the simulations (GET) or request one (POST). ``?from=`` fills the form with a customer's
    terms in force, ``?again=`` with an earlier simulation.
    """
    user = person(request)
    now = timezone.now()
    form = (
        SimulationForm(request.POST)
        if request.method == "POST"
        else SimulationForm(initial=_initial(request))
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            wanted = NewSimulation(
                name=data["name"],
                draft=form.draft().as_data(),
                organizations=list(data["organizations"]),
                first_month=queries.parse_month(data["first_month"]),
                last_month=queries.parse_month(data["last_month"]),
            )
            made = services.request_simulation(
                wanted=wanted, by=actor(request, Channel.DESK), at=now
            )
            return redirect("admin:simulation", made.pk)
        except DomainError as error:
            put_on_form(form, error)
    status = 400 if request.method == "POST" else 200
    context = {
        "form": form,
        "filled_from": request.GET.get("from", ""),
        "simulations": queries.simulations_of(user),
        "customers": organizations(),
    }
    return render(request, "desk/simulations/list.html", frame(request) | context, status=status)


def _initial(request: HttpRequest) -> dict[str, object]:
    now = timezone.now()
    last = queries.preceding_month(timezone.localdate().replace(day=1))
    values: dict[str, object] = {"first_month": f"{last:%Y-%m}", "last_month": f"{last:%Y-%m}"}
    if (again := request.GET.get("again", "")).isdecimal():
        earlier = queries.get_simulation(person(request), int(again))
        months = {
            "first_month": f"{earlier.first_month:%Y-%m}",
            "last_month": f"{earlier.last_month:%Y-%m}",
        }
        return (
            initial_of(draft_from(earlier.draft))
            | months
            | {"name": earlier.name, "organizations": earlier.organization_ids}
        )
    if slug := request.GET.get("from"):
        organization = get_organization_by_slug(slug)
        contract = contract_on(organization, now.astimezone(zone(organization.time_zone)).date())
        values |= initial_of(draft_of_terms_in_force(organization, contract, now)) | {
            "organizations": [organization.pk]
        }
    return values


@require_safe
@needs(Capability.SEE_REPORTS)
def simulation(request: HttpRequest, simulation_id: int) -> HttpResponse:
    simulation = queries.get_simulation(person(request), simulation_id)
    context = _result(request, simulation, None)
    if is_partial(request) and not context["is_running"]:
        return HttpResponseClientRefresh()  # the waiting page reloads to show the result
    return render(request, "desk/simulations/page.html", frame(request) | context)


def _result(
    request: HttpRequest, simulation: Simulation, form: PutInForceForm | None
) -> dict[str, object]:
    can_publish = person(request).can(Capability.CONFIGURE)
    if form is None and can_publish:
        form = PutInForceForm(organization_ids=simulation.organization_ids)
    draft = draft_from(simulation.draft)
    result = queries.simulation_result(simulation)
    has_policy = bool(draft.targets or draft.matrix or draft.pauses)
    has_hours = bool(draft.hours) or draft.without_holidays
    return {
        "simulation": simulation,
        "again_url": f"{reverse('admin:simulations')}?again={simulation.pk}",
        "result": result,
        "is_running": result.is_running,
        "can_put_in_force": form is not None and not result.is_running and has_policy,
        "has_hours_alone": can_publish and has_hours and not has_policy,
        "draft": draft,
        "draft_targets": sorted(draft.targets.items(), key=lambda item: item[0]),
        "draft_hours": [
            (role, format_hours(dict(hours), days_of_week())) for role, hours in draft.hours.items()
        ],
        "draft_is_empty": not has_policy and not has_hours,
        "draft_cells": sorted((draft.matrix or {}).items()),
        "form": form,
        "opened_with": opened.newest_fact_of_any(PolicyVersion, Contract),
    }


@require_safe
@needs(Capability.SEE_REPORTS)
def simulation_changes(request: HttpRequest, simulation_id: int) -> HttpResponseBase:
    """Stream every clock with a different result as CSV, one customer's month after the other."""
    simulation = queries.get_simulation(person(request), simulation_id)
    response = StreamingHttpResponse(
        _changes(queries.simulation_result(simulation)), content_type=CSV_TYPE
    )
    response["Content-Disposition"] = f'attachment; filename="simulation-{simulation.pk}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


def _changes(result: queries.SimulationResult) -> Iterator[bytes]:
    yield CSV_MARK.encode()
    yield from (line.encode() for line in csv_lines([("customer", *COLUMNS)]))
    for part in result.parts:
        if part.changes is None:
            continue
        with part.changes.open() as stream:
            for number, line in enumerate(stream):
                if number:  # skip the heading, which each part has
                    yield f"{part.organization.slug},".encode() + line


@posted_from("admin:simulation", "simulation_id")
@needs(Capability.SEE_REPORTS)
def cancel_simulation(request: HttpRequest, simulation_id: int) -> HttpResponse:
    services.cancel_simulation(simulation=queries.get_simulation(person(request), simulation_id))
    return redirect("admin:simulation", simulation_id)


@posted_from("admin:simulation", "simulation_id")
@needs(Capability.CONFIGURE)
def put_in_force(request: HttpRequest, simulation_id: int) -> HttpResponse:
    """Publish the simulated targets, pauses and matrix as new versions for a contract.
    Administrators only. Refused once when its terms were saved since the page was opened.
    """
    simulation = queries.get_simulation(person(request), simulation_id)
    now = timezone.now()
    form = PutInForceForm(request.POST, organization_ids=simulation.organization_ids)
    if form.is_valid():
        contract = form.cleaned_data["contract"]
        chosen = form.cleaned_data["effective_from"]
        place = contract.organization.time_zone
        try:
            with transaction.atomic():
                _refuse_over_another(request, contract)
                services.put_in_force(
                    simulation=simulation,
                    contract=contract,
                    effective_from=local_instant(chosen, place) if chosen else now,
                    by=actor(request, Channel.DESK),
                    at=now,
                )
            messages.success(
                request,
                _("In force for %(contract)s, as a new version of its policy.")
                % {"contract": contract},
            )
            return redirect("admin:simulation", simulation_id)
        except DomainError as error:
            put_on_form(form, error)
        except ValidationError as error:
            form.add_error(None, error.messages)
    return render(
        request,
        "desk/simulations/page.html",
        frame(request) | _result(request, simulation, form),
        status=400,
    )


def _refuse_over_another(request: HttpRequest, contract: Contract) -> None:
    """Raise ``ValidationError`` for a contract whose policy or terms were saved since the page was
    opened. Locks its organization, so that of two administrators one comes second.
    """
    opened.lock_first(contract, contract.organization_id)
    fact = opened.posted_fact(request)
    if fact is None:
        return
    place = contract.organization.time_zone
    policies = PolicyVersion.objects.filter(contract=contract).values_list("pk", flat=True)
    who = [
        *opened.saved_since(PolicyVersion, list(policies), fact, place),
        *opened.saved_since(Contract, [contract.pk], fact, place),
    ]
    if who:
        raise ValidationError(opened.meanwhile_words(who))
