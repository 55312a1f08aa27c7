"""Shared by the ticket services: row locks, the compare-and-set write, facts for the record."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from foundation.accounts.models import User
from foundation.accounts.queries import acting_person, serves
from foundation.accounts.roles import Capability
from foundation.activity.services import Fact, record
from foundation.core.actor import Actor
from tickets.models import Ticket
from tickets.permissions import can_work
from tickets.queries import changes_since
from tickets.services.errors import ActionNotAllowed, StaleTicket


def require_version(ticket: Ticket, expected: int | None) -> None:
    """Raise ``StaleTicket`` when a person saw another version of the ticket. Services ask it first:
    what is possible now says nothing to who looks at what was.
    """
    if expected is not None and expected != ticket.version:
        raise StaleTicket(ticket, changes_since(ticket.pk, expected))


def require_worker(ticket: Ticket, by: Actor) -> None:
    """Raise ``ActionNotAllowed`` for a person who may not work on the ticket."""
    if not can_work(acting_person(by), ticket):
        words = _("You may read %(number)s but not work on it: it is not with your level.")
        raise ActionNotAllowed(words % {"number": ticket.number})


def may_hold(person: User, ticket: Ticket) -> bool:
    """Tell whether a person may be given the ticket or a task of it: they attend tickets, and serve
    its customer.
    """
    attends = person.is_active and person.can(Capability.HOLD_TICKETS)
    return attends and serves(person, ticket.organization_id)


def is_member(person: User, ticket: Ticket) -> bool:
    """Tell whether a person is in the group that holds the ticket; of one without a group everybody
    is.
    """
    return ticket.team_id is None or ticket.team_id in person.team_ids


def change_ticket(ticket: Ticket, *, at: datetime, **changes: Any) -> None:
    """Write the fields by compare-and-set on ``version``, increment it and update the instance.
    Raise ``StaleTicket`` if the row has another version than the instance, which the caller's
    checks have read.
    """
    version = ticket.version
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
    """Lock the ticket's row until the commit and reload the instance's own columns. Later checks
    read committed values.
    """
    fields = [field.attname for field in Ticket._meta.concrete_fields if field.attname != "id"]
    ticket.refresh_from_db(
        fields=fields, from_queryset=Ticket.objects.select_for_update(of=("self",))
    )


def hold_ticket(ticket_id: int) -> None:
    """Lock the ticket's row until the commit, so that facts that change no column of it are
    recorded in the order of their commits too: what is told of a ticket goes by their order.
    """
    found = Ticket.objects.select_for_update(of=("self",)).filter(pk=ticket_id)
    found.order_by("pk").values_list("pk", flat=True).first()


def locked_ticket(ticket_id: int, *related: str) -> Ticket:
    """Return a ticket with its row locked until the commit and the ``related`` relations joined.
    Lock the ticket before any other row: one lock order prevents deadlocks.
    """
    found = Ticket.objects.select_for_update(of=("self",))
    return (found.select_related(*related) if related else found).get(pk=ticket_id)


def locked_tickets(ticket_ids: Iterable[int], *related: str) -> list[Ticket]:
    """Return tickets with their rows locked until the commit and the ``related`` relations joined.
    Both the locks and the list are in the order of the ids, so that two callers with some of the
    same tickets never deadlock.
    """
    found = Ticket.objects.select_for_update(of=("self",)).select_related(*related)
    return list(found.filter(pk__in=list(ticket_ids)).order_by("pk"))


def codes_of(ticket: Ticket) -> dict[str, str | int | None]:
    """Return the classification and the contract as the record keeps them: codes and ids."""
    return {
        "impact": str(ticket.impact),
        "urgency": str(ticket.urgency),
        "priority": int(ticket.priority),
        "kind": str(ticket.kind),
        "service": ticket.service_id,
        "support_type": str(ticket.support_type),
        "environment": str(ticket.environment),
        "contract": ticket.contract_id,
        "is_out_of_contract": ticket.is_out_of_contract,
    }


def changes_between(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    """Return the values that differ, each before and after."""
    return {name: [before[name], after[name]] for name in after if before[name] != after[name]}


def touch_ticket(ticket: Ticket, *, at: datetime) -> None:
    """Set ``updated_at`` after a message. Leave ``version`` as it is: a message must not make an
    open form stale.
    """
    Ticket.objects.filter(pk=ticket.pk).update(updated_at=at)
    ticket.updated_at = at


def record_ticket(ticket: Ticket, verb: str, *, by: Actor, at: datetime, **payload: Any) -> None:
    """Write one fact about the ticket to the record, with the ticket's version."""
    fact = Fact(
        verb=verb,
        object_type="ticket",
        object_id=ticket.pk,
        payload={**payload, "version": ticket.version},
    )
    record(organization_id=ticket.organization_id, facts=[fact], by=by, at=at)
