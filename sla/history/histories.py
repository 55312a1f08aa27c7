"""Histories of many tickets, as input for simulations: arrival, classifications, contracts, state
intervals and stops.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from catalog.models import Service
from foundation.accounts.models import Organization
from foundation.core.bulk import one_of
from foundation.core.classification import (
    Impact,
    Kind,
    Priority,
    SupportType,
    Urgency,
)
from sla.clocks.models import Clock, ClockState
from sla.clocks.rows import IntervalRow, read_intervals
from sla.history.bindings import Binding, bindings
from sla.metrics import Metric
from sla.policies.layers import (
    Bound,
    Matter,
    Policy,
    policies_by_ids,
    policy_on,
)
from tickets.queries import Reclassified, reclassifications
from tickets.states import PENDING, ClosureCode, State

_STATES = (*PENDING, State.SOLVED, State.CLOSED, State.REJECTED, State.CANCELLED)
_CALLED_OFF = frozenset({ClosureCode.INVALID, ClosureCode.CANCELLED})


class ClassificationPeriod(NamedTuple):
    """The classification and policy of a ticket from ``at`` to the next period. With ``from_start``
    the clocks are measured again from the arrival.
    """

    at: datetime
    matter: Matter
    cell: tuple[Urgency, Impact]
    policy: Policy
    from_start: bool = False


class History(NamedTuple):
    """One ticket as it was known at an instant. ``stops`` maps a metric to the stop of its clock;
    ``solved_at`` is the start of the solution that still stands.
    """

    ticket_id: int
    arrived_at: datetime
    periods: list[ClassificationPeriod]
    intervals: Sequence[IntervalRow]
    stops: dict[Metric, datetime]
    solved_at: datetime | None
    called_off_at: datetime | None


class _TicketRow(NamedTuple):
    pk: int
    received_at: datetime
    kind: str
    support_type: str
    service_id: int
    impact: str
    urgency: str
    priority: int
    requester_id: int
    contract_id: int | None
    is_out_of_contract: bool
    closure_code: str


class _ClockRow(NamedTuple):
    pk: int
    ticket_id: int
    metric: str
    state: str
    stopped_at: datetime | None
    policy_ids: list[int]


def read_histories(
    tickets: Any, organization: Organization, *, as_of: datetime, using: str
) -> list[History]:
    """Return the histories of a queryset of tickets of one organization, as they were known at
    ``as_of``, in its order.
    """
    rows = [_TicketRow(*values) for values in tickets.using(using).values_list(*_TicketRow._fields)]
    numbers = [row.pk for row in rows]
    ids = one_of(numbers)
    categories = dict(Service.objects.using(using).order_by("pk").values_list("pk", "category_id"))
    changes: dict[int, list[Reclassified]] = {}
    for change in reclassifications(ids, using=using):
        changes.setdefault(change.ticket_id, []).append(change)
    intervals = read_intervals(numbers, using=using, states=_STATES)
    clocks: dict[int, list[_ClockRow]] = {}
    for values in (
        Clock.objects.using(using)
        .filter(ticket_id__in=ids)
        .order_by("ticket_id", "pk")
        .values_list(*_ClockRow._fields)
    ):
        clocks.setdefault(values[1], []).append(_ClockRow(*values))
    moved = [pk for pk, found in changes.items() if any(change.is_contract for change in found)]
    rebound: dict[int, list[Binding]] = {}
    for binding in bindings(one_of(moved), using=using) if moved else ():
        rebound.setdefault(binding.ticket_id, []).append(binding)
    bound = [binding.policy_ids for own in rebound.values() for binding in own]
    policies = policies_by_ids(
        [*bound, *(clock.policy_ids for own in clocks.values() for clock in own)]
    )
    known = _Known(organization, categories, policies, as_of)
    found = []
    for row in rows:
        own = [each for each in intervals.get(row.pk, ()) if each.started_at <= as_of]
        at_arrival = (
            None
            if row.pk in rebound
            else next((tuple(clock.policy_ids) for clock in clocks.get(row.pk, ())), None)
        )
        periods = _periods(row, changes.get(row.pk, []), rebound.get(row.pk, []), at_arrival, known)
        found.append(_history(row, periods, own, clocks.get(row.pk, ()), as_of))
    return found


class _Known(NamedTuple):
    organization: Organization
    categories: dict[int, int]
    policies: Bound
    as_of: datetime


def _periods(
    row: _TicketRow,
    changes: list[Reclassified],
    bindings: list[Binding],
    at_arrival: tuple[int, ...] | None,
    known: _Known,
) -> list[ClassificationPeriod]:
    """Return the periods of a ticket, oldest first. Undo the changes from the current row back to
    the arrival, then apply them forwards with their policies.

    Without a change of contract one policy binds all periods; otherwise the record gives the policy
    of each.
    """
    state: dict[str, Any] = row._asdict() | {"service": row.service_id, "contract": row.contract_id}
    went = []
    for change in reversed(changes):
        if change.at <= known.as_of:
            went.append((change, dict(state)))
        state |= {name: before for name, (before, _after) in change.changed.items()}
    at = row.received_at
    if at_arrival is None:
        at_arrival = _bound_at(bindings, at)
    if at_arrival is not None:
        policy = known.policies[at_arrival]
    else:  # no clock: the policy in force and known at the arrival
        policy = policy_on(known.organization, _binding(state), row.requester_id, at, known_at=at)
    periods = [_period(at, state, known.categories, policy)]
    for change, after in reversed(went):
        if change.is_contract:
            ids = _bound_at(bindings, change.at)
            since = row.received_at if change.from_start else change.at
            # No clock was bound at this change: use the policy in force, which binds the clocks
            # that start later.
            policy = (
                known.policies[ids]
                if ids is not None
                else policy_on(
                    known.organization,
                    _binding(after),
                    row.requester_id,
                    since,
                    known_at=change.at,
                )
            )
        periods.append(_period(change.at, after, known.categories, policy, change.from_start))
    return periods


def _binding(state: dict[str, Any]) -> int | None:
    """Return the id of the contract that binds the ticket, as ``Ticket.binding_contract_id``."""
    contract_id: int | None = None if state["is_out_of_contract"] else state["contract"]
    return contract_id


def _bound_at(bindings: list[Binding], at: datetime) -> tuple[int, ...] | None:
    """Return the policy ids of the last binding at exactly ``at``; None if there is none."""
    return next(
        (tuple(binding.policy_ids) for binding in reversed(bindings) if binding.at == at), None
    )


def _period(
    at: datetime,
    state: dict[str, Any],
    categories: dict[int, int],
    policy: Policy,
    from_start: bool = False,
) -> ClassificationPeriod:
    matter = Matter(
        Kind(state["kind"]),
        SupportType(state["support_type"]),
        Priority(state["priority"]),
        categories.get(state["service"]),
    )
    return ClassificationPeriod(
        at, matter, (Urgency(state["urgency"]), Impact(state["impact"])), policy, from_start
    )


def _history(
    row: _TicketRow,
    periods: list[ClassificationPeriod],
    intervals: list[IntervalRow],
    clocks: Sequence[_ClockRow],
    as_of: datetime,
) -> History:
    stops = {
        Metric(clock.metric): clock.stopped_at
        for clock in clocks
        if clock.state == ClockState.STOPPED
        and clock.stopped_at is not None
        and clock.stopped_at <= as_of
    }
    return History(
        row.pk,
        row.received_at,
        periods,
        intervals,
        stops,
        _solved_at(intervals, as_of),
        _called_off_at(row, intervals),
    )


def _solved_at(intervals: list[IntervalRow], as_of: datetime) -> datetime | None:
    """Return the start of the solution that still stands, also after the ticket was closed. None if
    it is not solved or was reopened.
    """
    last = next((each for each in reversed(intervals) if each.state == State.SOLVED), None)
    if last is None:
        return None
    closed = next(
        (
            each
            for each in intervals
            if each.state == State.CLOSED and each.started_at == last.ended_at
        ),
        None,
    )
    ended = closed.ended_at if closed is not None else last.ended_at
    return last.started_at if ended is None or ended > as_of else None


def _called_off_at(row: _TicketRow, intervals: list[IntervalRow]) -> datetime | None:
    if not intervals:
        return None
    last = intervals[-1]
    is_off = last.state in {State.REJECTED, State.CANCELLED} or (
        last.state == State.CLOSED and row.closure_code in _CALLED_OFF
    )
    return last.started_at if is_off else None
