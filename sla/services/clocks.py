"""Clocks as rows: started, settled, paused, retargeted, stopped. All dates come from
``sla.clocks``; rows are its cache.

Each verb runs in the transaction of the fact that moved the clock. The ticket's row is always
locked before its clocks.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from foundation.activity.services import Fact, record
from foundation.calendars.arithmetic import CalendarError
from foundation.calendars.defaults import CalendarRole
from foundation.calendars.models import Calendar, CalendarVersion
from foundation.calendars.queries import calendar_versions_of, calendar_versions_on, pick_calendar
from foundation.calendars.services.versions import ensure_calendars
from foundation.core.actor import Actor, system_actor
from foundation.core.events import publish
from sla.clocks import BREACH_PERCENT, Reading, Target, used_until
from sla.defaults import AT_ARRIVAL, Metric
from sla.events import ClockBreached, ClockWarned
from sla.models import (
    Announcement,
    Clock,
    ClockSegment,
    ClockState,
    SegmentCause,
    stored_promise,
)
from sla.promises import Bound, Matter, Policy, matter_of, policy_on
from sla.queries import LoadedClock, Stay, load_clocks
from sla.services.dating import last_due, project, put_dates, reading_of
from tickets import notices as ticket_notices
from tickets.models import MessageKind, Ticket
from tickets.queries import intervals as intervals_of
from tickets.states import ClosureCode, State

logger = logging.getLogger(__name__)

CLOCKWORK = "clocks"  # the system's name on the record


@transaction.atomic(savepoint=False)  # it fails with its ticket, never alone
def start_clocks(*, ticket: Ticket, at: datetime) -> list[Clock]:
    """Start the clocks the policy promises, from the instant of arrival, and send the requester
    their copy with the dates.
    """
    policy = policy_on(
        ticket.organization, ticket.contract_id, ticket.requester_id, ticket.terms_at
    )
    loaded = new_clocks(ticket, policy, calendars_for(ticket, at), AT_ARRIVAL, [])
    project(ticket, loaded)
    clocks = [item.clock for item in loaded]
    record_facts(ticket, [promise_of("clock.started", item) for item in loaded], at)
    promises = [
        {"metric": clock.metric, "due_at": iso(clock.due_at)} for clock in clocks if clock.due_at
    ]
    ticket_notices.tell_received(ticket=ticket, promises=promises, at=at)
    return clocks


def new_clocks(
    ticket: Ticket,
    policy: Policy,
    versions: list[CalendarVersion],
    metrics: Iterable[Metric],
    intervals: Sequence[Stay],
) -> list[LoadedClock]:
    """Write the clocks of these metrics that the policy promises, each with its first segment from
    the arrival.
    """
    loaded = []
    matter = matter_of(ticket)
    for metric in metrics:
        promised = policy.target(metric, matter)
        if promised is None:
            continue
        calendar = calendar_for(matter, metric, policy, versions)
        item = _unsaved(
            ticket,
            metric,
            promised,
            calendar=calendar,
            policy=policy,
            intervals=intervals,
            since=ticket.received_at,
        )
        clock = item.clock
        try:
            put_dates(clock, item.reading())
        except (
            CalendarError
        ):  # beyond the horizon: the ticket is taken, and somebody is told by the log
            logger.exception(
                "The %s of ticket %s cannot be dated: check the target and the calendar",
                metric,
                ticket.pk,
            )
            continue
        loaded.append(item)
    Clock.objects.bulk_create(item.clock for item in loaded)
    for item in loaded:
        item.segments[0].clock_id = item.clock.pk
    ClockSegment.objects.bulk_create(item.segments[0] for item in loaded)
    return loaded


def _unsaved(
    ticket: Ticket,
    metric: Metric,
    promised: Target,
    *,
    calendar: Calendar,
    policy: Policy,
    intervals: Sequence[Stay],
    since: datetime,
) -> LoadedClock:
    """Return a new clock with its first segment, neither of them saved nor dated."""
    target, unit = stored_promise(promised)
    same = {
        "organization_id": ticket.organization_id,
        "calendar": calendar,
        "policies": policy.ids,
        "priority": ticket.priority,
        "target": target,
        "target_unit": unit,
    }
    clock = Clock(ticket=ticket, metric=metric, started_at=since, **same)
    segment = ClockSegment(clock=clock, number=1, starts_at=since, **same)
    return LoadedClock(
        clock, kept(policy), [segment], intervals, calendar_versions_of(ticket.organization)
    )


@transaction.atomic
def start_promise(
    *,
    ticket: Ticket,
    metric: Metric,
    by: Actor,
    at: datetime,
    target: Target | None = None,
    replaces: bool = False,
) -> Clock:
    """Start a promise that begins later than the ticket, at ``at``: validation, audit delivery,
    RCA, restoration.

    The target is that of the policy which binds the ticket, unless one is given. A clock of this
    kind that runs already is left alone, unless this one ``replaces`` it; one that ended is
    measured anew from ``at``, and the record keeps what it came to. Nothing is announced of a
    validation period: it is the customer's. Raises ``CalendarError`` when the calendar has no such
    date.
    """
    assert metric not in AT_ARRIVAL
    loaded = load_locked(ticket)
    old = next((item for item in loaded if item.metric is metric), None)
    if old is not None and old.clock.is_live and not replaces:
        return old.clock
    policy = policy_on(
        ticket.organization, ticket.contract_id, ticket.requester_id, ticket.terms_at
    )
    matter = matter_of(ticket)
    promised = target or policy.target(metric, matter)
    assert promised is not None  # every later promise has a default
    calendar = calendar_for(matter, metric, policy, calendars_for(ticket, at))
    item = _unsaved(
        ticket,
        metric,
        promised,
        calendar=calendar,
        policy=policy,
        intervals=intervals_of(ticket.pk),
        since=at,
    )
    clock = item.clock
    segment = item.segments[0]
    segment.cause = SegmentCause.BEGIN
    if metric is Metric.VALIDATION:
        clock.announced_percent = BREACH_PERCENT
    put_dates(clock, item.reading())
    if old is not None:
        clock.pk = old.clock.pk
        ClockSegment.objects.filter(
            clock=old.clock
        ).delete()  # and with them what was announced of them
    clock.save()
    segment.clock = clock
    segment.save()
    told = {"started_at": iso(at), "announced_percent": clock.announced_percent}
    record_facts(ticket, [promise_of("clock.started", item, **told)], at, by)
    project(ticket, [item, *(each for each in loaded if each is not old)])
    return clock


@transaction.atomic
def stop_promise(*, ticket: Ticket, metric: Metric, by: Actor, at: datetime) -> None:
    """Stop a later promise: what it measures is done. A clock that has ended, or never ran, stays
    as it is.
    """
    assert metric not in AT_ARRIVAL
    _stop_where(ticket, lambda item: item.metric is metric, by, at)


@transaction.atomic
def withdraw_promise(*, ticket: Ticket, metric: Metric, by: Actor, at: datetime) -> None:
    """Call a later promise off: it is neither met nor missed."""
    assert metric not in AT_ARRIVAL
    _withdraw_where(ticket, lambda item: item.metric is metric, by, at)


@transaction.atomic
def settle_ticket(*, ticket_id: int, at: datetime) -> int:
    """Announce what fell due on a ticket's clocks up to ``at``: each threshold and breach once;
    return how many were new.

    Both clocks of a ticket are settled in this one transaction, so that two breaches in one sweep
    are one escalation step.
    """
    ticket = (
        Ticket.objects.select_for_update(of=("self",))
        .select_related("organization")
        .get(pk=ticket_id)
    )
    loaded = load_locked(ticket)
    announced = sum(settle(ticket, item, at) for item in loaded)
    project(ticket, loaded)
    return announced


@transaction.atomic
def stop_clocks_for_message(*, ticket: Ticket, kind: str, by: Actor, at: datetime) -> None:
    """Stop what a message to the customer stops: any one the reaction, a statement or a solution
    the attention too.
    """
    metrics = {Metric.REACTION}
    if kind in {MessageKind.STATEMENT, MessageKind.SOLUTION}:
        metrics.add(Metric.ATTENTION)
    _stop_where(ticket, lambda item: item.metric in metrics, by, at)


@transaction.atomic
def follow_state(*, ticket: Ticket, by: Actor, at: datetime) -> None:
    """Make the clocks follow a change of state: pause, resume, stop on solution, withdraw when the
    ticket is called off.

    A later promise stops when what it measures is done, not with the solution; the validation
    period when the ticket leaves it.
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
            _resume_resolution(item)
            record_facts(ticket, [fact_of("clock.resumed", item.clock)], at, by)
        settle(ticket, item, at)
    project(ticket, loaded)


