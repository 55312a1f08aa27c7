"""Clocks with everything they are computed from, and the clocks that fall due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.db.models import Min
from django.utils.translation import gettext as _

from foundation.accounts.models import Organization, User
from foundation.accounts.tenancy import every_organization
from foundation.calendars.ledger import Ledger, Pause
from foundation.calendars.models import CalendarVersion
from foundation.calendars.queries import Versions, calendar_versions_of, course_of, work_calendar
from foundation.core.errors import NotFound
from sla.clocks.arithmetic import (
    Reading,
    Stretch,
    TermDay,
    ledgers,
    read,
    term_days,
)
from sla.clocks.models import Clock, ClockSegment, ClockState
from sla.metrics import Metric
from sla.policies.layers import Bound, Policy, policies_by_ids
from sla.targets import Target, Term
from tickets.models import Ticket
from tickets.stays import clock_state


class IntervalColumns(Protocol):
    """The time of a ticket in a state, as a model, a plain row or replayed from the record."""

    @property
    def state(self) -> str: ...
    @property
    def mark(self) -> str: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def ended_at(self) -> datetime | None: ...


class SegmentColumns(Protocol):
    """The columns of a segment, as its model or a plain row."""

    @property
    def cause(self) -> str: ...
    @property
    def policy_ids(self) -> Sequence[int]: ...
    @property
    def calendar_id(self) -> int: ...
    @property
    def priority(self) -> int: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def full_target(self) -> Target: ...


class ClockColumns(Protocol):
    """The columns of a clock, as its model or a plain row."""

    @property
    def pk(self) -> int: ...
    @property
    def ticket_id(self) -> int: ...
    @property
    def metric(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def policy_ids(self) -> Sequence[int]: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def due_at(self) -> datetime | None: ...
    @property
    def stopped_at(self) -> datetime | None: ...
    @property
    def announced_percent(self) -> int: ...
    @property
    def next_event_at(self) -> datetime | None: ...
    @property
    def at_risk_at(self) -> datetime | None: ...


def pauses_of(intervals: Sequence[IntervalColumns], states: frozenset[str]) -> list[Pause]:
    """Return the intervals in the pausing states as (start, end); the end is None while the ticket
    is in the state.
    """
    return [
        (interval.started_at, interval.ended_at)
        for interval in intervals
        if clock_state(interval.state, interval.mark) in states
    ]


@dataclass(frozen=True)
class AccountPart:
    """A stretch of a clock's account: the ledger, the version of the calendar that measured it, and
    the target it ran for.
    """

    ledger: Ledger
    version: CalendarVersion
    segment: SegmentColumns


@dataclass(frozen=True)
class ClockView:
    """A read-only clock with everything it is computed from. ``versions`` holds those of all
    calendars of its organization.

    ``policies`` holds every policy that bound the clock or one of its segments.
    """

    clock: ClockColumns
    policies: Bound
    segments: Sequence[SegmentColumns]
    intervals: Sequence[IntervalColumns]
    versions: Versions

    @property
    def metric(self) -> Metric:
        return Metric(self.clock.metric)

    @property
    def policy(self) -> Policy:
        """The policy that is bound now."""
        return self.policies[tuple(self.clock.policy_ids)]

    @property
    def course(self) -> list[tuple[SegmentColumns, CalendarVersion, datetime]]:
        """Return (segment, calendar version, start) of each stretch of the clock."""
        ends = [following.starts_at for following in self.segments[1:]]
        return [
            (segment, version, since)
            for segment, end in zip(self.segments, [*ends, None], strict=True)
            for version, since in course_of(
                self.versions[segment.calendar_id], segment.starts_at, end, self.clock.stopped_at
            )
        ]

    @property
    def stretches(self) -> list[Stretch]:
        course = self.course
        pauses = {id(segment): self._pauses(segment) for segment in self.segments}
        ends = [since for _segment, _version, since in course[1:]]
        return [
            Stretch(work_calendar(version), segment.full_target, since, end, pauses[id(segment)])
            for (segment, version, since), end in zip(course, [*ends, None], strict=True)
        ]

    def _pauses(self, segment: SegmentColumns) -> list[Pause]:
        """Return the pauses of the clock under the policy of a segment, cut at ``stopped_at``."""
        if not self.intervals:
            return []
        policy = self.policies[tuple(segment.policy_ids)]
        is_term = isinstance(self.segments[-1].full_target, Term)
        pauses = pauses_of(self.intervals, policy.pausing_states(self.metric, of_term=is_term))
        stop = self.clock.stopped_at
        if stop is None:
            return pauses
        return [
            (low, stop if high is None else min(high, stop)) for low, high in pauses if low < stop
        ]

    def reading(self) -> Reading:
        return read(self.stretches, self.policy.percents, self.policy.at_risk_percent)

    @property
    def account(self) -> list[AccountPart]:
        """Return the step-by-step account of the due instant of a target in time, stretch by
        stretch (SPEC 4.10).
        """
        # There are fewer ledgers where the target was used up before the last change.
        parts = zip(ledgers(self.stretches), self.course, strict=False)
        return [
            AccountPart(ledger, version, segment) for ledger, (segment, version, _since) in parts
        ]

    @property
    def days(self) -> list[TermDay]:
        """Return the account of a target in days, date by date."""
        term = self.segments[-1].full_target
        assert isinstance(term, Term)
        return list(term_days(self.stretches, term))


@dataclass(frozen=True)
class LoadedClock(ClockView):
    """A view with model instances, which a service may change and save."""

    clock: Clock
    segments: list[ClockSegment]


def load_clocks(
    ticket: Ticket, intervals: Sequence[IntervalColumns], *, lock: bool = False
) -> list[LoadedClock]:
    """Return the clocks of a ticket with segments, policies and pauses. ``lock`` locks the rows of
    the clocks until the commit.
    """
    clocks = Clock.objects.filter(ticket_id=ticket.pk).order_by("pk")
    return _loaded(
        list(clocks.select_for_update() if lock else clocks),
        {ticket.pk: intervals},
        ticket.organization,
    )


def load_locked_clocks(
    tickets: Sequence[Ticket], intervals: Mapping[int, Sequence[IntervalColumns]]
) -> list[LoadedClock]:
    """Return the live clocks of several tickets of one organization, by ticket, with their rows
    locked until the commit. ``intervals`` maps a ticket id to those that may pause its clocks.
    """
    if not tickets:
        return []
    clocks = Clock.objects.filter(
        ticket_id__in=[ticket.pk for ticket in tickets],
        state__in=(ClockState.RUNNING, ClockState.PAUSED),
    )
    locked = list(clocks.order_by("ticket_id", "pk").select_for_update())
    return _loaded(locked, intervals, tickets[0].organization)


class NoSuchClock(NotFound):
    """The ticket has no clock of this kind."""


def shown_to(user: User, clocks: Sequence[Clock]) -> list[Clock]:
    """Return the clocks that this user may see. Customers do not see withdrawn clocks of an audit
    delivery (SPEC 9.7).
    """
    return [
        clock
        for clock in clocks
        if user.is_staff or (clock.metric, clock.state) != (Metric.DELIVERY, ClockState.WITHDRAWN)
    ]


def get_clock(
    ticket: Ticket, intervals: Sequence[IntervalColumns], metric: str, viewer: User | None
) -> LoadedClock:
    """Return one clock of a ticket. Raise ``NoSuchClock`` if it does not exist or ``viewer`` may
    not see it. ``viewer`` None sees every clock.
    """
    clock_view = next(
        (item for item in load_clocks(ticket, intervals) if item.clock.metric == metric), None
    )
    if clock_view is not None and viewer is not None and not shown_to(viewer, [clock_view.clock]):
        clock_view = None
    if clock_view is None:
        raise NoSuchClock(_("This ticket has no such clock."))
    return clock_view


def _loaded(
    clocks: list[Clock],
    intervals: Mapping[int, Sequence[IntervalColumns]],
    organization: Organization,
) -> list[LoadedClock]:
    if not clocks:
        return []
    segments: dict[int, list[ClockSegment]] = {}
    rows = ClockSegment.objects.filter(clock_id__in=[clock.pk for clock in clocks])
    for segment in rows.order_by("clock_id", "number"):
        segments.setdefault(segment.clock_id, []).append(segment)
    policies = policies_by_ids(
        [
            *(segment.policy_ids for found in segments.values() for segment in found),
            *(c.policy_ids for c in clocks),
        ]
    )
    versions = calendar_versions_of(organization)
    return [
        LoadedClock(
            clock, policies, segments[clock.pk], intervals.get(clock.ticket_id, ()), versions
        )
        for clock in clocks
    ]


def clocks_of(ticket_ids: Sequence[int]) -> dict[int, list[Clock]]:
    """Return the clocks of several tickets, by ticket, for lists."""
    by_ticket: dict[int, list[Clock]] = {ticket_id: [] for ticket_id in ticket_ids}
    for clock in Clock.objects.filter(ticket_id__in=list(ticket_ids)).order_by("ticket_id", "pk"):
        by_ticket[clock.ticket_id].append(clock)
    return by_ticket


def most_urgent(clocks: Sequence[Clock]) -> Clock | None:
    """Return the live clock that falls due first, without validation. If none is dated, return the
    first paused one; None if none is live.
    """
    live = [clock for clock in clocks if clock.is_live and clock.metric != Metric.VALIDATION]
    dated = [clock for clock in live if clock.due_at is not None]
    if dated:
        return min(dated, key=lambda clock: (clock.due_at, clock.pk))
    return live[0] if live else None


def is_at_risk(clock: Clock, at: datetime) -> bool:
    """Tell whether a live clock is at risk: the policy's share of its target is used and it is not
    yet due.
    """
    return (
        clock.is_live
        and clock.metric != Metric.VALIDATION
        and clock.at_risk_at is not None
        and clock.due_at is not None
        and clock.at_risk_at <= at < clock.due_at
    )


def closed_until(clock: Clock, organization: Organization, at: datetime) -> datetime | None:
    """Return when the calendar of a running clock opens next; None if it is open or the clock does
    not run.
    """
    if clock.state != ClockState.RUNNING:
        return None
    course = course_of(calendar_versions_of(organization)[clock.calendar_id], at, None, None)
    calendar = work_calendar(course[0][0])
    return None if calendar.is_open(at) else calendar.next_opening(at)


def oldest_due(at: datetime) -> timedelta:
    """Return for how long the oldest due event of a clock has waited for the sweep; zero when none
    is due.
    """
    with every_organization(reason="the age of the oldest work says nothing of a customer"):
        oldest = Clock.objects.filter(next_event_at__lt=at).aggregate(at=Min("next_event_at"))["at"]
    return at - oldest if oldest is not None else timedelta()


def due_ticket_ids(*, at: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (organization id, ticket id) of the tickets with a clock event before ``at``. The
    query reads a range of an index (SPEC 4.12).
    """
    rows = (
        Clock.objects.filter(next_event_at__lt=at)
        .order_by("next_event_at", "pk")
        .values_list("organization_id", "ticket_id")[:limit]
    )
    return list(dict.fromkeys(rows))
