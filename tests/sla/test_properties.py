"""Many random calendars, clocks and pauses against a slow reference that walks day by day, window
by window.
"""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from catalog.models import Service
from foundation.accounts.models import Organization
from foundation.calendars.arithmetic import WorkCalendar
from foundation.calendars.ledger import SegmentKind
from foundation.calendars.models import Calendar, CalendarVersion
from sla.clocks.arithmetic import (
    Stretch,
    due_of,
    ledgers,
    read,
    used_until,
)
from sla.clocks.explanation import ONE_DAY, explain_clock
from sla.clocks.models import Clock, ClockSegment
from sla.clocks.queries import LoadedClock
from sla.clocks.replay import ReplayedInterval
from sla.policies.layers import Layer, Policy
from sla.policies.models import PolicyVersion
from sla.targets import Term, stored_target
from tests.support.house import MINUTE
from tickets.models import Ticket

ZONES = (
    "America/Mexico_City",
    "America/Lima",
    "America/Bogota",
    "America/Santiago",
    "America/New_York",
    "Europe/Madrid",
    "UTC",
)
START = datetime(2025, 1, 1, tzinfo=UTC)
CALENDARS = 200
CASES_PER_CALENDAR = 500  # 100,000 in all
CLOCKS = 10_000

Hours = dict[int, list[tuple[str, str]]]
Pauses = list[tuple[datetime, datetime | None]]


