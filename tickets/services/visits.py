"""What a person of the desk sees of a ticket, and writes without sending it yet."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from foundation.accounts.models import User
from foundation.accounts.queries import acting_person
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from foundation.core.errors import Invalid
from tickets.models import Ticket, Visit
from tickets.services.errors import ActionNotAllowed

LONGEST_DRAFT = 100_000  # characters


def note_visit(*, ticket: Ticket, is_writing: bool, by: Actor, at: datetime) -> None:
    """Renew the visit of the person behind ``by``. Changes nothing of the ticket and is no fact of
    the record. Raises ``ActionNotAllowed`` for a customer.
    """
    writes = {"writes_at": at} if is_writing else {}
    _keep(ticket, _desk_person(by), at, writes)


def save_draft(*, ticket: Ticket, kind: str, body: str, by: Actor, at: datetime) -> None:
    """Keep what a person typed and did not send, for whatever device they go on with; an empty
    ``body`` drops it. Raises ``ActionNotAllowed`` for a customer, or ``Invalid`` for a text that is
    too long to be sent.
    """
    if len(body) > LONGEST_DRAFT:
        raise Invalid(_("The text is too long to be kept."))
    writes = bool(body.strip())
    kept = {
        "draft_kind": kind if writes else "",
        "draft": body if writes else "",
        "writes_at": at if writes else None,
    }
    _keep(ticket, _desk_person(by), at, kept)


def _desk_person(by: Actor) -> User:
    person = acting_person(by)
    if not person.can(Capability.SEE_TICKETS):
        raise ActionNotAllowed(_("Only the desk says who has a ticket open."))
    return person


def _keep(ticket: Ticket, person: User, at: datetime, values: Mapping[str, object]) -> None:
    """Write the row of a ticket and a person, which two pages may do at once."""
    visit = Visit(
        organization_id=ticket.organization_id, ticket=ticket, person=person, seen_at=at, **values
    )
    Visit.objects.bulk_create(
        [visit],
        update_conflicts=True,
        unique_fields=["ticket", "person"],
        update_fields=["seen_at", *values],
    )
