"""Registration of an audit that a customer asks the desk or the audit area for (SPEC 9.1)."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from audits import queries, services
from audits.models import PlannedAudit
from catalog.models import Service
from desk.customers import CustomerForm
from desk.frame import frame
from desk.tickets.arrival_fields import ArrivalFields, begun, begun_at
from foundation.accounts.models import Membership, Organization
from foundation.accounts.roles import RAISES_TICKETS, Capability
from foundation.core.classification import Channel
from foundation.core.errors import DomainError, NotFound
from tickets.services import OLDEST_ARRIVAL
from web.access import needs
from web.audit_fields import AuditFields, empty_workbook
from web.once import acts_once
from web.requests import actor, is_id, person
from web.resending import with_typed_text
from web.uploads import checked_files


class RegisterAuditForm(ArrivalFields, AuditFields):
    """Who asks, how the request came in, and the request."""

    membership: "forms.ModelChoiceField[Membership]" = forms.ModelChoiceField(
        label=gettext_lazy("Requester"), queryset=None
    )

    def __init__(self, *args: Any, members: list[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        membership = fields["membership"]
        membership.queryset = (
            Membership.objects.filter(pk__in=[each.pk for each in members])
            .select_related("user", "organization")
            .order_by("user__full_name", "pk")
        )
        membership.label_from_instance = lambda each: f"{each.user} · {each.user.email}"
        self.order_fields(["begun", "membership", "channel", "contacted_at", *fields])


@require_http_methods(["GET", "HEAD", "POST"])
@acts_once
@needs(Capability.SEE_TICKETS)
def register_audit(request: HttpRequest) -> HttpResponse:
    """Register an audit for the customer that ``?organization`` names, or of the plan ``?plan``;
    without either, ask for which customer.
    """
    services.require_planner(person(request))
    now = timezone.now()
    planned = _planned(request)
    chosen = CustomerForm(request.GET if request.GET.get("organization") else None)
    if planned is None and not chosen.is_valid():
        status = 400 if chosen.errors or request.method == "POST" else 200
        context: dict[str, Any] = frame(request) | {"form": chosen}
        page = render(request, "desk/audits/choose.html", context, status=status)
        if request.method != "POST":
            return page
        return with_typed_text(request, page, _("Choose the customer, and register it again."))
    organization = planned.organization if planned else chosen.cleaned_data["organization"]
    allowances = queries.allowances(organization, now)
    used = [each for each in allowances if each.used_by is not None]
    offered = _offered(organization, now)
    context = frame(request) | {"organization": organization, "used": used}
    if request.method != "POST" and not offered:
        return render(request, "desk/audits/register.html", context)
    form = RegisterAuditForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        initial={
            "begun": begun(request, now),
            "auditor_company": planned.auditor_company if planned else "",
        },
        members=_members(organization),
        services=offered,
        notices={each.contract.visit_notice_days for each in allowances},
    )
    context |= {"form": form, "cells": {}}
    if request.method == "POST":
        try:
            files = checked_files(request, "form")[:1]
            if form.is_valid():
                data = form.cleaned_data
                audit = services.request_audit(
                    membership=data["membership"],
                    form=form.request(files),
                    checklist=checked_files(request, "checklist"),
                    visit=form.visit(),
                    arrival=form.arrival(begun_at(request, data["begun"], now)),
                    plan=planned,
                    by=actor(request, Channel(data["channel"])),
                    at=now,
                )
                words = _("%(number)s was registered.") % {"number": audit.ticket.number}
                messages.success(request, words)
                return redirect("admin:audit", audit.ticket.number)
            context["cells"] = form.wrong_cells(files)
        except DomainError as error:
            context["cells"] = form.put(error)
    status = 400 if form.errors else 200
    return render(request, "desk/audits/register.html", context, status=status)


@require_safe
@needs(Capability.SEE_TICKETS)
def empty_form(request: HttpRequest, slug: str) -> HttpResponse:
    """Serve the empty request form of a customer, to be sent to them."""
    services.require_planner(person(request))
    organization = Organization.objects.filter(slug=slug).first()
    if organization is None:
        raise NotFound(_("There is no such organization."))
    return empty_workbook(organization)


def _offered(organization: Organization, now: datetime) -> list[Service]:
    """Return the services that were contracted at any time from which the times of a request may
    run: the service that registers it checks them at its arrival.
    """
    found = {
        service.pk: service
        for at in (now - OLDEST_ARRIVAL, now)
        for service in queries.requestable_services(organization, at)
    }
    return list(found.values())


def _planned(request: HttpRequest) -> PlannedAudit | None:
    """Return the plan of an active customer that ``?plan`` names; None for one that is closed,
    unless a form is sent: that goes on without it. Raises ``NotFound`` for another text.
    """
    named = request.GET.get("plan", "")
    if not named:
        return None
    found = queries.get_plan(person(request), int(named) if is_id(named) else 0)
    goes_on = found.is_coming or request.method == "POST"
    return found if goes_on and found.organization.is_active else None


def _members(organization: Organization) -> list[Membership]:
    """Return the valid users of the organization who raise tickets."""
    rows = Membership.objects.filter(
        organization=organization, is_suspended=False, user__is_active=True
    ).select_related("user")
    return [each for each in rows if each.has_role(*RAISES_TICKETS) and not each.user.is_staff]
