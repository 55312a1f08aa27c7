"""What a clock says, as a pure function of its segments and pauses (SPEC 17.2). No models, no clock reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sla.calendars import Ledger, Pause, WorkCalendar

BREACH_PERCENT = 100
AT_RISK_PERCENT = 75  # from here on a ticket stands in the queue "At risk"


@dataclass(frozen=True)
class Stretch:
    """Time measured by one calendar towards one target, with what pauses it. ``ends_at`` is None for the last one."""

    calendar: WorkCalendar
    target: timedelta
    starts_at: datetime
    ends_at: datetime | None
    pauses: Sequence[Pause] = ()


@dataclass(frozen=True)
class Reading:
    """The dates of a clock: ``due_at`` and the instants of its warnings; None where a pause leaves them open."""

    due_at: datetime | None
    risk_at: datetime | None
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


def instant_of(stretches: Sequence[Stretch], amount: timedelta) -> datetime | None:
    """Return the instant at which ``amount`` has been used; None while an open pause holds it."""
    return _instant_after(stretches, _used_at_ends(stretches), amount)


def _used_at_ends(stretches: Sequence[Stretch]) -> list[timedelta]:
    """Return the time used up to the end of each stretch but the last."""
    used, total = [], timedelta()
    for stretch in stretches[:-1]:
        assert stretch.ends_at is not None
        total += stretch.calendar.elapsed(stretch.starts_at, stretch.ends_at, stretch.pauses)
        used.append(total)
    return used


def _instant_after(stretches: Sequence[Stretch], used_at_ends: Sequence[timedelta], amount: timedelta) -> datetime | None:
    before = timedelta()
    for stretch, used in zip(stretches, used_at_ends, strict=False):
        if used >= amount:
            return stretch.calendar.due(stretch.starts_at, amount - before, stretch.pauses)
        before = used
    last = stretches[-1]
    return last.calendar.due(last.starts_at, amount - before, last.pauses)


def read(stretches: Sequence[Stretch], percents: Sequence[int]) -> Reading:
    """Return when the last target is due and when each warning of it falls."""
    target, used = stretches[-1].target, _used_at_ends(stretches)
    instants = {
        percent: _instant_after(stretches, used, target * percent / 100) for percent in {*percents, AT_RISK_PERCENT, BREACH_PERCENT}
    }
    return Reading(
        due_at=instants[BREACH_PERCENT],
        risk_at=instants[AT_RISK_PERCENT],
        warnings={percent: instants[percent] for percent in percents},
    )


def ledgers(stretches: Sequence[Stretch]) -> list[Ledger]:
    """Return the account of a clock, one ledger per segment: earlier ones up to the change, the last one up to the due instant."""
    account: list[Ledger] = []
    left = stretches[-1].target
    for stretch in stretches:
        if stretch.ends_at is None:
            account.append(stretch.calendar.explain(stretch.starts_at, max(left, timedelta()), stretch.pauses))
            break
        spent = stretch.calendar.elapsed(stretch.starts_at, stretch.ends_at, stretch.pauses)
        if spent >= left:
            account.append(stretch.calendar.explain(stretch.starts_at, left, stretch.pauses))
            break
        account.append(stretch.calendar.account(stretch.starts_at, stretch.ends_at, stretch.pauses))
        left -= spent
    return account
