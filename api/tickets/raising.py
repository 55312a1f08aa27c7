"""From the body of ``POST tickets/`` to the ticket that ``raise_ticket`` takes."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request

from api.parameters import named_organization
from catalog.queries import get_service
from foundation.accounts.models import Membership
from foundation.accounts.queries import (
    membership_by_email,
    memberships_of,
)
from foundation.core.classification import Channel, Environment, Impact, Kind, Urgency
from foundation.core.errors import Invalid
from tickets.services import Arrival, NewTicket
from web.requests import person


def new_ticket(request: Request, data: dict[str, Any], at: datetime) -> NewTicket:
    return NewTicket(
        arrival=_arrival(request, data, at),
        membership=_for_whom(request, data),
        subject=data["subject"],
        description=data["description"],
        kind=Kind(data["kind"]),
        service=get_service(data["service"]),
        impact=Impact(data["impact"]),
        urgency=Urgency(data["urgency"]),
        environment=Environment(data["environment"]),
    )


def _arrival(request: Request, data: dict[str, Any], at: datetime) -> Arrival | None:
    """Return how a request that the staff registers came in; None for one that arrives by itself.
    Raises ``Invalid`` for a customer, or for its data without the channel.
    """
    given = [
        name
        for name in ("channel", "received_at", "contacted_at", "number_given")
        if data.get(name)
    ]
    if not given:
        return None
    if not person(request).is_staff:
        words = _("Only the staff says how a request came in.")
        raise Invalid(words, fields=dict.fromkeys(given, words))
    if "channel" not in data:
        words = _("Say through which channel it came in.")
        raise Invalid(words, fields={"channel": words})
    if data["channel"] == Channel.EMAIL and "received_at" not in data:
        words = _("Say when the e-mail arrived: its times run from then.")
        raise Invalid(words, fields={"received_at": words})
    return Arrival(
        at=data.get("received_at", at),
        contacted_at=data.get("contacted_at"),
        number_given=data["number_given"],
    )


def _for_whom(request: Request, data: dict[str, Any]) -> Membership:
    """Return the requester's membership: the customer's own, or for staff that of the named
    requester. Raises ``Invalid`` unless exactly one matches.
    """
    user = person(request)
    if user.is_staff:
        if not data.get("organization") or not data.get("requester"):
            raise Invalid(
                _("Staff must name the organization and the requester."),
                fields={"requester": _("Needed.")},
            )
        organization = named_organization(data["organization"])
        found = membership_by_email(organization.pk, data["requester"])
        if found is None:
            raise Invalid(
                _("No valid user of that organization has this address."),
                fields={"requester": _("Unknown.")},
            )
        return found
    if (data.get("requester") or user.email).lower() != user.email:
        raise Invalid(
            _("Only the staff raises tickets for others: leave the requester out."),
            fields={"requester": _("Not you.")},
        )
    mine = memberships_of(user.pk)
    wanted = data.get("organization")
    chosen = [membership for membership in mine if wanted in (None, membership.organization.slug)]
    if len(chosen) != 1:
        names = ", ".join(membership.organization.slug for membership in mine)
        raise Invalid(
            _("Name one of your organizations: %(names)s.") % {"names": names},
            fields={"organization": _("Not one of yours.")},
        )
    return chosen[0]