def end_unmeasured(item: LoadedClock, at: datetime) -> Fact:
    """Withdraw a live clock: it is neither met nor missed, and a recorded breach stays."""
    clock = item.clock
    clock.state = ClockState.WITHDRAWN
    clock.stopped_at = at
    clock.next_event_at = None
    clock.due_at = last_due(item)  # a pause that runs, or begins with the end, ends with the clock
    clock.save()
    return fact_of("clock.withdrawn", clock, due_at=iso(clock.due_at))


def settle(ticket: Ticket, item: LoadedClock, at: datetime) -> int:
    """Bring a live clock's row up to date and announce the highest threshold crossed before ``at``;
    return 1 if one was.
    """
    clock = item.clock
    if not clock.is_live:
        return 0
    reading = reading_of(item)
    if clock.announced_percent == BREACH_PERCENT and _was_too_early(item, reading, at):
        _take_back_breach(item)
        record_facts(
            ticket,
            [fact_of("clock.breach_taken_back", clock, announced_percent=clock.announced_percent)],
            at,
        )
    crossed = max(
        (percent for percent, instant in reading.events if instant is not None and instant < at),
        default=0,
    )
    fresh = crossed > clock.announced_percent
    if fresh:
        clock.announced_percent = crossed
        if crossed == BREACH_PERCENT:
            _breach(item, reading)
    put_dates(clock, reading)
    clock.save()
    if fresh:
        _announce(ticket, item, crossed, at)
    return int(fresh)


