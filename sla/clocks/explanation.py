"""Explanation of a due instant: the rule that set the target, and the ledger line by line (SPEC
4.10).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, islice
from typing import NamedTuple

from catalog.models import Contract, Service
from catalog.queries import contract_as_known
from foundation.calendars.ledger import SegmentKind
from foundation.calendars.models import CalendarVersion
from foundation.core.classification import Priority, SupportType
from foundation.core.zones import zone
from sla.clocks.arithmetic import TermDay, used_until
from sla.clocks.models import ClockState
from sla.clocks.queries import IntervalColumns, LoadedClock, SegmentColumns
from sla.clocks.rounding import in_whole_seconds, whole_instant
from sla.metrics import AT_ARRIVAL, Metric
from sla.policies.layers import Matter, matter_of
from sla.policies.rules import RuleReach, RuleSource, TargetRule
from sla.targets import Target, Term
from tickets.models import Ticket
from tickets.queries import Reclassified, reclassifications
from tickets.states import PENDING, State
from tickets.stays import MARKED, clock_state

ONE_DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
# the states that can pause a clock
WAITS = frozenset({*PENDING, State.SOLVED, State.CLOSED, MARKED})


@dataclass(frozen=True)
class Line:
    """A stretch ``[start, end)`` in UTC, in whole seconds; ``end`` is None for a pause that lasts.
    ``total`` is what counted up to its end.

    ``reason`` is the name of the holiday, or the state that paused the clock; empty otherwise.
    """

    kind: SegmentKind
    start: datetime
    end: datetime | None
    counted: timedelta
    total: timedelta
    reason: str


@dataclass(frozen=True)
class Part:
    """The lines that one calendar version measured towards one target. ``cause`` is the cause of
    the segment.
    """

    calendar: str
    version: int
    time_zone: str
    tzdata_version: str
    target: Target
    cause: str
    lines: tuple[Line, ...]

    @property
    def counted(self) -> timedelta:
        return sum((line.counted for line in self.lines), timedelta())


@dataclass(frozen=True)
class Explanation:
    """The account of a clock, in whole seconds. The parts partition the time from ``started_at`` to
    ``due_at``; their counted lines sum to ``target``.

    ``used`` is the time counted up to the stop, or up to the requested instant; ``left`` is never
    negative. In a term in days each line is a date, and the counted times are whole days.
    """

    metric: str
    state: str
    priority: Priority
    target: Target
    started_at: datetime
    due_at: datetime | None
    stopped_at: datetime | None
    used: timedelta
    left: timedelta
    # when it was measured: the service guide's default alone promised it
    is_out_of_contract: bool
    rules: tuple[TargetRule, ...]
    parts: tuple[Part, ...]

    @property
    def is_term(self) -> bool:
        return isinstance(self.target, Term)

    @property
    def is_later(self) -> bool:
        """Tell whether it began later than its ticket."""
        return self.metric not in AT_ARRIVAL

    @property
    def is_the_customers(self) -> bool:
        """Tell whether it measures the customer's validation period, not a promise of the desk."""
        return self.metric == Metric.VALIDATION


class _Measured(NamedTuple):
    """What bound a clock when it was measured."""

    matter: Matter
    contract_id: int | None
    is_out_of_contract: bool


def explain_clock(item: LoadedClock, *, ticket: Ticket, at: datetime) -> Explanation:
    """Return the explanation of the clock's due instant as of the aware instant ``at``."""
    clock = item.clock
    target = item.clock.full_target
    measured = _as_measured(ticket, item)
    matter = measured.matter
    seen = min(at, clock.stopped_at or at)
    if isinstance(target, Term):
        days = item.days
        parts = tuple(_term_parts(item, days))
        used = ONE_DAY * sum(
            day.kind is SegmentKind.OPEN and day.end is not None and day.end <= seen for day in days
        )
        left = ONE_DAY * target.days - used
    else:
        parts = tuple(_parts(item))
        used = clock.used if clock.used is not None else used_until(item.stretches, seen)
        left = max(target - used, timedelta())
    lines = [line for part in parts for line in part.lines]
    return Explanation(
        metric=clock.metric,
        state=clock.state,
        priority=matter.priority,
        target=target,
        started_at=lines[0].start if lines else whole_instant(clock.started_at),
        due_at=lines[-1].end if lines else clock.due_at and whole_instant(clock.due_at),
        stopped_at=clock.stopped_at and whole_instant(clock.stopped_at),
        used=used,
        left=left,
        is_out_of_contract=measured.is_out_of_contract,
        rules=_rules(item, ticket, measured),
        parts=parts,
    )


def _rules(item: LoadedClock, ticket: Ticket, measured: _Measured) -> tuple[TargetRule, ...]:
    """Return the rules that were considered for the target. Out of contract the service guide's is
    the only one.

    The contract sets the validation period, no policy does. A period that differs from the
    contract's is the service guide's.
    """
    guide = TargetRule(
        RuleSource.DEFAULT, RuleReach.EVERY, "", item.clock.full_target, matched=True
    )
    if measured.is_out_of_contract:
        return (guide,)
    if item.metric is not Metric.VALIDATION:
        return tuple(item.policy.rules(item.metric, measured.matter))
    if measured.contract_id is None:
        return (guide,)
    contract = ticket.contract
    if contract is None or contract.pk != measured.contract_id:
        contract = Contract.objects.get(pk=measured.contract_id)
    said = _validation_rule(item, contract)
    return (said,) if said.matched else (said, guide)


