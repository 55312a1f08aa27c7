"""What every ticket service shares: who acts, the guarded write, the record."""

from datetime import datetime
from typing import Any

from django.db.models import F

from foundation.activity.services import Fact, record
from foundation.core.actor import Actor
from tickets.models import Ticket
from tickets.queries import changes_since
from tickets.services.errors import StaleTicket


def change_ticket(
    ticket: Ticket, *, expected_version: int | None, at: datetime, **changes: Any
) -> None:
    """Write the fields by compare-and-set on the version and put them on the instance;
    ``StaleTicket`` when it moved on.

    The version the instance was read with always guards, for what was checked was checked on it;
    ``expected_version`` is the one a person saw before that.
    """
    version = ticket.version
    if expected_version is not None and expected_version != version:
        raise StaleTicket(ticket, changes_since(ticket.pk, expected_version))
    written = Ticket.objects.filter(pk=ticket.pk, version=version).update(
        **changes, updated_at=at, version=F("version") + 1
    )
    if not written:
        raise StaleTicket(ticket, changes_since(ticket.pk, version))
    for name, value in changes.items():
        setattr(ticket, name, value)
    ticket.updated_at = at
    ticket.version = version + 1


def lock_ticket(ticket: Ticket) -> None:
    """Read the ticket's own fields again and hold its row until the commit: what follows sees what
    is true now.
    """
    fields = [field.attname for field in Ticket._meta.concrete_fields if field.attname != "id"]
    ticket.refresh_from_db(
        fields=fields, from_queryset=Ticket.objects.select_for_update(of=("self",))
    )


def locked_ticket(ticket_id: int, *related: str) -> Ticket:
    """Return a ticket, with what ``related`` names, its row locked until the commit: the ticket
    first, as everywhere, so that no two transactions wait for each other.
    """
    found = Ticket.objects.select_for_update(of=("self",))
    return (found.select_related(*related) if related else found).get(pk=ticket_id)


def touch_ticket(ticket: Ticket, *, at: datetime) -> None:
    """Move the last activity, as a message does; a message is no change of fields and never makes a
    form stale.
    """
    Ticket.objects.filter(pk=ticket.pk).update(updated_at=at)
    ticket.updated_at = at


def record_ticket(ticket: Ticket, verb: str, *, by: Actor, at: datetime, **payload: Any) -> None:
    """Put one fact about the ticket on the record, with the version it led to."""
    fact = Fact(
        verb=verb,
        object_type="ticket",
        object_id=ticket.pk,
        payload={**payload, "version": ticket.version},
    )
    record(organization_id=ticket.organization_id, facts=[fact], by=by, at=at)
