"""Says that a person of the desk has a ticket open."""

from datetime import datetime

from django.utils.translation import gettext as _

from foundation.accounts.queries import acting_person
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from tickets.models import Ticket, Visit
from tickets.services.errors import ActionNotAllowed


def note_visit(*, ticket: Ticket, is_writing: bool, by: Actor, at: datetime) -> None:
    """Renew the visit of the person behind ``by``. Changes nothing of the ticket and is no fact of
    the record. Raises ``ActionNotAllowed`` for a customer.
    """
    person = acting_person(by)
    if not person.can(Capability.SEE_TICKETS):
        raise ActionNotAllowed(_("Only the desk says who has a ticket open."))
    kept = ["seen_at", *(["writes_at"] if is_writing else [])]
    visit = Visit(
        organization_id=ticket.organization_id,
        ticket=ticket,
        person=person,
        seen_at=at,
        writes_at=at if is_writing else None,
    )
    Visit.objects.bulk_create(
        [visit], update_conflicts=True, unique_fields=["ticket", "person"], update_fields=kept
    )
