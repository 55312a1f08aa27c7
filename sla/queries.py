"""What is promised: which policy and calendar apply, what a clock says, what falls due."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Protocol

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Organization
from accounts.terms import KEPT
from core.classification import Kind, Priority, SupportType
from core.errors import NotFound
from sla.calendars import Ledger, Pause, WorkCalendar
from sla.clocks import Reading, Stretch, ledgers, read
from sla.defaults import WARNING_PERCENTS, CalendarRole, Metric, default_calendar, default_target
from sla.models import CalendarVersion, Clock, ClockSegment, ClockState, PolicyTarget, PolicyVersion
from sla.rules import RuleSource, TargetRule
from tickets.models import StateInterval, Ticket
from tickets.states import PENDING, State


@lru_cache(maxsize=512)
def _calendar(time_zone: str, hours: str, holidays: str) -> WorkCalendar:
    version = CalendarVersion(time_zone=time_zone, hours=json.loads(hours), holidays=json.loads(holidays))
    return version.build()


def work_calendar(version: CalendarVersion) -> WorkCalendar:
    """Return the arithmetic of a version; equal content shares one table of open time per process."""
    built: WorkCalendar | None = version.__dict__.get("_built")
    if built is None:
        built = version.__dict__["_built"] = _calendar(version.time_zone, json.dumps(version.hours), json.dumps(version.holidays))
    return built


@dataclass(frozen=True)
class Policy:
    """The service levels bound to a clock: a contract's version over the defaults."""

    version: PolicyVersion | None
    targets: Sequence[PolicyTarget] = ()

    def target(self, metric: Metric, priority: Priority, support_type: SupportType) -> timedelta | None:
        """Return the contract's target, the one for this support type first; then the default; None: no such clock."""
        asked = self._asked(metric, priority, support_type)
        return next((target for _source, target in asked if target is not None), None)

    def rules(self, metric: Metric, priority: Priority, support_type: SupportType) -> list[TargetRule]:
        """Return every rule that was asked for the target, the strongest first; at most one matched."""
        asked = self._asked(metric, priority, support_type)
        winner = next((source for source, target in asked if target is not None), None)
        name = str(self.version) if self.version is not None else ""
        asked = asked if name else asked[1:]  # without a policy there is one thing to say about the contract
        return [TargetRule(source, "" if source is RuleSource.DEFAULT else name, target, source is winner) for source, target in asked]

    def _asked(self, metric: Metric, priority: Priority, support_type: SupportType) -> list[tuple[RuleSource, timedelta | None]]:
        own = {row.support_type: timedelta(minutes=row.minutes) for row in self.targets if (row.metric, row.priority) == (metric, priority)}
        return [
            (RuleSource.CONTRACT_SUPPORT_TYPE, own.get(support_type)),
            (RuleSource.CONTRACT, own.get("")),
            (RuleSource.DEFAULT, default_target(metric, priority, support_type)),
        ]

    def calendar_choice(self, metric: Metric, kind: Kind, support_type: SupportType) -> tuple[CalendarRole, int | None]:
        """Return the role of the calendar, and the id of the one the contract names for it (None: the organization's)."""
        role = default_calendar(kind, support_type)
        if self.version is None or role is CalendarRole.CONTINUOUS:
            return role, None
        widened = metric is Metric.REACTION or self.version.extension_includes_second_level
        if self.version.extended_calendar_id is not None and widened:
            return CalendarRole.EXTENDED, self.version.extended_calendar_id
        return role, self.version.business_calendar_id

    def pausing_states(self, metric: Metric) -> frozenset[str]:
        """Return the states in which the clock stands still; reaction never pauses (SPEC 4.7)."""
        if metric is Metric.REACTION:
            return frozenset()
        states = set()
        if self.version is None or self.version.pauses_while_pending_user:
            states.add(State.PENDING_USER)
        if self.version is None or self.version.pauses_while_pending_supplier:
            states.add(State.PENDING_SUPPLIER)
        if metric is Metric.RESOLUTION:
            states |= {State.SOLVED, State.CLOSED}
        return frozenset(states)

    @property
    def percents(self) -> tuple[int, ...]:
        return self.version.percents if self.version is not None else WARNING_PERCENTS


