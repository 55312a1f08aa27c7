"""External audits for customers: request, follow items, announce visits, read evidence."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audits import queries, services
from audits.models import AuditRequest, VisitPlace
from audits.paper import invitation
from audits.permissions import (
    acts_for_customer,
    takes_visits,
)
from audits.terms import visit_notice_of
from foundation.accounts.models import Membership
from foundation.core.classification import Channel
from foundation.core.errors import DomainError, NotFound
from portal.access import customer_required
from portal.audits.forms import VisitForm
from web.audit_fields import AuditFields, empty_workbook
from web.errors import first_error, put_on_form
from web.once import acts_once
from web.requests import actor, person, posted_from
from web.resending import with_typed_text
from web.uploads import checked_files

PAGE_SIZE = 50


@require_safe
@customer_required
def audits(request: HttpRequest) -> HttpResponse:
    """List the audits, and say whether the contract still includes one this year."""
    now = timezone.now()
    memberships = queries.requesting_memberships(person(request))
    allowances = [(m.organization, queries.allowances(m.organization, now)) for m in memberships]
    page = Paginator(queries.audits_of(person(request)), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    context = {
        "page": page,
        "rows": queries.rows_of(list(page), person(request), now),
        "now": now,
        "allowances": allowances,
        "can_request": any(
            each.used_by is None for _organization, found in allowances for each in found
        ),
    }
    return render(request, "portal/audits/list.html", context)


@require_safe
@customer_required
def audit_form(request: HttpRequest, slug: str) -> HttpResponse:
    """Serve the empty request form with the company's contracted services."""
    organization = queries.requesting_organization(person(request), slug)
    return empty_workbook(organization)


@require_http_methods(["GET", "HEAD", "POST"])
@acts_once
@customer_required
def new_audit(request: HttpRequest) -> HttpResponse:
    """Request an audit, typed or with the filled form; of several companies the one that
    ``?organization`` names. A refusal lists every wrong field or cell, and keeps what was typed.
    """
    memberships = queries.requesting_memberships(person(request))
    if not memberships:
        raise NotFound(_("You are not registered to ask for audits."))
    wanted = request.GET.get("organization", "")
    chosen = [each for each in memberships if wanted in {"", each.organization.slug}]
    if len(chosen) != 1:
        return _choose(request, memberships)
    (membership,) = chosen
    now = timezone.now()
    organization = membership.organization
    allowances = queries.allowances(organization, now)
    used = [each for each in allowances if each.used_by is not None]
    if request.method != "POST" and used and len(used) == len(allowances):
        return render(request, "portal/audits/new.html", {"used": used})
    offered = queries.requestable_services(organization, now)
    if request.method != "POST" and not offered:
        return render(request, "portal/audits/new.html", {"organization": organization})
    form = AuditFields(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        services=offered,
        notices={each.contract.visit_notice_days for each in allowances},
    )
    cells: dict[str, str] = {}
    if request.method == "POST":
        try:
            files = checked_files(request, "form")[:1]
            if form.is_valid():
                audit = services.request_audit(
                    membership=membership,
                    form=form.request(files),
                    checklist=checked_files(request, "checklist"),
                    visit=form.visit(),
                    by=actor(request, Channel.PORTAL),
                    at=now,
                )
                words = _("%(number)s was raised. We sent you a copy by e-mail.")
                messages.success(request, words % {"number": audit.ticket.number})
                return redirect("portal:audit", audit.ticket.number)
            cells = form.wrong_cells(files)
        except DomainError as error:
            cells = form.put(error)
    context = {"form": form, "cells": cells, "organization": organization}
    return render(request, "portal/audits/new.html", context, status=400 if form.errors else 200)


def _choose(request: HttpRequest, memberships: list[Membership]) -> HttpResponse:
    context = {"memberships": memberships}
    if request.method != "POST":
        return render(request, "portal/audits/choose.html", context)
    page = render(request, "portal/audits/choose.html", context, status=400)
    return with_typed_text(request, page, _("Say for which company, and send it again."))


@require_safe
@customer_required
def audit(request: HttpRequest, number: str) -> HttpResponse:
    return _page(request, queries.get_audit(person(request), number))


def _page(
    request: HttpRequest,
    audit: AuditRequest,
    *,
    visit_form: VisitForm | None = None,
    status: int = 200,
) -> HttpResponse:
    user = person(request)
    now = timezone.now()
    view = queries.view_of(audit, user)
    attachments = queries.attachments_of(view)
    can_visit = acts_for_customer(user, audit) and takes_visits(audit)
    context = {
        "audit": audit,
        "view": view,
        "items": [
            (each, [(row, attachments.get(row.pk)) for row in each.evidence]) for each in view.items
        ],
        "index": queries.index_attachment(audit),
        "ticket": audit.ticket,
        "zone": audit.organization.time_zone,
        "now": now,
        "visit_form": (visit_form or VisitForm()) if can_visit else None,
        "visit_notice_days": visit_notice_of(audit.ticket),
        "earliest_visit": services.earliest_visit(audit, now) if can_visit else None,
    }
    return render(request, "portal/audits/page.html", context, status=status)


@posted_from("portal:audit", "number")
@customer_required
def announce_visit(request: HttpRequest, number: str) -> HttpResponse:
    audit = queries.get_audit(person(request), number)
    form = VisitForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            services.announce_visit(
                audit=audit,
                place=VisitPlace(data["place"]),
                on=data["on"],
                visitors=data["visitors"],
                by=actor(request, Channel.PORTAL),
                at=timezone.now(),
            )
        except DomainError as error:
            put_on_form(form, error)
        else:
            messages.success(
                request, _("The visit is announced. We will notify you when access is authorized.")
            )
            return redirect("portal:audit", number)
    page = _page(request, audit, visit_form=form, status=400)
    return with_typed_text(request, page, first_error(form))


@require_safe
@customer_required
def conference(request: HttpRequest, number: str, conference_id: int) -> HttpResponse:
    """Serve a conference as iCalendar."""
    audit = queries.get_audit(person(request), number)
    content = invitation(audit, queries.get_conference(audit, conference_id))
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{audit.ticket.number}.ics"'
    return response
