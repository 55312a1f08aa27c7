"""Who looks at a ticket, and what a person has not seen yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from foundation.accounts.models import User
from tickets.models import Ticket, Visit

PRESENT = timedelta(seconds=45)  # since the page last said so: three times its interval


@dataclass(frozen=True)
class Presence:
    """What a reader's list shows of a ticket: whether it changed since their last visit, and the
    colleagues who have it open.
    """

    is_unread: bool
    others: Sequence[User] = ()


def presence_in(tickets: Iterable[Ticket], *, reader: User, at: datetime) -> dict[int, Presence]:
    """Return ticket id -> presence, in one query for all. A ticket without a visit is unread."""
    changed = {ticket.pk: ticket.updated_at for ticket in tickets}
    seen: dict[int, datetime] = {}
    others: dict[int, list[User]] = {}
    visits = Visit.objects.filter(ticket_id__in=list(changed)).defer("draft")
    for visit in visits.select_related("person").order_by("pk"):
        if visit.person_id == reader.pk:
            seen[visit.ticket_id] = visit.seen_at
        elif visit.seen_at > at - PRESENT:
            others.setdefault(visit.ticket_id, []).append(visit.person)
    return {
        pk: Presence(is_unread=pk not in seen or seen[pk] < changed[pk], others=others.get(pk, ()))
        for pk in changed
    }


def visit_of(ticket: Ticket, reader: User) -> Visit | None:
    """Return the reader's visit of a ticket; None when they never saw it."""
    return Visit.objects.filter(ticket=ticket, person=reader).order_by("pk").first()


@dataclass(frozen=True)
class Visitor:
    person: User
    is_writing: bool


def visitors_of(ticket: Ticket, *, reader: User, at: datetime) -> list[Visitor]:
    """Return the colleagues who have the ticket open now."""
    visits = Visit.objects.filter(ticket=ticket, seen_at__gt=at - PRESENT).exclude(person=reader)
    return [
        Visitor(
            visit.person,
            is_writing=visit.writes_at is not None and visit.writes_at > at - PRESENT,
        )
        for visit in visits.select_related("person").order_by("pk")
    ]
