"""The desk's and the portal's lists, in queue order."""

import re
from datetime import datetime

from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from foundation.accounts.models import User
from foundation.search.queries import matching_ids
from foundation.search.words import phrases_of
from tickets.models import Ticket
from tickets.queries.tickets import visible_to
from tickets.states import ACTIVE, FINAL, State


def in_queue_order(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Order as the desk works: relevant, major, next due instant (breached first, paused last),
    number (DECISIONS 13).
    """
    return tickets.order_by("-is_relevant", "-is_major", "queue_at", "id")


def active(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    return tickets.filter(state__in=sorted(ACTIVE))


def ended(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Return the ended tickets, the one with the last activity first. The states are written into
    the statement: SQLite uses a partial index only for values that it sees when it plans.
    """
    states = [RawSQL(f"'{state}'", ()) for state in sorted(FINAL)]  # noqa: S611 - our own codes
    return tickets.filter(state__in=states).order_by("-updated_at", "-id")


def at_risk(tickets: QuerySet[Ticket], at: datetime) -> QuerySet[Ticket]:
    """Return the tickets past their warning instant and not yet overdue."""
    return active(tickets).filter(at_risk_at__lte=at, next_due_at__gt=at)


def breached(tickets: QuerySet[Ticket], at: datetime) -> QuerySet[Ticket]:
    """Return the tickets with a running clock past its due instant."""
    return active(tickets).filter(next_due_at__lte=at)


def matching(tickets: QuerySet[Ticket], words: str, *, reads_internal: bool) -> QuerySet[Ticket]:
    """Filter by number if ``words`` has the form of one, with our own prefix. Otherwise filter by
    the texts of the ticket, of which it must have every phrase (``phrases_of``). Digits alone may
    be either. ``reads_internal`` searches internal notes too. Signs alone find nothing.
    """
    typed = words.strip()
    if not typed:
        return tickets
    number = _own_number().fullmatch(typed)
    if number and number["prefix"]:
        return tickets.filter(pk=int(number["digits"]))
    phrases = phrases_of(typed)
    if not phrases:
        return tickets.none()
    in_texts = Q(pk__in=matching_ids("ticket", phrases, reads_internal=reads_internal))
    return tickets.filter(Q(pk=int(number["digits"])) | in_texts if number else in_texts)


def _own_number() -> re.Pattern[str]:
    prefix = re.escape(settings.MESA_TICKET_PREFIX)
    return re.compile(
        rf"(?P<prefix>{prefix}-)?0*(?P<digits>[0-9]{{1,15}})", re.IGNORECASE | re.ASCII
    )


def holders_of_active_tickets() -> QuerySet[User]:
    """Return the assignees and desk owners of the scope's active tickets."""
    tickets = active(Ticket.objects.all()).order_by()
    return User.objects.filter(
        Q(pk__in=tickets.exclude(assignee=None).values("assignee"))
        | Q(pk__in=tickets.exclude(owner=None).values("owner"))
    )


def waiting_for_customer(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Return the tickets where it is the customer's turn: pending user or solved."""
    return tickets.filter(state__in=(State.PENDING_USER, State.SOLVED))


COUNT_LIMIT = 1000  # shown as "999+"; an exact count reads the whole index


def desk_counts(user: User, at: datetime) -> dict[str, int]:
    """Return the number of active tickets per view of the queue, at most ``COUNT_LIMIT`` each.
    ``at_risk`` and ``breached`` share one limit.
    """
    tickets = active(visible_to(user)).select_related(None).order_by()
    views = {
        "mine": tickets.filter(assignee=user),
        "unassigned": tickets.filter(assignee=None),
        "all": tickets,
    }
    warned = list(
        tickets.filter(at_risk_at__lte=at, next_due_at__isnull=False).values_list(
            "next_due_at", flat=True
        )[:COUNT_LIMIT]
    )
    # one query gives both: an overdue ticket has passed ``at_risk_at`` too
    overdue = sum(due is not None and due <= at for due in warned)
    counts = {name: view.values("pk")[:COUNT_LIMIT].count() for name, view in views.items()}
    return counts | {"at_risk": len(warned) - overdue, "breached": overdue}