def _was_too_early(item: LoadedClock, reading: Reading, at: datetime) -> bool:
    """Tell whether the deadline that was announced as missed has moved, and lies ahead: the
    machine's clock had jumped, and was set back.
    """
    missed_at = item.segments[-1].breached_at
    return missed_at is not None and (reading.due_at is None or reading.due_at > max(missed_at, at))


def _breach(item: LoadedClock, reading: Reading) -> None:
    assert reading.due_at is not None
    segment = item.segments[-1]
    # A promise is not broken before it was made: a target overdue at its change is breached at the
    # change.
    segment.breached_at = item.clock.breached_at = max(reading.due_at, segment.starts_at)
    segment.save(update_fields=["breached_at"])


def _announce(ticket: Ticket, item: LoadedClock, percent: int, at: datetime) -> None:
    clock = item.clock
    segment = item.segments[-1]
    Announcement.objects.create(
        organization_id=clock.organization_id, clock=clock, segment=segment, percent=percent, at=at
    )
    if percent == BREACH_PERCENT:
        record_facts(
            ticket, [fact_of("clock.breached", clock, breached_at=iso(clock.breached_at))], at
        )
        publish(
            ClockBreached(
                organization_id=clock.organization_id,
                at=at,
                ticket_id=ticket.pk,
                clock_id=clock.pk,
                segment_id=segment.pk,
                metric=clock.metric,
            )
        )
        return
    record_facts(ticket, [fact_of("clock.warned", clock, percent=percent)], at)
    publish(
        ClockWarned(
            organization_id=clock.organization_id,
            at=at,
            ticket_id=ticket.pk,
            clock_id=clock.pk,
            segment_id=segment.pk,
            metric=clock.metric,
            percent=percent,
        )
    )


def _stop_where(
    ticket: Ticket, chosen: Callable[[LoadedClock], bool], by: Actor, at: datetime
) -> None:
    loaded = load_locked(ticket)
    facts = [_stop(ticket, item, at) for item in loaded if item.clock.is_live and chosen(item)]
    record_facts(ticket, facts, at, by)
    project(ticket, loaded)


