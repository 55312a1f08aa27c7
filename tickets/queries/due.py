"""Queries that select tickets for the periodic sweeps."""

from datetime import datetime, timedelta

from django.db.models import Min, Q

from foundation.accounts.models import User
from foundation.accounts.roles import Capability
from foundation.accounts.tenancy import every_organization, organization_ids_of
from tickets.models import HeldMessage, Ticket
from tickets.queries.lists import active
from tickets.queries.tasks import open_tasks
from tickets.states import State


def due_for_closing(at: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (organization id, ticket id) of solved tickets whose validation period has ended."""
    return list(
        Ticket.objects.filter(validation_due_at__lte=at, state=State.SOLVED)
        .order_by("validation_due_at", "pk")
        .values_list("organization_id", "pk")[:limit]
    )


def due_for_reminder(at: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (organization id, ticket id) of solved tickets whose reminder is due and
    was not sent.
    """
    return list(
        Ticket.objects.filter(
            validation_due_at__isnull=False, validation_reminder_at__lte=at, state=State.SOLVED
        )
        .order_by("validation_reminder_at", "pk")
        .values_list("organization_id", "pk")[:limit]
    )


def due_for_answer(at: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (organization id, ticket id) of the tickets whose customer has to be reminded, or
    which close without an answer.
    """
    return list(
        Ticket.objects.filter(answer_due_at__lte=at, state=State.PENDING_USER)
        .order_by("answer_due_at", "pk")
        .values_list("organization_id", "pk")[:limit]
    )


def oldest_held(at: datetime) -> timedelta:
    """Return for how long the oldest held message that is due has waited to be sent; zero when none
    is due.
    """
    with every_organization(reason="the age of the oldest work says nothing of a customer"):
        waiting = HeldMessage.objects.filter(send_at__lte=at)
        oldest = waiting.aggregate(at=Min("send_at"))["at"]
    return at - oldest if oldest is not None else timedelta()


def tickets_not_for(holder: User) -> list[int]:
    """Return the ids of the active tickets that somebody may not hold, and with which they have to
    do: as assignee, desk owner or owner of an open task.
    """
    tasks = open_tasks().filter(owner=holder).order_by().values("ticket")
    own = active(Ticket.objects.filter(Q(assignee=holder) | Q(owner=holder) | Q(pk__in=tasks)))
    served = organization_ids_of(holder) if holder.can(Capability.HOLD_TICKETS) else set()
    is_stranger = Q(assignee=holder, team__isnull=False) & ~Q(team__in=holder.team_ids)
    found = own.filter(~Q(organization__in=served) | is_stranger)
    return list(found.order_by("pk").values_list("pk", flat=True))


def assigned_by_customer(person: User) -> dict[int, list[int]]:
    """Return organization id -> ids of the active tickets of which somebody is the assignee or the
    desk owner.
    """
    rows = active(Ticket.objects.filter(Q(assignee=person) | Q(owner=person)))
    found: dict[int, list[int]] = {}
    for organization_id, ticket_id in rows.order_by("pk").values_list("organization_id", "pk"):
        found.setdefault(organization_id, []).append(ticket_id)
    return found


def due_to_send(at: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (organization id, id) of the held messages that are due, the earliest first."""
    rows = HeldMessage.objects.filter(send_at__lte=at).order_by("send_at", "pk")
    return list(rows.values_list("organization_id", "pk")[:limit])
