"""Simulations: what past months would have been under other terms; asked for, followed, read, put
in force.
"""

import csv
from collections.abc import Iterator
from io import StringIO

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from catalog.queries import contract_on
from desk.forms import PutInForceForm, SimulationForm, initial_of
from desk.frame import frame
from foundation.accounts.models import User
from foundation.accounts.queries import organization_by_slug, organizations
from foundation.accounts.roles import Capability
from foundation.accounts.zones import zone
from foundation.calendars.hours import format_hours
from foundation.calendars.wording import days_of_week
from foundation.core.classification import Channel
from foundation.core.errors import DomainError
from reports import queries, services
from reports.models import Simulation
from reports.services import COLUMNS, NewSimulation
from sla.simulation.drafts import Draft, draft_from, written_out
from web.forms import put_errors
from web.requests import actor, person, posted_from


def _reader(request: HttpRequest) -> User:
    user = person(request)
    if not user.can(Capability.SEE_REPORTS):
        raise PermissionDenied
    return user


@require_http_methods(["GET", "HEAD", "POST"])
def simulations(request: HttpRequest) -> HttpResponse:
    """List what was tried, and take what is to be tried; ``?from=`` fills the form with a
    customer's terms in force.
    """
    user = _reader(request)
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
                wanted=wanted, user=user, by=actor(request, Channel.DESK), at=now
            )
            return redirect("admin:simulation", made.pk)
        except DomainError as error:
            put_errors(form, error)
    status = 400 if request.method == "POST" else 200
    context = {
        "form": form,
        "filled_from": request.GET.get("from", ""),
        "found": queries.simulations_of(user),
        "customers": organizations(),
    }
    return render(request, "desk/simulations.html", frame(request) | context, status=status)


def _initial(request: HttpRequest) -> dict[str, object]:
    now = timezone.now()
    last = queries.preceding_month(timezone.localdate().replace(day=1))
    values: dict[str, object] = {"first_month": f"{last:%Y-%m}", "last_month": f"{last:%Y-%m}"}
    if (again := request.GET.get("again", "")).isdigit():
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
        organization = organization_by_slug(slug)
        contract = contract_on(organization, now.astimezone(zone(organization.time_zone)).date())
        values |= initial_of(written_out(organization, contract, now)) | {
            "organizations": [organization.pk]
        }
    return values


@require_safe
def simulation(request: HttpRequest, simulation_id: int) -> HttpResponse:
    found = queries.get_simulation(_reader(request), simulation_id)
    return render(request, "desk/simulation.html", frame(request) | _result(request, found, None))


def _result(
    request: HttpRequest, found: Simulation, form: PutInForceForm | None
) -> dict[str, object]:
    may_publish = person(request).can(Capability.CONFIGURE)
    if form is None and may_publish:
        form = PutInForceForm(organization_ids=found.organization_ids)
    draft = draft_from(found.draft)
    result = queries.simulation_result(found)
    return {
        "simulation": found,
        "result": result,
        "may_put_in_force": form is not None
        and not result.is_running
        and bool(draft.targets or draft.matrix or _says_pauses(draft)),
        "draft": draft,
        "draft_targets": sorted(
            draft.targets.items(), key=lambda item: (item[0][0], item[0][1], item[0][2])
        ),
        "draft_hours": [
            (role, format_hours(dict(hours), days_of_week())) for role, hours in draft.hours.items()
        ],
        "draft_is_empty": not (draft.targets or draft.matrix or draft.hours or _says_pauses(draft)),
        "draft_cells": sorted((draft.matrix or {}).items()),
        "form": form,
    }


def _says_pauses(draft: Draft) -> bool:
    return (
        draft.pauses_while_pending_user is not None
        or draft.pauses_while_pending_supplier is not None
    )


@require_safe
def simulation_changes(request: HttpRequest, simulation_id: int) -> HttpResponseBase:
    """Serve every clock that comes out otherwise as CSV, one customer's month after the other."""
    found = queries.get_simulation(_reader(request), simulation_id)
    response = StreamingHttpResponse(
        _changes(queries.simulation_result(found)), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="simulation-{found.pk}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


def _changes(result: queries.SimulationResult) -> Iterator[bytes]:
    head = StringIO()
    csv.writer(head).writerow(("customer", *COLUMNS))
    yield head.getvalue().encode("utf-8-sig")
    for part in result.parts:
        if part.changes is None:
            continue
        with part.changes.file.open("rb") as stream:
            for number, line in enumerate(stream):
                if number:  # each part has the heading too
                    yield f"{part.organization.slug},".encode() + line


@posted_from("admin:simulation", "simulation_id")
def cancel_simulation(request: HttpRequest, simulation_id: int) -> HttpResponse:
    services.cancel_simulation(simulation=queries.get_simulation(_reader(request), simulation_id))
    return redirect("admin:simulation", simulation_id)


@posted_from("admin:simulation", "simulation_id")
def put_in_force(request: HttpRequest, simulation_id: int) -> HttpResponse:
    """Make the simulated targets, pauses and matrix a new version of a contract's policy: for
    administrators.
    """
    found = queries.get_simulation(_reader(request), simulation_id)
    now = timezone.now()
    if not person(request).can(Capability.CONFIGURE):
        raise PermissionDenied
    form = PutInForceForm(request.POST, organization_ids=found.organization_ids)
    if form.is_valid():
        contract = form.cleaned_data["contract"]
        chosen = form.cleaned_data["effective_from"]
        local = zone(contract.organization.time_zone)
        try:
            services.put_in_force(
                simulation=found,
                contract=contract,
                effective_from=chosen.replace(tzinfo=local) if chosen else now,
                user=person(request),
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
            put_errors(form, error)
        except ValidationError as error:
            form.add_error(None, error.messages)
    return render(
        request, "desk/simulation.html", frame(request) | _result(request, found, form), status=400
    )