def _stop(ticket: Ticket, item: LoadedClock, at: datetime) -> Fact:
    """Stop a live clock, save it, and return the fact with its verdict."""
    settle(ticket, item, at)
    clock = item.clock
    # A pause that still runs ends with the clock: the due instant becomes known.
    clock.state = ClockState.STOPPED
    clock.stopped_at = at
    clock.next_event_at = None
    clock.due_at = last_due(item)
    clock.used = used_until(item.stretches, at)
    # By instants alone: an act that was in time stays so, although a sweep looked between the act
    # and its commit.
    clock.is_met = clock.due_at is None or at <= clock.due_at
    if clock.is_met and clock.breached_at is not None:
        _take_back_breach(item)
    clock.save()
    return fact_of("clock.stopped", clock, **_verdict(item))


def _take_back_breach(item: LoadedClock) -> None:
    """Forget a breach that was announced too early, so that a clock which runs again can be
    breached; the record keeps it.
    """
    clock = item.clock
    segment = item.segments[-1]
    clock.breached_at = segment.breached_at = None
    warned = Announcement.objects.filter(segment=segment).exclude(percent=BREACH_PERCENT)
    clock.announced_percent = warned.aggregate(most=Max("percent"))["most"] or 0
    segment.save(update_fields=["breached_at"])
    Announcement.objects.filter(segment=segment, percent=BREACH_PERCENT).delete()


def _verdict(item: LoadedClock) -> dict[str, Any]:
    """Return what a rebuild reads from the record instead of computing again."""
    clock = item.clock
    return {
        "due_at": iso(clock.due_at),
        "used_seconds": clock.used.total_seconds() if clock.used is not None else None,
        "is_met": clock.is_met,
        "announced_percent": clock.announced_percent,
        "calendar_versions": [version.pk for _segment, version, _since in item.course],
        "tzdata": item.course[-1][1].tzdata_version,
    }


def _withdraw_where(
    ticket: Ticket, chosen: Callable[[LoadedClock], bool], by: Actor, at: datetime
) -> None:
    loaded = load_locked(ticket)
    facts = []
    for item in loaded:
        if item.clock.is_live and chosen(item):
            settle(ticket, item, at)
            facts.append(end_unmeasured(item, at))
    record_facts(ticket, facts, at, by)
    project(ticket, loaded)


def _resume_resolution(item: LoadedClock) -> None:
    clock = item.clock
    clock.state = ClockState.RUNNING
    clock.stopped_at = None
    clock.used = None
    clock.is_met = None


def load_locked(ticket: Ticket) -> list[LoadedClock]:
    return load_clocks(ticket, intervals_of(ticket.pk), lock=True)


def calendars_for(ticket: Ticket, at: datetime) -> list[CalendarVersion]:
    versions = calendar_versions_on(ticket.organization, at)
    roles = {version.calendar.role for version in versions}
    if not {CalendarRole.BUSINESS, CalendarRole.CONTINUOUS} <= roles:
        ensure_calendars(organization=ticket.organization, by=system_actor(CLOCKWORK), at=at)
        versions = calendar_versions_on(ticket.organization, at)
    return versions


def calendar_for(
    matter: Matter, metric: Metric, policy: Policy, versions: Sequence[CalendarVersion]
) -> Calendar:
    """Return the calendar in which a metric of such a ticket is measured; ``versions`` hold the
    organization's.
    """
    role, calendar_id = policy.calendar_choice(metric, matter)
    version = pick_calendar(versions, role, calendar_id) or pick_calendar(
        versions, CalendarRole.BUSINESS, None
    )
    assert version is not None  # calendars_for made the default ones
    return version.calendar


def kept(policy: Policy) -> Bound:
    """Return a policy by its ids, as ``LoadedClock`` holds them."""
    return {tuple(policy.ids): policy}


def fact_of(verb: str, clock: Clock, **payload: Any) -> Fact:
    return Fact(
        verb=verb,
        object_type="ticket",
        object_id=clock.ticket_id,
        payload={"clock": clock.pk, "metric": clock.metric, **payload},
    )


def promise_of(verb: str, item: LoadedClock, **payload: Any) -> Fact:
    """Return the fact of a promise: all that a rebuild needs to compute its dates again."""
    clock = item.clock
    segment = item.segments[-1]
    return fact_of(
        verb,
        clock,
        policies=clock.policies,
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
            by=by or system_actor(CLOCKWORK),
            at=at,
        )


def iso(instant: datetime | None) -> str:
    return instant.isoformat() if instant else ""
