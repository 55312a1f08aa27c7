"""The same act on several tickets: rehearsed first, then done on each that allows it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from django.db import transaction

from foundation.accounts.models import User
from foundation.accounts.queries import acting_person
from foundation.core.actor import Actor
from foundation.core.classification import Environment, Impact, Kind, Urgency
from foundation.core.errors import DomainError
from tickets.endings import EndCause
from tickets.models import HeldMessage, Ticket
from tickets.queries import visible_to
from tickets.services.assignment import assign_ticket
from tickets.services.base import locked_tickets
from tickets.services.classification import Classification, classify_ticket
from tickets.services.details import TransitionDetails
from tickets.services.holding import send_held_of
from tickets.services.lifecycle import transition_ticket

MOST_AT_ONCE = 100


class TicketAct(Protocol):
    def on(self, ticket: Ticket, *, expected: int | None, by: Actor, at: datetime) -> None:
        """Do it through the service of the act. Raises what that raises."""


@dataclass(frozen=True)
class Assigning:
    assignee: User | None

    def on(self, ticket: Ticket, *, expected: int | None, by: Actor, at: datetime) -> None:
        assign_ticket(
            ticket=ticket, assignee=self.assignee, by=by, at=at, expected_version=expected
        )


@dataclass(frozen=True)
class Stepping:
    """A transition of the table. Where nobody is named who asked to call the tickets off, it is the
    requester of each.
    """

    name: str
    details: TransitionDetails

    def on(self, ticket: Ticket, *, expected: int | None, by: Actor, at: datetime) -> None:
        details = self.details
        if details.cause == EndCause.REQUESTED and details.asked_by is None:
            details = replace(details, asked_by=ticket.requester)
        transition_ticket(
            ticket=ticket,
            name=self.name,
            details=details,
            by=by,
            at=at,
            expected_version=expected,
        )


@dataclass(frozen=True)
class Classifying:
    """Impact and urgency; kind, service and environment stay as they are."""

    impact: Impact
    urgency: Urgency
    reason: str

    def on(self, ticket: Ticket, *, expected: int | None, by: Actor, at: datetime) -> None:
        classification = Classification(
            impact=self.impact,
            urgency=self.urgency,
            kind=Kind(ticket.kind),
            service=ticket.service,
            environment=Environment(ticket.environment),
        )
        classify_ticket(
            ticket=ticket,
            classification=classification,
            reason=self.reason,
            by=by,
            at=at,
            expected_version=expected,
        )


@dataclass(frozen=True)
class Change:
    """An act on one ticket, of which a person saw this version; None asks for no version."""

    ticket_id: int
    expected_version: int | None
    act: TicketAct


@dataclass(frozen=True)
class Changed:
    """What an act did to a ticket, or the ``refusal``: a sentence. The tickets are read before and
    after.
    """

    before: Ticket
    after: Ticket
    refusal: str = ""

    @property
    def shows(self) -> bool:
        """Tell whether anything that a list shows is different."""
        return any(
            getattr(self.before, name) != getattr(self.after, name)
            for name in ("state", "assignee_id", "impact", "urgency", "priority", "next_due_at")
        )


def rehearse_changes(*, changes: Sequence[Change], by: Actor, at: datetime) -> list[Changed]:
    """Return what ``change_each`` would do. Nothing is kept, and nobody is told."""
    with transaction.atomic():
        found = change_each(changes=changes, by=by, at=at)
        transaction.set_rollback(True)
    return found


@transaction.atomic
def change_each(*, changes: Sequence[Change], by: Actor, at: datetime) -> list[Changed]:
    """Do each act, in the order of the numbers, on the tickets that the person may see; a refused
    one changes nothing and does not stop the others. At most ``MOST_AT_ONCE`` are done.
    """
    person = acting_person(by)
    wanted = {change.ticket_id: change for change in changes[:MOST_AT_ONCE]}
    seen = _versions_with_held(person, wanted)
    send_held_of(ticket_ids=wanted, by=by, at=at)
    tickets = _read(person, wanted)
    refusals: dict[int, str] = {}
    for pk, ticket in _read(person, wanted).items():
        change = wanted[pk]
        expected = change.expected_version
        if pk in seen and expected == seen[pk]:  # their own message makes nothing stale
            expected = tickets[pk].version
        try:
            with transaction.atomic():
                change.act.on(ticket, expected=expected, by=by, at=at)
        except DomainError as error:
            refusals[pk] = str(error.message)
    after = _read(person, wanted)
    return [
        Changed(before, after.get(pk, before), refusals.get(pk, ""))
        for pk, before in tickets.items()
    ]


def _versions_with_held(person: User, ids: Iterable[int]) -> dict[int, int]:
    """Return id -> version of the tickets for which the person has a message on hold. Locks them:
    nobody else changes them before it is sent.
    """
    held = HeldMessage.objects.filter(
        ticket_id__in=list(ids), author=person, send_at__isnull=False
    ).values_list("ticket_id", flat=True)
    return {ticket.pk: ticket.version for ticket in locked_tickets(set(held))}


def _read(person: User, ids: Iterable[int]) -> dict[int, Ticket]:
    """Return the tickets by id; locks are taken in the same order everywhere."""
    found = visible_to(person).filter(pk__in=list(ids)).select_related("contract")
    return {ticket.pk: ticket for ticket in found.order_by("pk")}
