"""What was promised changes while it is measured: another classification, another contract (SPEC
4.8).

Time used is kept, each stretch measured by its calendar, and the rest of the new target runs on.
*From the start* is something else: it corrects a mistake made at the arrival, and measures the
whole time anew.
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
    fact_of,
    iso,
    kept,
    load_locked,
    promise_fact,
    record_facts,
)
from sla.clocks.services.dating import put_dates, update_ticket_due_dates
from sla.clocks.services.settling import settle
from sla.clocks.services.starting import calendar_for, calendars_for, new_clocks
from sla.clocks.services.stopping import end_unmeasured
from sla.metrics import AT_ARRIVAL
from sla.policies.layers import Policy, Promised, is_same_promise, matter_of, policy_on
from sla.targets import Target
from tickets.models import Ticket


class HidesBreach(NotAllowed):
    """The change would turn a missed target into one in time, and its author may not
    decide that.
    """

    code = "hides_breach"


@dataclass(frozen=True)
class _Change:
    cause: SegmentCause
    policy: Policy | None  # None: each clock keeps its own
    from_start: bool
    can_relieve: bool
    by: Actor
    at: datetime


@transaction.atomic
def retarget_clocks(*, ticket: Ticket, can_relieve: bool, by: Actor, at: datetime) -> None:
    """Run the live clocks on with the target and calendar of the new classification.

    A breach of the old target stays on its segment; a target that is overdue at once is breached at
    the change. The policy stays the one that is bound. Unless ``can_relieve``, refuses with
    ``HidesBreach`` when a clock that is missed would not be.
    """
    _carry_out(
        ticket,
        _Change(
            SegmentCause.CLASSIFICATION,
            None,
            from_start=False,
            can_relieve=can_relieve,
            by=by,
            at=at,
        ),
    )


@transaction.atomic
def rebind_clocks(*, ticket: Ticket, from_start: bool, by: Actor, at: datetime) -> None:
    """Run the live clocks on under the policy of the ticket's new contract that is in force at
    ``at`` (DECISIONS 15).

    ``from_start`` binds the one that was in force when the ticket arrived, and measures the live
    clocks by it from then on. What has stopped stays as it is. Who may change a contract may turn a
    breach into none.
    """
    policy = _binding(ticket)
    _carry_out(
        ticket,
        _Change(
            SegmentCause.CONTRACT, policy, from_start=from_start, can_relieve=True, by=by, at=at
        ),
    )


def _carry_out(ticket: Ticket, change: _Change) -> None:
    loaded = load_locked(ticket)
    versions = calendars_for(ticket, ticket.received_at if change.from_start else change.at)
    changed = [
        _changed(ticket, item, versions, change) if _is_open(item) else item for item in loaded
    ]
    changed += _start_missing(ticket, changed, versions, change)
    update_ticket_due_dates(ticket, changed)


def _binding(ticket: Ticket) -> Policy:
    """Return the policy that binds the ticket: of its contract, in force when the ticket arrived or
    came under it (DECISIONS 15).
    """
    return policy_on(ticket.organization, ticket.contract_id, ticket.requester_id, ticket.terms_at)


def _is_open(item: LoadedClock) -> bool:
    """Tell whether a change of what the ticket is about changes this promise; the later ones were
    made apart from it.
    """
    return item.clock.state != ClockState.STOPPED and item.metric in AT_ARRIVAL


def _changed(
    ticket: Ticket, old: LoadedClock, versions: list[CalendarVersion], change: _Change
) -> LoadedClock:
    """Give one live clock its new promise, and return it with the policy that is bound now."""
    settle(ticket, old, change.at)
    # What was withdrawn is bound by nothing: promised again, it is under the policy that binds the
    # ticket now.
    policy = change.policy or (old.policy if old.clock.is_live else _binding(ticket))
    item = replace(old, policies={**old.policies, **kept(policy)})
    clock = item.clock
    # not by a clock of the machine's that had jumped
    was_missed = clock.breached_at is not None and clock.breached_at < change.at
    was_live = clock.is_live
    matter = matter_of(ticket)
    target = policy.target(item.metric, matter)
    if target is None and not was_live:
        return item
    clock.priority = ticket.priority
    if target is None:  # no such promise any more
        _refuse_relief(item, was_missed and not change.can_relieve)
        record_facts(ticket, [end_unmeasured(item, change.at)], change.at, change.by)
        return item
    calendar = calendar_for(matter, item.metric, policy, versions)
    if not was_live:
        _resume(ticket, item, change)
    new = Promised(target, calendar.pk, policy)
    old_policy = item.policies[tuple(item.segments[-1].policy_ids)]
    last = Promised(item.segments[-1].promise, item.segments[-1].calendar_id, old_policy)
    is_kept = was_live and not change.from_start and is_same_promise(item.metric, new, last)
    if is_kept:
        _rebind(ticket, item, policy, change)
    else:
        _promise_anew(
            ticket, item, target, calendar, policy=policy, change=change, was_live=was_live
        )
    settle(ticket, item, change.at)
    _refuse_relief(item, was_missed and clock.breached_at is None and not change.can_relieve)
    return item


def _resume(ticket: Ticket, item: LoadedClock, change: _Change) -> None:
    """Let a clock run again that an earlier change withdrew: the time since the arrival counts."""
    clock = item.clock
    clock.state = ClockState.RUNNING
    clock.stopped_at = None
    record_facts(ticket, [fact_of(verbs.RESUMED, clock)], change.at, change.by)


def _rebind(ticket: Ticket, item: LoadedClock, policy: Policy, change: _Change) -> None:
    """Bind the clock to another policy with the same target: what was announced stays announced."""
    clock = item.clock
    last = item.segments[-1]
    if policy.ids == clock.policy_ids:
        return
    clock.policy_ids = last.policy_ids = policy.ids
    last.save(update_fields=["policy_ids"])
    fact = fact_of(verbs.REBOUND, clock, policy_ids=policy.ids)
    record_facts(ticket, [fact], change.at, change.by)


def _promise_anew(
    ticket: Ticket,
    item: LoadedClock,
    target: Target,
    calendar: Calendar,
    *,
    policy: Policy,
    change: _Change,
    was_live: bool,
) -> None:
    """Begin a segment with the new target, unless a live clock has exactly this one."""
    clock = item.clock
    last = item.segments[-1]
    old = (last.promise, last.calendar_id, clock.policy_ids)
    if was_live and not change.from_start and (target, calendar.pk, policy.ids) == old:
        return
    old_due = clock.due_at
    clock.policy_ids = policy.ids
    if change.from_start:
        _forget(item)
    since = clock.started_at if change.from_start else change.at
    _begin_segment(item, target, calendar, change.cause, since)
    put_dates(clock, item.reading())
    verb = verbs.RESTARTED if change.from_start else verbs.RETARGETED
    fact = promise_fact(verb, item, old_due_at=iso(old_due))
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


def _start_missing(
    ticket: Ticket, loaded: list[LoadedClock], versions: list[CalendarVersion], change: _Change
) -> list[LoadedClock]:
    """Start the clocks that are promised now and were not before, from the arrival: the time used
    counts.
    """
    present = {item.metric for item in loaded}
    missing = [metric for metric in AT_ARRIVAL if metric not in present]
    made = new_clocks(
        ticket,
        change.policy or _binding(ticket),
        versions,
        missing,
        loaded[0].intervals if loaded else [],
    )
    record_facts(ticket, [promise_fact(verbs.STARTED, item) for item in made], change.at, change.by)
    for item in made:
        settle(ticket, item, change.at)
    return made


def _forget(item: LoadedClock) -> None:
    """Forget what was measured: the segments go, and with them what was announced of them. The
    record keeps both.
    """
    ClockSegment.objects.filter(clock=item.clock).delete()
    item.segments.clear()


def _begin_segment(
    item: LoadedClock, target: Target, calendar: Calendar, cause: SegmentCause, at: datetime
) -> None:
    clock = item.clock
    clock.promise = target
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