DEFAULT_POLICY = Policy(None)


def policy_on(organization: Organization, contract_id: int | None, at: datetime) -> Policy:
    """Return the policy in force for a contract at an instant; without contract or version, the default one."""
    for policy in _policies_of(organization.pk, organization.terms_stamp):
        if policy.version is not None and policy.version.contract_id == contract_id and policy.version.effective_from <= at:
            return policy
    return DEFAULT_POLICY


@lru_cache(maxsize=KEPT)
def _policies_of(organization_id: int, stamp: int) -> list[Policy]:
    """Return every policy version of an organization under this stamp, the newest of each contract first."""
    versions = PolicyVersion.objects.filter(organization_id=organization_id).order_by("contract_id", "-number")
    return list(_with_targets(versions))


def _with_targets(versions: QuerySet[PolicyVersion]) -> Iterator[Policy]:
    for version in versions.select_related("contract").prefetch_related(Prefetch("targets", queryset=PolicyTarget.objects.order_by("pk"))):
        yield Policy(version, list(version.targets.all()))


def calendar_versions_on(organization: Organization, at: datetime) -> list[CalendarVersion]:
    """Return the version of each of the organization's calendars that holds at an instant, by calendar."""
    newest: dict[int, CalendarVersion] = {}
    for version in calendar_versions_of(organization):  # a calendar's first version holds before it began, as in ``course_of``
        if version.effective_from <= at or version.calendar_id not in newest:
            newest[version.calendar_id] = version
    return list(newest.values())


def calendar_versions_of(organization: Organization) -> list[CalendarVersion]:
    """Return every version of the organization's calendars, with its calendar, each calendar's in order of publication."""
    return _calendar_versions_of(organization.pk, organization.terms_stamp)


def course_of(
    versions: Sequence[CalendarVersion], calendar_id: int, start: datetime, end: datetime | None, known_at: datetime | None
) -> list[tuple[CalendarVersion, datetime]]:
    """Return which version of a calendar holds from when in ``[start, end)``: (version, from), the first from ``start``.

    ``known_at`` leaves out what was published later: a clock that stopped knows nothing of it. Of two versions in force
    the later number holds; a calendar's first version holds before it began, so that no instant is without one.
    """
    own = [version for version in versions if version.calendar_id == calendar_id]
    known = [version for version in own[1:] if known_at is None or version.published_at <= known_at]
    course = [(own[0], start)]
    for version in known:
        begins = max(version.effective_from, start)
        if end is not None and begins >= end:
            continue
        course = [(earlier, since) for earlier, since in course if since < begins] + [(version, begins)]
    return course


@lru_cache(maxsize=KEPT)
def _calendar_versions_of(organization_id: int, stamp: int) -> list[CalendarVersion]:
    versions = CalendarVersion.objects.filter(organization_id=organization_id)
    return list(versions.select_related("calendar").order_by("calendar_id", "number"))


def pick_calendar(versions: Sequence[CalendarVersion], role: CalendarRole, calendar_id: int | None) -> CalendarVersion | None:
    """Return the version of the named calendar, otherwise of the organization's first one with that role."""
    for version in versions:
        if version.calendar_id == calendar_id:
            return version
    return next((version for version in versions if version.calendar.role == role), None)


class Stay(Protocol):
    """A stay of a ticket in a state, as a row or as the record tells it."""

    @property
    def state(self) -> str: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def ended_at(self) -> datetime | None: ...


def pauses_of(intervals: Sequence[Stay], states: frozenset[str]) -> list[Pause]:
    """Return the stays in the pausing states; a pause begins and ends with the interval that causes it."""
    return [(interval.started_at, interval.ended_at) for interval in intervals if interval.state in states]


