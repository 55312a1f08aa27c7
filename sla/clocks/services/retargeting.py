"""Change the targets of open clocks after a new classification or contract (SPEC 4.8).

The time used is kept, each stretch measured by its own calendar, and the rest of the new target
runs on. *From the start* corrects a mistake at the arrival instead: the whole time is measured
again.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.calendars.models import Calendar, CalendarVersion
from foundation.core.actor import Actor
from foundation.core.errors import NotAllowed
from sla import verbs
from sla.clocks.models import ClockSegment, ClockState, SegmentCause
from sla.clocks.queries import LoadedClock
from sla.clocks.services.base import (
    clock_fact,
    fact_of,
    iso,
    kept,
    load_locked,
    record_facts,
)
from sla.clocks.services.dating import put_dates, update_ticket_due_dates
from sla.clocks.services.settling import settle
from sla.clocks.services.starting import calendar_for, calendars_for, new_clocks
from sla.clocks.services.stopping import withdraw_clock
from sla.metrics import AT_ARRIVAL
from sla.policies.layers import (
    Policy,
    Promised,
    is_same_promise,
    matter_of,
    policy_of,
    policy_on,
)
from sla.targets import Target
from tickets.models import Ticket


class HidesBreach(NotAllowed):
    """The change would remove a breach, and its author may not do that."""

    code = "hides_breach"


@dataclass(frozen=True)
class _Change:
    cause: SegmentCause
    policy: Policy | None  # None: each clock keeps its own
    from_start: bool
    can_relieve: bool
    leaves_contract: bool
    by: Actor
    at: datetime


@transaction.atomic
def retarget_clocks(
    *,
    ticket: Ticket,
    can_relieve: bool,
    from_start: bool = False,
    is_rebound: bool = False,
    leaves_contract: bool = False,
    by: Actor,
    at: datetime,
) -> None:
    """Continue the open clocks with the target and calendar of the new classification; with
    ``from_start`` measure them again from the arrival.

    A breach of the old target stays on its segment. A new target that is already overdue is
    breached at the change. A live clock keeps its bound policy, unless the classification put the
    ticket under other terms (``is_rebound``). Unless ``can_relieve``, raises ``HidesBreach`` if the
    change would remove a breach, or if a ticket with one leaves its contract: reports count it
    apart then.
    """
    _carry_out(
        ticket,
        _Change(
            SegmentCause.CLASSIFICATION,
            policy_of(ticket) if is_rebound else None,
            from_start=from_start,
            can_relieve=can_relieve,
            leaves_contract=leaves_contract,
            by=by,
            at=at,
        ),
    )


@transaction.atomic
def rebind_clocks(*, ticket: Ticket, from_start: bool, by: Actor, at: datetime) -> None:
    """Bind the open clocks to the policy of the ticket's new contract, in force at
    ``ticket.terms_at`` (DECISIONS 15).

    ``from_start`` measures them again from the arrival by the policy in force then. Stopped clocks
    do not change. Raises no ``HidesBreach``: a person who may change the contract may remove a
    breach.
    """
    policy = policy_of(ticket)
    _carry_out(
        ticket,
        _Change(
            SegmentCause.CONTRACT,
            policy,
            from_start=from_start,
            can_relieve=True,
            leaves_contract=False,  # it matters to those alone who may not relieve
            by=by,
            at=at,
        ),
    )


def _carry_out(ticket: Ticket, change: _Change) -> None:
    loaded = load_locked(ticket)
    versions = calendars_for(ticket, ticket.received_at if change.from_start else change.at)
    changed = [
        _changed(ticket, item, versions, change) if _is_open(item) else item for item in loaded
    ]
    if change.leaves_contract and not change.can_relieve:
        _refuse_to_leave(changed)
    changed += _start_missing(ticket, changed, versions, change)
    update_ticket_due_dates(ticket, changed)


def _is_open(item: LoadedClock) -> bool:
    """Tell whether a change of classification or contract affects this clock: it has not stopped
    and it started at the arrival.
    """
    return item.clock.state != ClockState.STOPPED and item.metric in AT_ARRIVAL


def _changed(
    ticket: Ticket, old: LoadedClock, versions: list[CalendarVersion], change: _Change
) -> LoadedClock:
    """Apply the change to one open clock and return it with its bound policy. Resume a withdrawn
    clock that is promised again.
    """
    settle(old, change.at)
    # A withdrawn clock has no bound policy. Promised again, it takes the policy that binds the
    # ticket.
    policy = change.policy or (old.policy if old.clock.is_live else policy_of(ticket))
    item = replace(old, policies={**old.policies, **kept(policy)})
    clock = item.clock
    # a breach in the future does not count: the system clock had jumped
    was_missed = clock.breached_at is not None and clock.breached_at < change.at
    was_live = clock.is_live
    matter = matter_of(ticket)
    target = policy.target(item.metric, matter)
    if target is None and not was_live:
        return item
    if clock.priority != ticket.priority:
        clock.priority = ticket.priority
        clock.remeasured_at = change.at  # months that have ended report the priority of then
    if target is None:  # no longer promised
        _refuse_relief(item, was_missed and not change.can_relieve)
        record_facts(ticket, [withdraw_clock(item, change.at)], change.at, change.by)
        return item
    calendar = calendar_for(matter, item.metric, policy, versions)
    if not was_live:
        _resume(ticket, item, change)
    new = Promised(target, calendar.pk, policy)
    old_policy = item.policies[tuple(item.segments[-1].policy_ids)]
    last = Promised(item.segments[-1].full_target, item.segments[-1].calendar_id, old_policy)
    is_kept = was_live and not change.from_start and is_same_promise(item.metric, new, last)
    if is_kept:
        _rebind(ticket, item, policy, change)
    else:
        _replace_target(ticket, item, target, calendar, policy=policy, change=change)
    settle(item, change.at)
    _refuse_relief(item, was_missed and clock.breached_at is None and not change.can_relieve)
    return item


def _resume(ticket: Ticket, item: LoadedClock, change: _Change) -> None:
    """Set a withdrawn clock back to running. The time since the arrival counts."""
    clock = item.clock
    clock.state = ClockState.RUNNING
    clock.stopped_at = None
    clock.remeasured_at = change.at
    record_facts(ticket, [fact_of(verbs.RESUMED, clock)], change.at, change.by)


def _rebind(ticket: Ticket, item: LoadedClock, policy: Policy, change: _Change) -> None:
    """Bind the clock and its last segment to another policy with an equal promise. Keep its
    announcements. Write nothing if the policy is the same.
    """
    clock = item.clock
    last = item.segments[-1]
    if policy.ids == clock.policy_ids:
        return
    clock.policy_ids = last.policy_ids = policy.ids
    last.save(update_fields=["policy_ids"])
    fact = fact_of(verbs.REBOUND, clock, policy_ids=policy.ids)
    record_facts(ticket, [fact], change.at, change.by)


def _replace_target(
    ticket: Ticket,
    item: LoadedClock,
    target: Target,
    calendar: Calendar,
    *,
    policy: Policy,
    change: _Change,
) -> None:
    """Begin a segment with the new target, and with ``from_start`` delete the earlier ones."""
    clock = item.clock
    old_due = clock.due_at
    clock.policy_ids = policy.ids
    clock.remeasured_at = change.at
    if change.from_start:
        _forget(item)
    since = clock.started_at if change.from_start else change.at
    _begin_segment(item, target, calendar, change.cause, since)
    put_dates(clock, item.reading())
    verb = verbs.RESTARTED if change.from_start else verbs.RETARGETED
    fact = clock_fact(verb, item, old_due_at=iso(old_due))
    record_facts(ticket, [fact], change.at, change.by)


def _refuse_relief(item: LoadedClock, hides: bool) -> None:
    if hides:
        raise HidesBreach(
            _(
                "%(clock)s was missed, and with this classification it would not be. Ask a "
                "supervisor of the desk to make the change."
            )
            % {"clock": item.metric.label}
        )


def _refuse_to_leave(loaded: list[LoadedClock]) -> None:
    """Raise ``HidesBreach`` if one of these clocks was ever missed."""
    for item in loaded:
        if item.metric in AT_ARRIVAL and (
            item.clock.is_met is False or any(each.breached_at for each in item.segments)
        ):
            raise HidesBreach(
                _(
                    "%(clock)s was missed, and with this service the ticket would leave its "
                    "contract with it. Ask a supervisor of the desk to make the change."
                )
                % {"clock": item.metric.label}
            )


def _start_missing(
    ticket: Ticket, loaded: list[LoadedClock], versions: list[CalendarVersion], change: _Change
) -> list[LoadedClock]:
    """Start the clocks that the policy promises and the ticket lacks, from the arrival. Return
    them.
    """
    present = {item.metric for item in loaded}
    missing = [metric for metric in AT_ARRIVAL if metric not in present]
    made = new_clocks(
        ticket,
        change.policy or policy_of(ticket),
        versions,
        missing,
        loaded[0].intervals if loaded else [],
    )
    facts = [clock_fact(verbs.STARTED, item, is_remeasured=True) for item in made]
    record_facts(ticket, facts, change.at, change.by)
    for item in made:
        item.clock.remeasured_at = change.at
        settle(item, change.at)
    return made


def _forget(item: LoadedClock) -> None:
    """Delete the segments of the clock and, by cascade, their announcements. The record
    keeps both.
    """
    ClockSegment.objects.filter(clock=item.clock).delete()
    item.segments.clear()


def _begin_segment(
    item: LoadedClock, target: Target, calendar: Calendar, cause: SegmentCause, at: datetime
) -> None:
    clock = item.clock
    clock.full_target = target
    clock.calendar = calendar
    clock.breached_at = None
    clock.announced_percent = 0
    item.segments.append(
        ClockSegment.objects.create(
            organization_id=clock.organization_id,
            clock=clock,
            number=len(item.segments) + 1,
            cause=cause,
            calendar=calendar,
            policy_ids=clock.policy_ids,
            priority=clock.priority,
            target=clock.target,
            target_unit=clock.target_unit,
            starts_at=at,
        )
    )


def require_same_terms(*, ticket: Ticket, old_requester_id: int) -> None:
    """Raise ``NotAllowed`` when the ticket's clocks would have other terms with its new requester
    than with the old one: a person may have service levels of their own.
    """
    old = policy_on(
        ticket.organization, ticket.binding_contract_id, old_requester_id, ticket.terms_at
    )
    if old.ids != policy_of(ticket).ids:
        raise NotAllowed(
            _(
                "One of the two has service levels of their own: with another requester the times "
                "of %(number)s would change. Register the request anew for the other person."
            )
            % {"number": ticket.number}
        )
