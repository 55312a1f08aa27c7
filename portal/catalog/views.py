"""The catalogue page, and the form that raises a ticket from a template."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from catalog.models import RequestTemplate
from catalog.queries import catalogue, get_template
from foundation.accounts.models import Membership
from foundation.accounts.queries import memberships_of
from foundation.core.classification import (
    Channel,
    Impact,
    Kind,
    Urgency,
)
from foundation.core.errors import DomainError
from portal.access import customer_required
from portal.catalog.forms import TicketForm
from tickets import services
from tickets.models import Ticket
from tickets.services import NewTicket
from web.errors import put_on_form
from web.once import acts_once
from web.requests import actor, person
from web.uploads import checked_files


@require_http_methods(["GET", "HEAD", "POST"])
@acts_once
@customer_required
def new_ticket(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a template's form (GET) or raise the ticket (POST). A refusal keeps the typed fields."""
    template = get_template(slug)
    memberships = memberships_of(person(request).pk)
    form = TicketForm(
        request.POST or None, request.FILES or None, template=template, memberships=memberships
    )
    if request.method == "POST" and form.is_valid():
        try:
            ticket = _raise(request, form, template, memberships)
        except DomainError as error:
            put_on_form(form, error)
        else:
            messages.success(
                request,
                _("%(number)s was raised. We sent you a copy by e-mail.")
                % {"number": ticket.number},
            )
            if ticket.is_out_of_contract:
                messages.warning(
                    request,
                    _(
                        "No contract in force covers this service: a supervisor is told, at once "
                        "or when the next one comes on duty, and will contact you."
                    ),
                )
            return redirect("portal:ticket", ticket.number)
    return render(
        request,
        "portal/catalog/new.html",
        {"form": form, "template": template},
        status=400 if form.errors else 200,
    )


def _raise(
    request: HttpRequest, form: TicketForm, template: RequestTemplate, memberships: list[Membership]
) -> Ticket:
    data = form.cleaned_data
    files = [file for name in form.names_of_files() for file in checked_files(request, name)]
    wanted = NewTicket(
        membership=next(
            membership
            for membership in memberships
            if membership.organization_id == data["organization"].pk
        ),
        subject=data["subject"],
        description=data["description"],
        kind=Kind(template.kind),
        service=template.service,
        impact=Impact(data["impact"]),
        urgency=Urgency(data["urgency"]),
        template=template,
        answers=form.answers(),
        files=files,
    )
    return services.raise_ticket(
        request=wanted, by=actor(request, Channel.PORTAL), at=timezone.now()
    )


@require_safe
@customer_required
def catalog(request: HttpRequest) -> HttpResponse:
    memberships = memberships_of(person(request).pk)
    categories = catalogue([m.organization_id for m in memberships], timezone.localdate())
    return render(request, "portal/catalog/page.html", {"categories": categories})