@dataclass(frozen=True)
class AccountPart:
    """A stretch of a clock's account: the ledger, the version of the calendar that measured it, and the target it ran for."""

    ledger: Ledger
    version: CalendarVersion
    segment: ClockSegment


@dataclass(frozen=True)
class LoadedClock:
    """A clock with all it is computed from; ``versions`` are those of all calendars of its organization.

    ``policies`` holds those that its segments were or are bound to, by id; an id that is not there is the default one.
    """

    clock: Clock
    policies: Mapping[int, Policy]
    segments: list[ClockSegment]
    intervals: Sequence[Stay]
    versions: Sequence[CalendarVersion]

    @property
    def metric(self) -> Metric:
        return Metric(self.clock.metric)

    @property
    def policy(self) -> Policy:
        """The policy that is bound now."""
        return self.policies.get(self.clock.policy_id or 0, DEFAULT_POLICY)

    @property
    def course(self) -> list[tuple[ClockSegment, CalendarVersion, datetime]]:
        """Return the stretches of the clock: what was promised, the calendar version that measures it, since when."""
        ends = [following.starts_at for following in self.segments[1:]]
        return [
            (segment, version, since)
            for segment, end in zip(self.segments, [*ends, None], strict=True)
            for version, since in course_of(self.versions, segment.calendar_id, segment.starts_at, end, self.clock.stopped_at)
        ]

    @property
    def stretches(self) -> list[Stretch]:
        course = self.course
        ends = [since for _segment, _version, since in course[1:]]
        return [
            Stretch(work_calendar(version), segment.target, since, end, self._pauses(segment))
            for (segment, version, since), end in zip(course, [*ends, None], strict=True)
        ]

    def _pauses(self, segment: ClockSegment) -> list[Pause]:
        """Return what pauses the clock under the policy of a segment; a stop ends a pause, and hears of no later one."""
        policy = self.policies.get(segment.policy_id or 0, DEFAULT_POLICY)
        pauses = pauses_of(self.intervals, policy.pausing_states(self.metric))
        stop = self.clock.stopped_at
        if stop is None:
            return pauses
        return [(low, stop if high is None else min(high, stop)) for low, high in pauses if low < stop]

    def reading(self) -> Reading:
        return read(self.stretches, self.policy.percents)

    @property
    def account(self) -> list[AccountPart]:
        """Return the step-by-step account of the due instant, stretch by stretch (SPEC 4.10)."""
        parts = zip(ledgers(self.stretches), self.course, strict=False)
        return [AccountPart(ledger, version, segment) for ledger, (segment, version, _since) in parts]


def load_clocks(ticket: Ticket, intervals: Sequence[Stay], *, lock: bool = False) -> list[LoadedClock]:
    """Return the clocks of a ticket with segments, policy and pauses; ``lock`` holds their rows until the commit."""
    clocks = Clock.objects.filter(ticket_id=ticket.pk).order_by("pk")
    return _loaded(list(clocks.select_for_update() if lock else clocks), {ticket.pk: intervals}, ticket.organization)


class NoSuchClock(NotFound):
    """The ticket has no clock of this kind."""


def get_clock(ticket: Ticket, intervals: Sequence[Stay], metric: str) -> LoadedClock:
    """Return one clock of a ticket that the caller may see; ``NoSuchClock`` when it has none of this kind."""
    found = next((item for item in load_clocks(ticket, intervals) if item.clock.metric == metric), None)
    if found is None:
        raise NoSuchClock(_("This ticket has no such clock."))
    return found