def random_hours(dice: random.Random) -> Hours:
    """Windows that never touch a change of clocks (which is between 00:00 and 04:00): those have
    vectors of their own.
    """
    hours: Hours = {}
    for day in dice.sample(range(7), dice.randint(1, 7)):
        # quarters of an hour from 04:00
        edges = sorted(dice.sample(range(16, 96), 2 * dice.randint(1, 3)))
        hours[day] = [(clock(a), clock(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return hours


def clock(quarters: int) -> str:
    return f"{quarters // 4:02d}:{quarters % 4 * 15:02d}"


def random_holidays(dice: random.Random) -> set[date]:
    return {
        date(2025, 1, 1) + timedelta(days=dice.randrange(700)) for _ in range(dice.randint(0, 20))
    }


class SlowCalendar:
    """The definition, walked: each local day, each window, each pause cut out of it."""

    def __init__(self, zone: str, hours: Hours, holidays: set[date]) -> None:
        self.zone = ZoneInfo(zone)
        self.hours = hours
        self.holidays = holidays

    def windows(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        day = start.astimezone(self.zone).date()
        while True:
            if day not in self.holidays:
                for low, high in self.hours.get(day.weekday(), []):
                    opens = self.instant(day, low)
                    closes = self.instant(day, high)
                    if closes > start:
                        yield max(opens, start), closes
            day += timedelta(days=1)

    def instant(self, day: date, wall: str) -> datetime:
        hour, minute = map(int, wall.split(":"))
        return datetime.combine(day, time(hour, minute), self.zone).astimezone(UTC)

    def due(self, start: datetime, amount: timedelta, pauses: Pauses) -> datetime | None:
        left = amount
        if not left:
            return start
        for low, high in self.windows(start):
            for begin, end in cut(low, high, pauses):
                if end - begin >= left:
                    return begin + left
                left -= end - begin
            if any(stop is None and begin <= low for begin, stop in pauses):
                return None
        raise AssertionError


def cut(low: datetime, high: datetime, pauses: Pauses) -> Iterator[tuple[datetime, datetime]]:
    """Yield what is left of a window when the pauses are cut out."""
    moment = low
    for begin, stop in sorted(pauses, key=lambda pause: pause[0]):
        end = high if stop is None else min(stop, high)
        if end <= moment or begin >= high:
            continue
        if begin > moment:
            yield moment, begin
        moment = max(moment, end)
    if moment < high:
        yield moment, high


def random_pauses(dice: random.Random, start: datetime) -> Pauses:
    pauses: Pauses = []
    for _ in range(dice.choice([0, 0, 1, 2, 3])):
        low = start + dice.randint(-600, 20_000) * MINUTE
        pauses.append((low, low + dice.randint(0, 6_000) * MINUTE))
    if dice.random() < 0.1:
        pauses.append((start + dice.randint(0, 20_000) * MINUTE, None))
    return pauses


@pytest.mark.long
def test_a_hundred_thousand_random_deadlines_agree_with_the_slow_reference() -> None:
    dice = random.Random(4)  # noqa: S311 - the same cases every time
    for _ in range(CALENDARS):
        zone = dice.choice(ZONES)
        hours = random_hours(dice)
        holidays = random_holidays(dice)
        fast = WorkCalendar(timezone=zone, hours=hours, holidays=holidays)
        slow = SlowCalendar(zone, hours, holidays)
        for _case in range(CASES_PER_CALENDAR):
            start = START + timedelta(
                seconds=dice.randrange(300 * 86_400), microseconds=dice.randrange(1_000_000)
            )
            amount = timedelta(seconds=dice.randint(0, 40 * 3600))
            pauses = random_pauses(dice, start)
            due = fast.due(start, amount, pauses)
            assert due == slow.due(start, amount, pauses), (zone, hours, start, amount, pauses)
            if due is not None:
                assert fast.elapsed(start, due, pauses) == amount


@pytest.mark.long
def test_the_account_of_ten_thousand_random_clocks_partitions_the_time_and_sums_to_the_target() -> (
    None
):
    dice = random.Random(5)  # noqa: S311 - the same cases every time
    calendars = [
        WorkCalendar(
            timezone=dice.choice(ZONES), hours=random_hours(dice), holidays=random_holidays(dice)
        )
        for _ in range(40)
    ]
    for _ in range(CLOCKS):
        start = START + timedelta(seconds=dice.randrange(300 * 86_400))
        cuts = sorted(dice.randint(1, 15_000) for _ in range(dice.choice([0, 0, 1, 2])))
        begins = [start, *(start + minutes * MINUTE for minutes in cuts)]
        targets = [dice.randint(10, 2_400) * MINUTE for _ in begins]
        pauses = random_pauses(dice, start)
        stretches = [
            Stretch(dice.choice(calendars), target, low, high, pauses)
            for target, low, high in zip(targets, begins, [*begins[1:], None], strict=True)
        ]
        due = due_of(stretches)
        lines = [line for ledger in ledgers(stretches) for line in ledger.segments]

        assert lines[0].start == start
        assert all(a.end == b.start for a, b in zip(lines, lines[1:], strict=False))
        assert lines[-1].end == due
        if due is not None:
            assert sum((line.counted for line in lines), timedelta()) == targets[-1]
            assert used_until(stretches, due) >= targets[-1]
        else:
            assert lines[-1].kind is SegmentKind.PAUSED
        reading = read(stretches, (50, 90), 75)
        known = [instant for _percent, instant in sorted(reading.events) if instant is not None]
        assert known == sorted(known)


TICKETS = 10_000


def generated_versions(dice: random.Random) -> dict[int, list[CalendarVersion]]:
    """Thirty calendars, each with up to three versions that take effect while the tickets run."""
    found: dict[int, list[CalendarVersion]] = {}
    for pk in range(1, 31):
        calendar = Calendar(pk=pk, name=f"Calendar {pk}")
        since = START - timedelta(days=1)
        found[pk] = []
        for number in range(1, dice.randint(1, 3) + 1):
            content = {
                "time_zone": dice.choice(ZONES),
                "hours": {
                    str(day): [list(window) for window in windows]
                    for day, windows in random_hours(dice).items()
                },
                "holidays": {day.isoformat(): "Holiday" for day in random_holidays(dice)},
                "tzdata_version": "test",
            }
            found[pk].append(
                CalendarVersion(
                    pk=10 * pk + number,
                    calendar=calendar,
                    number=number,
                    effective_from=since,
                    published_at=since,
                    **content,
                )
            )
            since += timedelta(minutes=dice.randint(1, 400_000))
    return found


def generated_stays(dice: random.Random, start: datetime) -> list[ReplayedInterval]:
    """What a ticket went through: some of it waiting for the customer or a supplier, the last of it
    open.
    """
    stays = []
    moment = start
    for _ in range(dice.randint(0, 6)):
        following = moment + dice.randint(1, 6_000) * MINUTE
        stays.append(
            ReplayedInterval(
                dice.choice(["in_progress", "pending_user", "pending_supplier"]), moment, following
            )
        )
        moment = following
    return [
        *stays,
        ReplayedInterval(dice.choice(["in_progress", "in_progress", "pending_user"]), moment, None),
    ]


def generated_clock(
    dice: random.Random,
    versions: dict[int, list[CalendarVersion]],
    policies: dict[tuple[int, ...], Policy],
) -> LoadedClock:
    """A clock of time or of days with up to three promises, in any calendars, under policies that
    pause it or not.
    """
    start = START + timedelta(seconds=dice.randrange(300 * 86_400))
    begins = [
        start,
        *(
            start + minutes * MINUTE
            for minutes in sorted(dice.randint(1, 15_000) for _ in range(dice.choice([0, 0, 1, 2])))
        ),
    ]
    is_term = dice.random() < 0.3  # noqa: PLR2004
    segments = []
    for number, since in enumerate(begins, start=1):
        promise = (
            Term(dice.randint(1, 15), dice.random() < 0.5)
            if is_term
            else dice.randint(10, 2_400) * MINUTE
        )  # noqa: PLR2004
        target, unit = stored_target(promise)
        same = {
            "policy_ids": list(dice.choice(list(policies))),
            "calendar_id": dice.choice(list(versions)),
            "priority": 2,
        }
        segments.append(
            ClockSegment(
                number=number,
                cause="start",
                target=target,
                target_unit=unit,
                starts_at=since,
                **same,
            )
        )
    last = segments[-1]
    now = {
        "policy_ids": last.policy_ids,
        "calendar_id": last.calendar_id,
        "target": last.target,
        "target_unit": last.target_unit,
    }
    clock = Clock(
        ticket_id=1, metric="attention", state="running", priority=2, started_at=start, **now
    )
    item = LoadedClock(clock, policies, segments, generated_stays(dice, start), versions)
    clock.due_at = item.reading().due_at
    return item


@pytest.mark.long
def test_the_explanation_of_every_clock_of_ten_thousand_generated_tickets_adds_up() -> None:
    dice = random.Random(6)  # noqa: S311 - the same cases every time
    versions = generated_versions(dice)
    north = Organization(name="North")
    pausing = PolicyVersion(pk=1, number=1, organization=north, pauses_extend_terms=True)
    never = PolicyVersion(
        pk=2,
        number=1,
        organization=north,
        pauses_while_pending_user=False,
        pauses_while_pending_supplier=False,
    )
    policies = {
        (): Policy(),
        (1,): Policy((Layer(pausing, []),)),
        (2,): Policy((Layer(never, []),)),
    }
    ticket = Ticket(
        kind="incident",
        support_type="functional",
        priority=2,
        service=Service(category_id=None),  # type: ignore[misc]
        received_at=START,
        terms_at=START,
    )
    for _ in range(2 * TICKETS):
        item = generated_clock(dice, versions, policies)
        account = explain_clock(
            item, ticket=ticket, at=item.clock.started_at + dice.randint(0, 20_000) * MINUTE
        )
        lines = [line for part in account.parts for line in part.lines]

        assert lines[0].start == account.started_at
        assert all(a.end == b.start for a, b in zip(lines, lines[1:], strict=False))
        assert lines[-1].end == account.due_at
        promised = (
            ONE_DAY * account.target.days if isinstance(account.target, Term) else account.target
        )
        counted = sum((line.counted for line in lines), timedelta())
        assert counted == promised if account.due_at is not None else counted <= promised
        assert lines[-1].total == counted
        assert account.left == max(promised - account.used, timedelta())
