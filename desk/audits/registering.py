"""Registration of an audit that a customer asks the desk or the audit area for (SPEC 9.1)."""

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
from audits.permissions import plans_audits
from audits.workbook import make_form
from desk.customers import CustomerForm
from desk.frame import frame
from desk.tickets.arrival_fields import ArrivalFields, begun, begun_at
from foundation.accounts.models import Membership, Organization
from foundation.accounts.roles import RAISES_TICKETS, Capability
from foundation.core.classification import Channel
from foundation.core.errors import DomainError, NotAllowed, NotFound
from foundation.documents.tables import XLSX_TYPE
from web.access import needs
from web.audit_fields import AuditFields
from web.language import current_language
from web.once import acts_once
from web.requests import actor, is_id, person
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
    require_planner(request)
    now = timezone.now()
    planned = _planned(request)
    chosen = CustomerForm(request.GET if request.GET.get("organization") else None)
    if planned is None and not chosen.is_valid():
        return render(
            request,
            "desk/audits/choose.html",
            frame(request) | {"form": chosen},
            status=400 if chosen.errors else 200,
        )
    organization = planned.organization if planned else chosen.cleaned_data["organization"]
    allowances = queries.allowances(organization, now)
    used = [each for each in allowances if each.used_by is not None]
    context: dict[str, Any] = frame(request) | {
        "organization": organization,
        "used": used,
        "is_used_up": bool(used) and len(used) == len(allowances),
    }
    if request.method != "POST" and (context["is_used_up"] or not allowances):
        return render(request, "desk/audits/register.html", context)
    form = RegisterAuditForm(
        request.POST or None,
        request.FILES or None,
        initial={
            "begun": begun(request, now),
            "auditor_company": planned.auditor_company if planned else "",
        },
        members=_members(organization),
        services=queries.requestable_services(organization, now),
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
    require_planner(request)
    organization = Organization.objects.filter(slug=slug).first()
    if organization is None:
        raise NotFound(_("There is no such organization."))
    content = make_form(
        queries.requestable_services(organization, timezone.now()), language=current_language()
    )
    response = HttpResponse(content, content_type=XLSX_TYPE)
    response["Content-Disposition"] = (
        f'attachment; filename="{organization.slug}-audit-request.xlsx"'
    )
    return response


def require_planner(request: HttpRequest) -> None:
    if not plans_audits(person(request)):
        raise NotAllowed(_("Only the audit area and the desk plan audits."))


def _planned(request: HttpRequest) -> PlannedAudit | None:
    """Return the coming plan that ``?plan`` names. Raises ``NotFound`` for another text."""
    named = request.GET.get("plan", "")
    if not named:
        return None
    found = queries.get_plan(person(request), int(named) if is_id(named) else 0)
    return found if found.is_coming else None


def _members(organization: Organization) -> list[Membership]:
    """Return the valid users of the organization who raise tickets."""
    rows = Membership.objects.filter(
        organization=organization, is_suspended=False, user__is_active=True
    ).select_related("user")
    return [each for each in rows if each.has_role(*RAISES_TICKETS) and not each.user.is_staff]
