"""Start clocks: with their ticket, or later for promises that begin later."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from foundation.calendars.arithmetic import CalendarError
from foundation.calendars.defaults import CalendarRole
from foundation.calendars.models import Calendar, CalendarVersion
from foundation.calendars.queries import calendar_versions_of, calendar_versions_on, pick_calendar
from foundation.calendars.services.versions import ensure_calendars
from foundation.core.actor import Actor, system_actor
from sla import verbs
from sla.clocks.arithmetic import BREACH_PERCENT
from sla.clocks.models import (
    Clock,
    ClockSegment,
    SegmentCause,
)
from sla.clocks.queries import IntervalColumns, LoadedClock
from sla.clocks.services.base import SYSTEM_NAME, clock_fact, iso, kept, load_locked, record_facts
from sla.clocks.services.dating import (
    put_dates,
    update_ticket_due_dates,
)
from sla.clocks.services.stopping import stop_reaction
from sla.metrics import AT_ARRIVAL, Metric
from sla.policies.layers import (
    Matter,
    Policy,
    matter_of,
    policy_of,
)
from sla.targets import Target, stored_target
from tickets import notices as ticket_notices
from tickets.models import Ticket
from tickets.queries import intervals as intervals_of

logger = logging.getLogger(__name__)


@transaction.atomic(savepoint=False)  # no savepoint: an error rolls back the ticket
def start_clocks(*, ticket: Ticket, at: datetime) -> None:
    """Start the clocks that the policy promises, from the arrival. Send the requester their copy of
    the ticket with the due instants, which is the reaction where the contract says so (SPEC 4.1).
    """
    policy = policy_of(ticket)
    loaded = new_clocks(ticket, policy, calendars_for(ticket, at), AT_ARRIVAL, [])
    update_ticket_due_dates(ticket, loaded)
    clocks = [item.clock for item in loaded]
    record_facts(ticket, [clock_fact(verbs.STARTED, item) for item in loaded], at)
    promises = [
        {"metric": clock.metric, "due_at": iso(clock.due_at)} for clock in clocks if clock.due_at
    ]
    ticket_notices.notify_received(ticket=ticket, promises=promises, at=at)
    if (
        ticket.binding_contract is not None
        and ticket.binding_contract.acknowledgement_is_reaction
        and ticket_notices.has_reader(ticket)
    ):
        stop_reaction(ticket=ticket, by=system_actor(SYSTEM_NAME), at=at)


def new_clocks(
    ticket: Ticket,
    policy: Policy,
    versions: list[CalendarVersion],
    metrics: Iterable[Metric],
    intervals: Sequence[IntervalColumns],
) -> list[LoadedClock]:
    """Write the clocks of these metrics that the policy promises, each with its first segment from
    the arrival. Log and skip a clock without a date (``CalendarError``).
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
        except CalendarError:  # beyond the horizon: skip the clock, so that the ticket is created
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
    intervals: Sequence[IntervalColumns],
    since: datetime,
) -> LoadedClock:
    """Return a new clock with its first segment, both unsaved and without dates."""
    target, unit = stored_target(promised)
    same = {
        "organization_id": ticket.organization_id,
        "calendar": calendar,
        "policy_ids": policy.ids,
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
    """Start a clock that begins later than its ticket, at ``at``: validation, audit delivery, RCA
    or restoration.

    Without ``target`` the policy that binds the ticket sets it. A live clock of this metric is
    returned unchanged, unless ``replaces``. An ended one starts again at ``at``; the record keeps
    its result. Validation announces nothing, because it is the customer's period. Raises
    ``CalendarError`` if the calendar has no such date.
    """
    assert metric not in AT_ARRIVAL
    loaded = load_locked(ticket)
    old = next((item for item in loaded if item.metric is metric), None)
    if old is not None and old.clock.is_live and not replaces:
        return old.clock
    policy = policy_of(ticket)
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
        ClockSegment.objects.filter(clock=old.clock).delete()  # cascades to their announcements
    clock.save()
    segment.clock = clock
    segment.save()
    payload = {"started_at": iso(at), "announced_percent": clock.announced_percent}
    record_facts(ticket, [clock_fact(verbs.STARTED, item, **payload)], at, by)
    update_ticket_due_dates(ticket, [item, *(each for each in loaded if each is not old)])
    return clock


def calendars_for(ticket: Ticket, at: datetime) -> list[CalendarVersion]:
    versions = calendar_versions_on(ticket.organization, at)
    roles = {version.calendar.role for version in versions}
    if not {CalendarRole.BUSINESS, CalendarRole.CONTINUOUS} <= roles:
        ensure_calendars(organization=ticket.organization, by=system_actor(SYSTEM_NAME), at=at)
        versions = calendar_versions_on(ticket.organization, at)
    return versions


def calendar_for(
    matter: Matter, metric: Metric, policy: Policy, versions: Sequence[CalendarVersion]
) -> Calendar:
    """Return the calendar that measures this metric, from the organization's ``versions``; its
    business calendar if the chosen one is missing.
    """
    version = pick_calendar(versions, *policy.calendar_choice(metric, matter))
    assert version is not None  # calendars_for made the default ones
    return version.calendar