def _validation_rule(item: LoadedClock, contract: Contract) -> TargetRule:
    """Return what the contract said of the validation when this one began: of a solution, or of an
    audit where that is the clock's.
    """
    version = contract_as_known(contract.pk, item.clock.started_at)
    terms = version.terms if version is not None else vars(contract)
    own = Term(terms["validation_days"], terms["validation_in_business_days"])
    of_audits = Term(terms["audit_validation_days"], business=True)
    if item.clock.full_target == of_audits:
        own = of_audits
    return TargetRule(
        RuleSource.CONTRACT,
        RuleReach.EVERY,
        str(contract),
        own,
        matched=own == item.clock.full_target,
    )


def _as_measured(ticket: Ticket, item: LoadedClock) -> _Measured:
    """Return what bound the clock when it stopped, or when its later promise began; for any other
    live clock what binds the ticket now.
    """
    clock = item.clock
    seen = item.segments[-1].starts_at if item.metric not in AT_ARRIVAL else clock.stopped_at
    now = _Measured(
        matter_of(ticket)._replace(priority=Priority(clock.priority)),
        ticket.contract_id,
        ticket.is_out_of_contract,
    )
    is_withdrawn = clock.state == ClockState.WITHDRAWN
    changed_at = max(ticket.terms_at, ticket.classified_at or ticket.terms_at)
    is_as_arrived = changed_at == ticket.received_at
    if seen is None or ((is_as_arrived or changed_at < seen) and not is_withdrawn):
        return now
    changes = list(reclassifications([ticket.pk], using="default"))
    if is_withdrawn and any(change.at == clock.stopped_at for change in changes):
        # withdrawn by this change, not by the end of the ticket: the row has the new priority
        was = Priority(item.segments[-1].priority)
        now = now._replace(matter=now.matter._replace(priority=was))
    # A change at the instant of a withdrawal caused it, so undo it too. A change at the instant of
    # a stop or of a start applies.
    since = seen if is_withdrawn else seen + MOMENT
    return _undone(now, [change for change in changes if change.at >= since])


def _undone(now: _Measured, changes: Sequence[Reclassified]) -> _Measured:
    """Take changes back, the newest first, except those of the priority."""
    matter, contract_id, is_out_of_contract = now
    for change in reversed(changes):
        if "support_type" in change.changed:
            matter = matter._replace(support_type=SupportType(change.changed["support_type"][0]))
        if "service" in change.changed:
            service = Service.objects.filter(pk=change.changed["service"][0]).order_by("pk").first()
            matter = matter._replace(category_id=service.category_id if service else None)
        if "contract" in change.changed:
            contract_id = change.changed["contract"][0]
        if "is_out_of_contract" in change.changed:
            is_out_of_contract = change.changed["is_out_of_contract"][0]
    return _Measured(matter, contract_id, is_out_of_contract)


def _parts(item: LoadedClock) -> Iterator[Part]:
    total = timedelta()
    account = item.account
    rounded = iter(in_whole_seconds([each for part in account for each in part.ledger.segments]))
    for part in account:
        lines = []
        for segment in islice(rounded, len(part.ledger.segments)):
            total += segment.counted
            reason = _reason(segment.kind, segment.start, segment.end, part.version, item.intervals)
            lines.append(
                Line(segment.kind, segment.start, segment.end, segment.counted, total, reason)
            )
        yield _part(part.version, part.segment, lines)


def _term_parts(item: LoadedClock, days: list[TermDay]) -> Iterator[Part]:
    """Yield one part per stretch, with the dates that its calendar version judged."""
    total = timedelta()
    course = item.course
    for index, of_stretch in groupby(days, key=lambda day: day.stretch):
        segment, version, _since = course[index]
        lines = []
        for day in of_stretch:
            counted = ONE_DAY if day.kind is SegmentKind.OPEN else timedelta()
            total += counted
            reason = _reason(day.kind, day.start, day.end, version, item.intervals)
            end = day.end and whole_instant(day.end)
            lines.append(Line(day.kind, whole_instant(day.start), end, counted, total, reason))
        yield _part(version, segment, lines)


def _part(version: CalendarVersion, segment: SegmentColumns, lines: list[Line]) -> Part:
    return Part(
        calendar=version.calendar.name,
        version=version.number,
        time_zone=version.time_zone,
        tzdata_version=version.tzdata_version,
        target=segment.full_target,
        cause=segment.cause,
        lines=tuple(lines),
    )


def _reason(
    kind: SegmentKind,
    start: datetime,
    end: datetime | None,
    version: CalendarVersion,
    intervals: Sequence[IntervalColumns],
) -> str:
    if kind is SegmentKind.PAUSED:
        until = end or start + ONE_DAY
        return next(
            (
                clock_state(s.state, s.mark)
                for s in intervals
                if s.started_at < until
                and (s.ended_at is None or s.ended_at > start)
                and clock_state(s.state, s.mark) in WAITS
            ),
            "",
        )
    if kind is SegmentKind.HOLIDAY:
        assert end is not None
        return ", ".join(dict.fromkeys(_holidays(version, start, end)))
    return ""


def _holidays(version: CalendarVersion, start: datetime, end: datetime) -> Iterator[str]:
    """Yield the names of the holidays that a closed stretch covers; skip holidays without a
    name.
    """
    local = zone(version.time_zone)
    day: date = start.astimezone(local).date()
    last = (end - timedelta(microseconds=1)).astimezone(local).date()
    while day <= last:
        if name := version.holidays.get(day.isoformat()):
            yield name
        day += timedelta(days=1)
