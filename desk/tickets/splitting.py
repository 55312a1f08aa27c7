"""A matter that the customer wrote on a ticket becomes a ticket of its own."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from desk.frame import frame
from desk.tickets.registration import RegisterForm
from foundation.accounts.models import User
from foundation.accounts.queries import membership_of
from foundation.accounts.roles import Capability
from foundation.core.classification import Channel, Impact, Kind, Urgency
from foundation.core.errors import DomainError, NotFound
from tickets import queries, services
from tickets.models import LinkKind, Message, Ticket
from tickets.services import NewTicket
from web.access import needs
from web.errors import put_on_form
from web.once import acts_once
from web.requests import actor, person


class PartForm(RegisterForm):
    """Of a registration, what does not follow from the ticket whose text is used; the requester is
    one of the organization.
    """

    def __init__(self, *args: Any, organization_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("begun", "channel", "contacted_at", "template", "number_given", "attachments"):
            del self.fields[name]
        fields: Any = self.fields
        members = fields["membership"].queryset
        fields["membership"].queryset = members.filter(organization_id=organization_id)

    def part(self) -> NewTicket:
        data = self.cleaned_data
        return NewTicket(
            membership=data["membership"],
            subject=data["subject"],
            description=data["description"],
            kind=Kind(data["kind"]),
            service=data["service"],
            impact=Impact(data["impact"]),
            urgency=Urgency(data["urgency"]),
        )


@require_http_methods(["GET", "HEAD", "POST"])
@acts_once
@needs(Capability.WORK_TICKETS)
def split(request: HttpRequest, number: str, message_id: int | None = None) -> HttpResponse:
    """Register a ticket for a message of the customer or, without one, for the description."""
    ticket = queries.get_ticket(person(request), number)
    message = _message(ticket, message_id)
    now = timezone.now()
    initial = _initial(ticket, message)
    form = PartForm(request.POST or None, organization_id=ticket.organization_id, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            part = services.split_ticket(
                ticket=ticket,
                message=message,
                part=form.part(),
                by=actor(request, Channel.DESK),
                at=now,
            )
        except DomainError as error:
            put_on_form(form, error)
        else:
            words = _("%(number)s was split off %(from)s.")
            messages.success(request, words % {"number": part.number, "from": ticket.number})
            return redirect("admin:ticket", part.number)
    context = {
        "ticket": ticket,
        "message": message,
        "form": form,
        "written_at": services.written_at(ticket, message, now),
        "zone": ticket.organization.time_zone,
        "files": queries.files_of(ticket, message),
        "parts": _parts(ticket, person(request)),
    }
    status = 400 if form.errors else 200
    return render(request, "desk/tickets/split.html", frame(request) | context, status=status)


def _message(ticket: Ticket, message_id: int | None) -> Message | None:
    """Return the message. Raises ``NotFound`` for one that the ticket does not have."""
    if message_id is None:
        return None
    message = queries.message_of(ticket, message_id)
    if message is None or message.is_from_staff:
        raise NotFound(_("There is no such message of the customer."))
    return message


def _initial(ticket: Ticket, message: Message | None) -> dict[str, Any]:
    author_id = message.author_id if message is not None else None
    organization_id = ticket.organization_id
    member = membership_of(author_id, organization_id) if author_id is not None else None
    names = ("kind", "subject", "impact", "urgency")
    return {
        **{name: getattr(ticket, name) for name in names},
        "membership": member or membership_of(ticket.requester_id, organization_id),
        "service": ticket.service_id,
        "description": message.body if message is not None else ticket.description,
    }


def _parts(ticket: Ticket, reader: User) -> list[Ticket]:
    """Return what was split off the ticket already."""
    return [
        each.other
        for each in queries.relations_of(ticket, reader)
        if each.link.kind == LinkKind.SPLIT and not each.is_source
    ]
