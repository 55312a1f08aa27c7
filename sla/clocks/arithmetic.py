"""Due instants and warnings of a clock, as a pure function of its segments and pauses (SPEC 17.2).
Reads neither models nor the system clock.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from foundation.calendars.arithmetic import BeyondHorizon, WorkCalendar
from foundation.calendars.errors import gettext_noop
from foundation.calendars.inputs import HORIZON_YEARS
from foundation.calendars.ledger import Ledger, Pause, SegmentKind
from sla.targets import Target, Term

BREACH_PERCENT = 100


class Stretch(NamedTuple):
    """Time measured by one calendar towards one target, with its pauses. ``ends_at`` is None for
    the last stretch.
    """

    calendar: WorkCalendar
    target: Target
    starts_at: datetime
    ends_at: datetime | None
    pauses: Sequence[Pause] = ()


class Reading(NamedTuple):
    """The dates of a clock: due, at risk and each warning. An instant is None while an open pause
    leaves it unknown; a clock without a due instant is never at risk.
    """

    due_at: datetime | None
    at_risk_at: datetime | None
    warnings: dict[int, datetime | None]

    @property
    def events(self) -> list[tuple[int, datetime | None]]:
        """Return (percent, instant) of every warning and, as 100, of the breach."""
        return [*self.warnings.items(), (BREACH_PERCENT, self.due_at)]


def used_until(stretches: Sequence[Stretch], at: datetime) -> timedelta:
    """Return the open, unpaused time from the start to ``at``."""
    total = timedelta()
    for stretch in stretches:
        end = at if stretch.ends_at is None else min(at, stretch.ends_at)
        total += stretch.calendar.elapsed(stretch.starts_at, end, stretch.pauses)
    return total


def due_of(stretches: Sequence[Stretch]) -> datetime | None:
    """Return when the last target is due; None while an open pause leaves it unknown."""
    target = stretches[-1].target
    if isinstance(target, Term):
        return _term_due(stretches, target)
    return _instant_after(stretches, _used_at_ends(stretches), target)


def _used_at_ends(stretches: Sequence[Stretch]) -> list[timedelta]:
    """Return the time used up to the end of each stretch but the last."""
    used = []
    total = timedelta()
    for stretch in stretches[:-1]:
        assert stretch.ends_at is not None
        total += stretch.calendar.elapsed(stretch.starts_at, stretch.ends_at, stretch.pauses)
        used.append(total)
    return used


def _instant_after(
    stretches: Sequence[Stretch], used_at_ends: Sequence[timedelta], amount: timedelta
) -> datetime | None:
    before = timedelta()
    for stretch, used in zip(stretches, used_at_ends, strict=False):
        if used >= amount:
            return stretch.calendar.due(stretch.starts_at, amount - before, stretch.pauses)
        before = used
    last = stretches[-1]
    return last.calendar.due(last.starts_at, amount - before, last.pauses)


def _instants_after(
    stretches: Sequence[Stretch], amounts: Sequence[timedelta]
) -> list[datetime | None]:
    """Return ``_instant_after`` of each amount. The amounts must ascend: each stretch is queried
    once.
    """
    found: list[datetime | None] = []
    before = timedelta()
    for stretch, used in zip(stretches, _used_at_ends(stretches), strict=False):
        reached = bisect_right(amounts, used, len(found))
        if reached > len(found):
            found += stretch.calendar.dues(
                stretch.starts_at,
                [amount - before for amount in amounts[len(found) : reached]],
                stretch.pauses,
            )
        before = used
    last = stretches[-1]
    return found + last.calendar.dues(
        last.starts_at, [amount - before for amount in amounts[len(found) :]], last.pauses
    )


def read(stretches: Sequence[Stretch], percents: Sequence[int], at_risk_percent: int) -> Reading:
    """Return the due instant of the last target, the instants of its warnings, and the instant from
    which it is at risk. Percents of a term are of the open time until it is due.
    """
    target = stretches[-1].target
    if isinstance(target, Term):
        due_at = _term_due(stretches, target)
        span = used_until(stretches, due_at) if due_at is not None else timedelta()
        if not span:  # paused, or without any open time until it is due
            return Reading(due_at, None, dict.fromkeys(percents))
    else:
        span = target
    asked, amounts = _milestones(span, (*percents, at_risk_percent))
    instants = dict(zip(asked, _instants_after(stretches, amounts), strict=True))
    warnings = {percent: instants[percent] for percent in percents}
    if not isinstance(target, Term):
        due_at = instants[BREACH_PERCENT]
    return Reading(due_at, instants[at_risk_percent] if due_at is not None else None, warnings)


@lru_cache(maxsize=4096)  # targets are few, clocks very many
def _milestones(
    span: timedelta, percents: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[timedelta, ...]]:
    """Return the percents to date (these and the breach), in ascending order, and the open time of
    each.
    """
    asked = tuple(sorted({*percents, BREACH_PERCENT}))
    return asked, tuple(span * percent / 100 for percent in asked)


def ledgers(stretches: Sequence[Stretch]) -> list[Ledger]:
    """Return the account of a target in time, one ledger per stretch: earlier ones up to their end,
    the last up to the due instant. Stop at the stretch that uses up the target.
    """
    account: list[Ledger] = []
    left = stretches[-1].target
    assert isinstance(left, timedelta)
    for stretch in stretches:
        if stretch.ends_at is None:
            account.append(
                stretch.calendar.explain(stretch.starts_at, max(left, timedelta()), stretch.pauses)
            )
            break
        spent = stretch.calendar.elapsed(stretch.starts_at, stretch.ends_at, stretch.pauses)
        if spent >= left:
            account.append(stretch.calendar.explain(stretch.starts_at, left, stretch.pauses))
            break
        account.append(stretch.calendar.account(stretch.starts_at, stretch.ends_at, stretch.pauses))
        left -= spent
    return account


@dataclass(frozen=True)
class TermDay:
    """A local date of a term: ``[start, end)`` in UTC; the end is None while a pause lasts. Each
    OPEN date counts as one day.
    """

    kind: SegmentKind
    day: date
    start: datetime
    end: datetime | None
    stretch: int  # index of the stretch whose calendar judges the date


def term_days(stretches: Sequence[Stretch], term: Term) -> Iterator[TermDay]:
    """Yield the days of a term in order; they partition the time from the start to the due instant.

    The day of the event does not count, nor a day that ends in a pause. Of business days, a day
    without open time does not count either. The calendar in force when a date ends (or closes)
    judges it. n calendar days end at 24:00, n business days at closing time. An open pause yields a
    last day without end. Raises ``BeyondHorizon`` if the calendar has too few business days.
    """
    first = stretches[0]
    day = first.starts_at.astimezone(first.calendar.zone).date()
    start = first.starts_at
    counted = 0
    end = first.calendar.day_end(day)
    yield TermDay(SegmentKind.START_DAY, day, start, end, 0)
    for _ in range(366 * HORIZON_YEARS):
        day = day + timedelta(days=1)
        start = end
        index = _in_force(stretches, day, term)
        calendar = stretches[index].calendar
        end = calendar.day_end(day)
        closes = calendar.closing(day) if term.business else end
        kind = calendar.day_kind(day) if term.business else SegmentKind.OPEN
        pause = next(
            (
                p
                for p in stretches[index].pauses
                if p[0] < closes and (p[1] is None or closes <= p[1])
            ),
            None,
        )
        if pause is not None and pause[1] is None:
            yield TermDay(SegmentKind.PAUSED, day, start, None, index)
            return
        if kind is SegmentKind.OPEN and pause is not None:
            kind = SegmentKind.PAUSED
        counted += kind is SegmentKind.OPEN
        yield TermDay(kind, day, start, closes if counted == term.days else end, index)
        if counted == term.days:
            return
    raise BeyondHorizon(
        gettext_noop("No business day was found: check the holidays of the calendar.")
    )


def _in_force(stretches: Sequence[Stretch], day: date, term: Term) -> int:
    """Return the index of the stretch that judges a local date: the last one that begins before the
    date ends, or closes, by the hours of the stretch before it.

    A later change affects the next date only, so that a deadline already reached does not move.
    """
    index = 0
    for following in stretches[1:]:
        calendar = stretches[index].calendar
        if following.starts_at >= (
            calendar.closing(day) if term.business else calendar.day_end(day)
        ):
            break
        index += 1
    return index


def _term_due(stretches: Sequence[Stretch], term: Term) -> datetime | None:
    *_earlier, last = term_days(stretches, term)
    return last.end
