"""Stop, pause, resume and withdraw clocks. ``sla.clocks.arithmetic`` computes all dates; the rows
of the clocks cache them.

Each service joins the caller's transaction, which must already hold the lock on the ticket's row;
the service then locks its clocks.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from foundation.activity.services import Fact
from foundation.core.actor import Actor
from sla import verbs
from sla.clocks.arithmetic import used_until
from sla.clocks.models import (
    ClockState,
)
from sla.clocks.queries import LoadedClock
from sla.clocks.services.base import fact_of, iso, load_locked, record_facts
from sla.clocks.services.dating import (
    last_due,
    update_ticket_due_dates,
)
from sla.clocks.services.settling import settle, take_back_breach
from sla.clocks.verdicts import Verdict, verdict_on
from sla.metrics import AT_ARRIVAL, Metric
from tickets.models import MessageKind, Ticket
from tickets.states import ClosureCode, State


@transaction.atomic
def stop_promise(*, ticket: Ticket, metric: Metric, by: Actor, at: datetime) -> None:
    """Stop a later promise because its work is done. A clock that has ended or never started
    stays as it is.
    """
    assert metric not in AT_ARRIVAL
    _stop_where(ticket, lambda item: item.metric is metric, by, at)


@transaction.atomic
def withdraw_promise(*, ticket: Ticket, metric: Metric, by: Actor, at: datetime) -> None:
    """Withdraw a later promise: it is neither met nor missed. A clock that has ended stays as it
    is.
    """
    assert metric not in AT_ARRIVAL
    _withdraw_where(ticket, lambda item: item.metric is metric, by, at)


@transaction.atomic
def stop_clocks_for_message(*, ticket: Ticket, kind: str, by: Actor, at: datetime) -> None:
    """Stop the clocks that this message to the customer stops: reaction by any kind, attention by a
    statement or a solution only.
    """
    metrics = {Metric.REACTION}
    if kind in {MessageKind.STATEMENT, MessageKind.SOLUTION}:
        metrics.add(Metric.ATTENTION)
    _stop_where(ticket, lambda item: item.metric in metrics, by, at)


@transaction.atomic
def stop_reaction(*, ticket: Ticket, by: Actor, at: datetime) -> None:
    """Stop the reaction clock: the customer knows that the case exists (SPEC 4.1)."""
    _stop_where(ticket, lambda item: item.metric is Metric.REACTION, by, at)


@transaction.atomic
def update_clocks_for_state(*, ticket: Ticket, by: Actor, at: datetime) -> None:
    """Apply a change of state to the clocks: pause, resume, stop at the solution; withdraw all when
    the ticket is rejected, cancelled, or closed as invalid or cancelled.

    A solution does not stop later promises. The validation clock stops when the ticket leaves
    *solved*.
    """
    called_off = ticket.state in {State.REJECTED, State.CANCELLED} or ticket.closure_code in {
        ClosureCode.INVALID,
        ClosureCode.CANCELLED,
    }
    if called_off:
        _withdraw_where(ticket, lambda item: True, by, at)
        return
    if ticket.state == State.SOLVED:
        _stop_where(ticket, lambda item: item.metric in AT_ARRIVAL, by, at)
        return
    loaded = load_locked(ticket)
    for item in loaded:
        if item.metric is Metric.VALIDATION and item.clock.is_live:
            record_facts(ticket, [_stop(ticket, item, at)], at, by)
        if (
            item.metric is Metric.RESOLUTION
            and item.clock.state == ClockState.STOPPED
            and ticket.state == State.IN_PROGRESS
        ):
            _resume_resolution(item, at)
            record_facts(ticket, [fact_of(verbs.RESUMED, item.clock)], at, by)
        settle(item, at)
    update_ticket_due_dates(ticket, loaded)


@transaction.atomic
def reinstate_clocks(*, ticket: Ticket, withdrawn_at: datetime, by: Actor, at: datetime) -> None:
    """Let the clocks that a merge withdrew at ``withdrawn_at`` run on as if they had never stopped:
    the ticket has the intervals of that time back. What they crossed meanwhile is announced now.
    """
    loaded = load_locked(ticket)
    facts = []
    for item in loaded:
        clock = item.clock
        if clock.state == ClockState.WITHDRAWN and clock.stopped_at == withdrawn_at:
            clock.state = ClockState.RUNNING
            clock.stopped_at = None
            clock.remeasured_at = at
            facts.append(fact_of(verbs.REINSTATED, clock))
    record_facts(ticket, facts, at, by)
    for item in loaded:
        settle(item, at)
    update_ticket_due_dates(ticket, loaded)


def withdraw_clock(item: LoadedClock, at: datetime) -> Fact:
    """Withdraw a live clock, save it and return its fact. It is neither met nor missed; a recorded
    breach stays.
    """
    clock = item.clock
    clock.state = ClockState.WITHDRAWN
    clock.stopped_at = at
    clock.next_event_at = clock.at_risk_at = None
    clock.due_at = last_due(item)  # an open pause ends here, so the due instant is known
    clock.save()
    return fact_of(verbs.WITHDRAWN, clock, due_at=iso(clock.due_at))


def _stop_where(
    ticket: Ticket, is_selected: Callable[[LoadedClock], bool], by: Actor, at: datetime
) -> None:
    loaded = load_locked(ticket)
    facts = []
    for item in loaded:
        if item.clock.is_live and is_selected(item):
            facts.append(_stop(ticket, item, at))
    record_facts(ticket, facts, at, by)
    update_ticket_due_dates(ticket, loaded)


def _stop(ticket: Ticket, item: LoadedClock, at: datetime) -> Fact:
    """Stop a live clock, save it, and return the fact with its verdict."""
    settle(item, at)
    clock = item.clock
    clock.state = ClockState.STOPPED
    clock.stopped_at = at
    clock.next_event_at = clock.at_risk_at = None
    clock.due_at = last_due(item)  # an open pause ends here, so the due instant is known
    clock.used = used_until(item.stretches, at)
    # Do not read ``breached_at``: a sweep can record a breach before a message that was in time
    # commits.
    clock.is_met = verdict_on(clock.due_at, at, at) == Verdict.MET
    if clock.is_met and clock.breached_at is not None:
        take_back_breach(item)
    clock.save()
    return fact_of(verbs.STOPPED, clock, **_stopped_payload(item))


def _stopped_payload(item: LoadedClock) -> dict[str, Any]:
    """Return the results that a rebuild reads from the record and does not compute again."""
    clock = item.clock
    versions = [version for _segment, version, _since in item.course]
    return {
        "due_at": iso(clock.due_at),
        "used_seconds": clock.used.total_seconds() if clock.used is not None else None,
        "is_met": clock.is_met,
        "announced_percent": clock.announced_percent,
        "calendar_versions": [version.pk for version in versions],
        "tzdata": versions[-1].tzdata_version,
    }


def _withdraw_where(
    ticket: Ticket, is_selected: Callable[[LoadedClock], bool], by: Actor, at: datetime
) -> None:
    loaded = load_locked(ticket)
    facts = []
    for item in loaded:
        if item.clock.is_live and is_selected(item):
            settle(item, at)
            facts.append(withdraw_clock(item, at))
    record_facts(ticket, facts, at, by)
    update_ticket_due_dates(ticket, loaded)


def _resume_resolution(item: LoadedClock, at: datetime) -> None:
    clock = item.clock
    clock.state = ClockState.RUNNING
    clock.remeasured_at = at
    clock.stopped_at = None
    clock.used = None
    clock.is_met = None