def load_clocks_of(tickets: Sequence[Ticket], *, organization: Organization) -> dict[int, list[LoadedClock]]:
    """Return the clocks of many tickets of one organization, by ticket id."""
    ids = [ticket.pk for ticket in tickets]
    stays: dict[int, list[StateInterval]] = {pk: [] for pk in ids}
    pausing = StateInterval.objects.filter(ticket_id__in=ids, state__in=sorted({*PENDING, State.SOLVED, State.CLOSED}))
    for stay in pausing.order_by("ticket_id", "started_at", "pk"):
        stays[stay.ticket_id].append(stay)
    found: dict[int, list[LoadedClock]] = {pk: [] for pk in ids}
    for item in _loaded(list(Clock.objects.filter(ticket_id__in=ids).order_by("ticket_id", "pk")), stays, organization):
        found[item.clock.ticket_id].append(item)
    return found


def _loaded(clocks: list[Clock], intervals: Mapping[int, Sequence[Stay]], organization: Organization) -> list[LoadedClock]:
    if not clocks:
        return []
    segments: dict[int, list[ClockSegment]] = {}
    rows = ClockSegment.objects.filter(clock_id__in=[clock.pk for clock in clocks])
    for segment in rows.order_by("clock_id", "number"):
        segments.setdefault(segment.clock_id, []).append(segment)
    bound = {segment.policy_id for found in segments.values() for segment in found} | {clock.policy_id for clock in clocks}
    policies = policies_by_id({policy_id for policy_id in bound if policy_id is not None})
    versions = calendar_versions_of(organization)
    return [LoadedClock(clock, policies, segments[clock.pk], intervals[clock.ticket_id], versions) for clock in clocks]


def policies_by_id(ids: set[int]) -> dict[int, Policy]:
    if not ids:
        return {}
    policies = _with_targets(PolicyVersion.objects.filter(pk__in=ids).order_by("pk"))
    return {policy.version.pk: policy for policy in policies if policy.version is not None}


def clocks_of(ticket_ids: Sequence[int]) -> dict[int, list[Clock]]:
    """Return the clocks of several tickets, by ticket, for lists."""
    found: dict[int, list[Clock]] = {ticket_id: [] for ticket_id in ticket_ids}
    for clock in Clock.objects.filter(ticket_id__in=list(ticket_ids)).order_by("ticket_id", "pk"):
        found[clock.ticket_id].append(clock)
    return found


def most_urgent(clocks: Sequence[Clock]) -> Clock | None:
    """Return the live clock that falls due first; a paused one when all live ones are; None when none is live."""
    live = [clock for clock in clocks if clock.is_live]
    dated = [clock for clock in live if clock.due_at is not None]
    if dated:
        return min(dated, key=lambda clock: (clock.due_at, clock.pk))
    return live[0] if live else None


def version_to_redate(version_id: int) -> CalendarVersion | None:
    """Return a calendar version whose open clocks have not all been re-dated; None when that was done."""
    return CalendarVersion.objects.filter(pk=version_id, redated_at=None).select_related("organization").order_by("pk").first()


def versions_to_redate(published_before: datetime) -> list[tuple[int, int]]:
    """Return (organization id, version id) of what waits for re-dating, oldest first."""
    waiting = CalendarVersion.objects.filter(redated_at=None, published_at__lte=published_before)
    return list(waiting.order_by("published_at", "pk").values_list("organization_id", "pk"))


def closed_until(clock: Clock, organization: Organization, at: datetime) -> datetime | None:
    """Return when a running clock's calendar opens again; None while it is open, or when the clock does not run."""
    if clock.state != ClockState.RUNNING:
        return None
    course = course_of(calendar_versions_of(organization), clock.calendar_id, at, None, None)
    calendar = work_calendar(course[0][0])
    return None if calendar.is_open(at) else calendar.next_opening(at)


def due_ticket_ids(*, at: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (organization id, ticket id) of the clocks with an event before ``at``: an index range, not a scan (SPEC 4.12)."""
    rows = Clock.objects.filter(next_event_at__lt=at).order_by("next_event_at", "pk").values_list("organization_id", "ticket_id")[:limit]
    return list(dict.fromkeys(rows))
