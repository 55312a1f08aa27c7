"""Merges as the agent does them, and what an undone one must leave as it was."""

from datetime import datetime
from typing import Any

from sla.clocks.models import Clock
from tests.support.house import HOUR, MONDAY_9AM, House, by, fresh
from tickets import services
from tickets.models import Merge, StateInterval, Ticket

NOON = MONDAY_9AM + 3 * HOUR


def merge(house: House, ticket: Ticket, survivor: Ticket, at: datetime = NOON) -> Merge:
    return services.merge_tickets(
        ticket=fresh(ticket), survivor=fresh(survivor), by=by(house.agent), at=at
    )


def unmerge(house: House, ticket: Ticket, at: datetime) -> Ticket:
    return services.unmerge_ticket(ticket=fresh(ticket), by=by(house.agent), at=at)


def shape_of(ticket: Ticket) -> dict[str, Any]:
    """Return what a merge that was undone must leave as it was: state, intervals, clocks."""
    row = fresh(ticket)
    clocks = Clock.objects.filter(ticket=row).order_by("metric")
    return {
        "ticket": {
            name: getattr(row, name)
            for name in (
                *("state", "assignee_id", "owner_id", "team_id", "priority", "closed_at"),
                *("closure_code", "merged_into_id", "next_due_at", "at_risk_at", "queue_at"),
            )
        },
        "intervals": list(
            StateInterval.objects.filter(ticket=row)
            .order_by("started_at", "pk")
            .values_list("state", "started_at", "ended_at", "reason")
        ),
        "clocks": [
            (clock.metric, clock.state, clock.due_at, clock.at_risk_at, clock.next_event_at)
            + (clock.breached_at, clock.announced_percent, clock.stopped_at, clock.is_met)
            for clock in clocks
        ],
    }
