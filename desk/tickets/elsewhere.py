"""A ticket that was registered for the wrong customer is raised anew for the right one."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from catalog.models import TimeAsked
from desk.customers import CustomerForm
from desk.frame import frame
from desk.tickets.composer import spent_of
from desk.tickets.forms import SeenForm
from desk.tickets.splitting import PartForm
from foundation.accounts.models import Organization
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel
from foundation.core.errors import DomainError
from sla.clocks.services import preview_raising
from tickets import queries, services
from tickets.models import Activity, Ticket
from tickets.services import StaleTicket
from web.access import needs
from web.errors import page_status, put_on_form
from web.forms import MinutesField, TextField, take_version
from web.once import acts_once
from web.requests import actor, person


class ElsewhereForm(SeenForm, PartForm):
    """The ticket for the other customer, and what the requester of the old one reads."""

    word = "elsewhere"
    reason = TextField(
        label=gettext_lazy("What the requester of the old ticket reads"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "The old ticket ends with this text. Do not name the other customer."
        ),
    )
    minutes = MinutesField(label=gettext_lazy("Time worked"))
    activity = forms.ChoiceField(label=gettext_lazy("Activity"), choices=Activity.choices)

    def __init__(self, *args: Any, ticket: Ticket, ends: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asks_time = ends and services.time_asked(ticket) is TimeAsked.WITH_REPLY
        unused = [] if asks_time else ["minutes", "activity"]
        for name in unused if ends else [*unused, "reason"]:
            del self.fields[name]

    def values(self) -> str:
        data = self.cleaned_data
        chosen = [data[name].pk for name in ("membership", "service")]
        return "-".join(map(str, [*chosen, data["kind"], data["impact"], data["urgency"]]))


@require_http_methods(["GET", "HEAD", "POST"])
@acts_once
@needs(Capability.WORK_TICKETS)
def raise_elsewhere(request: HttpRequest, number: str) -> HttpResponse:
    """Choose the customer (``?organization``), show what the ticket would be there, and raise it
    when the same values are sent again.
    """
    ticket = queries.get_ticket(person(request), number)
    others = Organization.objects.exclude(pk=ticket.organization_id)
    chosen = CustomerForm(
        request.GET if request.GET.get("organization") else None, organizations=others
    )
    context: dict[str, Any] = frame(request) | {"ticket": ticket, "customer_form": chosen}
    if not chosen.is_valid():
        status = 400 if chosen.errors else 200
        return render(request, "desk/tickets/elsewhere.html", context, status=status)
    return _fill_in(request, ticket, chosen.cleaned_data["organization"], context)


def _fill_in(
    request: HttpRequest, ticket: Ticket, organization: Organization, context: dict[str, Any]
) -> HttpResponse:
    now = timezone.now()
    by = actor(request, Channel.DESK)
    ending = services.ending_elsewhere(ticket=ticket, by=by, at=now)
    form = ElsewhereForm(
        request.POST if request.method == "POST" else None,
        ticket=ticket,
        organization_id=organization.pk,
        ends=ending is not None,
        initial=_initial(ticket),
    )
    context |= {
        "form": form,
        "organization": organization,
        "ending": ending,
        "zone": organization.time_zone,
        "now": now,
        "written_at": services.written_at(ticket, None, now),
    }
    status = 400 if form.errors else 200
    if form.is_valid():
        data = form.cleaned_data

        def act() -> Ticket:
            return services.raise_elsewhere(
                ticket=ticket,
                request=form.part(),
                reason=data.get("reason", ""),
                spent=spent_of(data),
                by=by,
                at=now,
                expected_version=data["version"],
            )

        try:
            if form.is_seen():
                found = act()
                words = _("%(new)s was raised for %(customer)s in place of %(old)s.")
                words %= {"new": found.number, "customer": organization, "old": ticket.number}
                messages.success(request, words)
                return redirect("admin:ticket", found.number)
            context["plan"] = preview_raising(act)
            form.mark_seen()
        except DomainError as error:
            put_on_form(form, error)
            status = page_status(error)
            if isinstance(error, StaleTicket):
                take_version(form, queries.get_ticket(person(request), ticket.number).version)
                context["changes"] = error.changes
    return render(request, "desk/tickets/elsewhere.html", context, status=status)


def _initial(ticket: Ticket) -> dict[str, Any]:
    with translation.override(ticket.requester.language or ticket.organization.language):
        reason = _(
            "This request was registered in the name of your company by mistake, and is closed. "
            "You need not do anything."
        )
    names = ("kind", "subject", "description", "impact", "urgency", "version")
    return {
        **{name: getattr(ticket, name) for name in names},
        "service": ticket.service_id,
        "reason": reason,
    }
