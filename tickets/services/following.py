"""Follow-ups: new tickets that continue ended ones (SPEC 3.11)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.queries import acting_person, membership_of
from foundation.core.actor import Actor
from foundation.core.classification import (
    Environment,
    Impact,
    Kind,
    Urgency,
)
from foundation.documents.checking import CheckedFile
from tickets import verbs
from tickets.masking import without_secrets
from tickets.models import Ticket
from tickets.permissions import can_write_as_customer, is_followed_up
from tickets.services.base import lock_ticket, record_ticket
from tickets.services.errors import ActionNotAllowed
from tickets.services.raising import NewTicket, raise_ticket

# Identical text within this time is a form submitted twice, not a second follow-up.
TWICE = timedelta(minutes=5)


@transaction.atomic
def follow_up_ticket(
    *, ticket: Ticket, body: str, by: Actor, at: datetime, files: Sequence[CheckedFile] = ()
) -> Ticket:
    """Raise a new ticket that continues an ended one, with ``body`` as its description. It takes
    subject, service and classification from the ended ticket.

    Raises ``ActionNotAllowed`` while the ticket takes replies or can be reopened, and for a person
    who may not reply to it. Otherwise raises as ``raise_ticket`` does. ``continues`` links the
    tickets; the record of each names the other. The same text within ``TWICE`` returns the first
    follow-up.
    """
    user = acting_person(by)
    lock_ticket(ticket)
    membership = membership_of(user.pk, ticket.organization_id)
    if membership is None or not can_write_as_customer(user, ticket):
        raise ActionNotAllowed(
            _("Only its requester, a coordinator or who follows it can reply to this ticket.")
        )
    if not is_followed_up(ticket, at):
        raise ActionNotAllowed(
            _("%(number)s takes replies or may be reopened: no new ticket is needed.")
            % {"number": ticket.number}
        )
    recent = Ticket.objects.filter(continues=ticket, requester=user, received_at__gt=at - TWICE)
    for raised in recent.order_by("pk"):
        if raised.description.split() == without_secrets(body).split():
            return raised  # the form was sent twice
    wanted = NewTicket(
        membership=membership,
        subject=ticket.subject,
        description=body,
        kind=Kind(ticket.kind),
        service=ticket.service,
        impact=Impact(ticket.impact),
        urgency=Urgency(ticket.urgency),
        environment=Environment(ticket.environment),
        continues=ticket,
        files=files,
    )
    follower = raise_ticket(request=wanted, by=by, at=at)
    record_ticket(ticket, verbs.FOLLOWED_UP, by=by, at=at, follower=follower.pk)
    return follower
