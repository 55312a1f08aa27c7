"""Shared by the clock services: locked rows, and facts for the record."""

from datetime import datetime
from typing import Any

from foundation.activity.services import Fact, record
from foundation.core.actor import Actor, system_actor
from sla.clocks.queries import ClockColumns, LoadedClock, load_clocks
from sla.policies.layers import (
    Bound,
    Policy,
)
from tickets.models import Ticket
from tickets.queries import intervals as intervals_of

SYSTEM_NAME = "clocks"  # the system's name on the record


def load_locked(ticket: Ticket) -> list[LoadedClock]:
    return load_clocks(ticket, intervals_of(ticket.pk), lock=True)


def kept(policy: Policy) -> Bound:
    """Return a policy by its version ids, as ``LoadedClock.policies`` holds it."""
    return {tuple(policy.ids): policy}


def fact_of(verb: str, clock: ClockColumns, **payload: Any) -> Fact:
    return Fact(
        verb=verb,
        object_type="ticket",
        object_id=clock.ticket_id,
        payload={"clock": clock.pk, "metric": clock.metric, **payload},
    )


def clock_fact(verb: str, item: LoadedClock, **payload: Any) -> Fact:
    """Return the fact of a promise: all that a rebuild needs to compute its dates again."""
    clock = item.clock
    segment = item.segments[-1]
    return fact_of(
        verb,
        clock,
        policy_ids=clock.policy_ids,
        priority=clock.priority,
        target_seconds=int(segment.target.total_seconds()),
        target_unit=segment.target_unit,
        calendar=segment.calendar_id,
        cause=segment.cause,
        due_at=iso(clock.due_at),
        **payload,
    )


def record_facts(ticket: Ticket, facts: list[Fact], at: datetime, by: Actor | None = None) -> None:
    if facts:
        record(
            organization_id=ticket.organization_id,
            facts=facts,
            by=by or system_actor(SYSTEM_NAME),
            at=at,
        )


def iso(instant: datetime | None) -> str:
    return instant.isoformat() if instant else ""
