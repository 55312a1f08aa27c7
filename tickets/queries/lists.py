"""The desk's and the portal's lists, in queue order."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from foundation.accounts.models import Team, User
from tickets.models import Ticket
from tickets.queries.counts import counts_up_to_limit
from tickets.queries.snoozes import not_snoozed, snoozed
from tickets.queries.tasks import open_tasks
from tickets.queries.tickets import visible_to
from tickets.states import ACTIVE, FINAL, State


def in_queue_order(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Order as the desk works: relevant, major, next due instant (breached first, paused last),
    number (DECISIONS 13).
    """
    return tickets.order_by("-is_relevant", "-is_major", "queue_at", "id")


def active(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    return tickets.filter(_is_in(ACTIVE))


def ended(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Return the ended tickets, the one with the last activity first."""
    return tickets.filter(_is_in(FINAL)).order_by("-updated_at", "-id")


def _is_in(states: Collection[State]) -> Q:
    """Return the condition of a partial index. The states are written into the statement: SQLite
    uses such an index only for values that it sees when it plans.
    """
    written = [RawSQL(f"'{state}'", ()) for state in sorted(states)]  # noqa: S611 - our own codes
    return Q(state__in=written)


def at_risk(tickets: QuerySet[Ticket], at: datetime) -> QuerySet[Ticket]:
    """Return the tickets past their warning instant and not yet overdue."""
    return active(tickets).filter(at_risk_at__lte=at, next_due_at__gt=at)


def breached(tickets: QuerySet[Ticket], at: datetime) -> QuerySet[Ticket]:
    """Return the tickets with a running clock past its due instant."""
    return active(tickets).filter(next_due_at__lte=at)


def holders_of_active_tickets() -> QuerySet[User]:
    """Return the assignees, desk owners and owners of open tasks of the scope's active tickets."""
    tickets = active(Ticket.objects.all()).order_by()
    return User.objects.filter(
        Q(pk__in=tickets.exclude(assignee=None).values("assignee"))
        | Q(pk__in=tickets.exclude(owner=None).values("owner"))
        | Q(pk__in=open_tasks().filter(ticket__in=tickets.values("pk")).order_by().values("owner"))
    )


@dataclass(frozen=True)
class Load:
    """Active tickets: all, those past their due instant, and those due before the day ends."""

    open: int = 0
    overdue: int = 0
    due_today: int = 0


def load_by_person(reader: User, at: datetime, day_ends: datetime) -> dict[int | None, Load]:
    """Return person id -> the load of everybody who holds a ticket that the reader sees; under None
    what nobody holds. One statement, which reads every active ticket in the index alone.
    """
    rows = active(visible_to(reader)).select_related(None).order_by().values("assignee")
    counted = rows.annotate(
        open=Count("*"),
        overdue=Count("organization", filter=Q(next_due_at__lte=at)),
        due_today=Count("organization", filter=Q(next_due_at__gt=at, next_due_at__lt=day_ends)),
    )
    return {row["assignee"]: Load(row["open"], row["overdue"], row["due_today"]) for row in counted}


def with_load(people: QuerySet[User]) -> QuerySet[User]:
    """Add ``held``: the number of active tickets of the scope that each person holds."""
    theirs = active(Ticket.objects.filter(assignee=OuterRef("pk"))).order_by().values("assignee")
    held = Subquery(theirs.annotate(held=Count("*")).values("held"))
    return people.annotate(held=Coalesce(held, 0))


def waiting_for_customer(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Return the tickets where it is the customer's turn: pending user or solved."""
    return tickets.filter(state__in=(State.PENDING_USER, State.SOLVED))


def waiting_for_supplier(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    return tickets.filter(state=State.PENDING_SUPPLIER)


def of_groups(tickets: QuerySet[Ticket], user: User) -> QuerySet[Ticket]:
    """Return the tickets of the person's groups: those that a group of theirs holds, and those that
    nobody sent to a group and a colleague of theirs attends.
    """
    groups = Team.objects.filter(members=user).order_by().values("pk")
    colleagues = Team.objects.filter(pk__in=groups).order_by().values("members")
    return tickets.filter(Q(team__in=groups) | Q(team=None, assignee__in=colleagues))


def desk_lists(user: User, at: datetime) -> dict[str, QuerySet[Ticket]]:
    """Return the lists of the desk by name, each of what the person may see: active tickets, but
    for ``ended`` and ``any``. What they have snoozed is in ``snoozed`` and not in ``mine``.
    """
    seen = visible_to(user)
    open_now = active(seen)
    own = open_now.filter(assignee=user)
    return {
        "mine": not_snoozed(own, at),
        "unassigned": open_now.filter(assignee=None),
        "group": of_groups(open_now, user),
        "at_risk": at_risk(seen, at),
        "breached": breached(seen, at),
        "customer": waiting_for_customer(seen),
        "supplier": waiting_for_supplier(seen),
        "snoozed": snoozed(own, at),
        "all": open_now,
        "ended": ended(seen),
        "any": seen,
    }


def desk_counts(user: User, at: datetime) -> dict[str, int]:
    """Return the number of tickets in each list of active ones of ``desk_lists``, at most
    ``COUNT_LIMIT`` each.
    """
    lists = desk_lists(user, at)
    uncounted = {"ended", "any"}
    return counts_up_to_limit(
        {name: found for name, found in lists.items() if name not in uncounted}
    )
