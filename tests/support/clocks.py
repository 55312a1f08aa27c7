"""Sweeps, finds and explains clocks, and checks their ledgers."""

from datetime import datetime, timedelta
from typing import Any

from foundation.accounts.tenancy import organization_scope
from foundation.calendars.ledger import SegmentKind
from sla.clocks.explanation import Explanation, explain_clock
from sla.clocks.models import Clock
from sla.clocks.queries import due_ticket_ids, get_clock
from sla.clocks.services import (
    rebuild_clocks,
    settle_ticket,
)
from sla.metrics import Metric
from sla.targets import Term
from tests.support.house import (
    fresh,
)
from tickets import queries
from tickets.models import Ticket


def check_account(item: Any) -> None:
    """Assert that the ledger covers start to due without a gap, and that its counted time equals
    the target to the microsecond.
    """
    if isinstance(item.clock.full_target, Term):
        _check_days(item)
        return
    account = item.account
    lines = [line for part in account for line in part.ledger.segments]
    assert lines[0].start == item.clock.started_at
    assert all(a.end == b.start for a, b in zip(lines, lines[1:], strict=False))
    if item.clock.due_at is None:
        assert lines[-1].end is None
        return
    assert lines[-1].end == item.clock.due_at
    assert sum((line.counted for line in lines), timedelta()) == item.clock.target


def _check_days(item: Any) -> None:
    """Assert that the dates cover start to due without a gap, and that as many count as were
    promised.
    """
    days = item.days
    assert days[0].start == item.clock.started_at
    assert all(a.end == b.start for a, b in zip(days, days[1:], strict=False))
    assert days[-1].end == item.clock.due_at
    if item.clock.due_at is not None:
        assert sum(day.kind is SegmentKind.OPEN for day in days) == item.clock.full_target.days


def sweep(at: datetime) -> None:
    for organization_id, ticket_id in due_ticket_ids(at=at, limit=100):
        with organization_scope(organization_id):
            settle_ticket(ticket_id=ticket_id, at=at)


def clock_of(ticket: Ticket, metric: Metric = Metric.REACTION) -> Clock:
    return Clock.objects.get(ticket=ticket, metric=metric)


def explained(ticket: Ticket, metric: str, at: datetime) -> Explanation:
    """Return the explanation of one clock at ``at``."""
    found = fresh(ticket)
    item = get_clock(found, queries.intervals(ticket.pk), metric, None)
    return explain_clock(item, ticket=found, at=at)


def differences(*tickets: Ticket) -> list[str]:
    return [
        str(found)
        for ticket in tickets
        for found in rebuild_clocks(ticket=fresh(ticket), write=False)
    ]
