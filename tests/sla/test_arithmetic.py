"""Due instants, warnings, ledgers and days of a clock as pure functions. Without a database."""

from datetime import UTC, date, datetime, timedelta

import pytest

from foundation.calendars.arithmetic import WorkCalendar
from foundation.calendars.ledger import Pause, SegmentKind
from sla.clocks.arithmetic import Stretch, due_of, ledgers, read, term_days, used_until
from sla.targets import Target, Term
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, SECOND

ZONE = "America/Mexico_City"
OFFICE = WorkCalendar(timezone=ZONE, hours={day: [("09:00", "19:00")] for day in range(5)})
SHORT = WorkCalendar(timezone=ZONE, hours={day: [("09:00", "14:00")] for day in range(5)})
ALWAYS = WorkCalendar(timezone=ZONE, hours={day: [("00:00", "24:00")] for day in range(7)})
MIDNIGHT = datetime(2026, 3, 3, 6, tzinfo=UTC)  # the end of the Monday
CLOSING = MONDAY_9AM + 10 * HOUR


def stretch(
    target: Target,
    since: datetime = MONDAY_9AM,
    until: datetime | None = None,
    *pauses: Pause,
    calendar: WorkCalendar = OFFICE,
) -> Stretch:
    return Stretch(calendar, target, since, until, pauses)


def test_used_time_sums_the_stretches_up_to_the_instant() -> None:
    two = [
        stretch(HOUR, MONDAY_9AM, MONDAY_9AM + 2 * HOUR),
        stretch(HOUR, MONDAY_9AM + 2 * HOUR, None, calendar=SHORT),
    ]

    assert used_until(two, MONDAY_9AM + HOUR) == HOUR
    assert used_until(two, MONDAY_9AM + 3 * HOUR) == 3 * HOUR
    assert used_until(two, MONDAY_9AM + 9 * HOUR) == 5 * HOUR


def test_a_target_runs_on_from_the_time_used_before() -> None:
    two = [
        stretch(10 * HOUR, MONDAY_9AM, MONDAY_9AM + 2 * HOUR),
        stretch(4 * HOUR, MONDAY_9AM + 2 * HOUR),
    ]
    three = [*two[:1], stretch(9 * HOUR, MONDAY_9AM + 2 * HOUR, MONDAY_9AM + 3 * HOUR)]
    three.append(stretch(5 * HOUR, MONDAY_9AM + 3 * HOUR))

    assert due_of(two) == MONDAY_9AM + 4 * HOUR
    assert due_of(three) == MONDAY_9AM + 5 * HOUR
    assert read(three, (), 75).due_at == MONDAY_9AM + 5 * HOUR


def test_a_target_used_up_before_a_change_is_due_in_the_earlier_stretch() -> None:
    def changed(target: timedelta) -> list[Stretch]:
        return [stretch(40 * HOUR, MONDAY_9AM, MIDNIGHT), stretch(target, MIDNIGHT)]

    assert due_of(changed(9 * HOUR)) == MONDAY_9AM + 9 * HOUR
    assert due_of(changed(10 * HOUR)) == CLOSING
    assert due_of(changed(11 * HOUR)) == MONDAY_9AM + DAY + HOUR
    assert read(changed(10 * HOUR), (), 75).due_at == CLOSING


def test_each_earlier_stretch_counts_its_own_part() -> None:
    three = [
        stretch(40 * HOUR, MONDAY_9AM, MONDAY_9AM + HOUR),
        stretch(40 * HOUR, MONDAY_9AM + HOUR, MONDAY_9AM + 3 * HOUR),
        stretch(2 * HOUR, MONDAY_9AM + 3 * HOUR),
    ]

    assert due_of(three) == MONDAY_9AM + 2 * HOUR
    assert read(three, (50,), 75).warnings == {50: MONDAY_9AM + HOUR}
    assert read(three, (50,), 75).due_at == MONDAY_9AM + 2 * HOUR


def test_a_reading_has_the_due_instant_the_risk_and_the_warnings() -> None:
    found = read([stretch(4 * HOUR)], (50, 90), 75)

    assert found.due_at == MONDAY_9AM + 4 * HOUR
    assert found.at_risk_at == MONDAY_9AM + 3 * HOUR
    assert found.warnings == {50: MONDAY_9AM + 2 * HOUR, 90: MONDAY_9AM + 216 * MINUTE}
    assert found.events == [
        (50, MONDAY_9AM + 2 * HOUR),
        (90, MONDAY_9AM + 216 * MINUTE),
        (100, MONDAY_9AM + 4 * HOUR),
    ]
    assert read([stretch(4 * HOUR)], (50, 90), 25).at_risk_at == MONDAY_9AM + HOUR


def test_an_open_pause_leaves_the_later_instants_unknown() -> None:
    found = read([stretch(4 * HOUR, MONDAY_9AM, None, (MONDAY_9AM + 2 * HOUR, None))], (25,), 40)

    assert (found.due_at, found.at_risk_at) == (None, None)
    assert found.warnings == {25: MONDAY_9AM + HOUR}


def test_warnings_of_a_term_are_percents_of_its_open_time() -> None:
    found = read([stretch(Term(1, business=True))], (50,), 75)

    assert found.due_at == MONDAY_9AM + DAY + 10 * HOUR
    assert found.at_risk_at == MONDAY_9AM + DAY + 5 * HOUR
    assert found.warnings == {50: CLOSING}


def test_a_paused_term_has_no_dates() -> None:
    found = read([stretch(Term(1, business=True), MONDAY_9AM, None, (MONDAY_9AM, None))], (50,), 75)

    assert found == (None, None, {50: None})


def test_a_term_without_open_time_has_a_due_instant_and_no_warnings() -> None:
    saturday = MONDAY_9AM + 5 * DAY

    found = read([stretch(Term(1, business=False), saturday)], (50,), 75)

    assert found == (datetime(2026, 3, 9, 6, tzinfo=UTC), None, {50: None})


def test_a_ledger_per_stretch_ends_at_the_due_instant() -> None:
    two = [
        stretch(10 * HOUR, MONDAY_9AM, MONDAY_9AM + 2 * HOUR),
        stretch(4 * HOUR, MONDAY_9AM + 2 * HOUR),
    ]

    found = ledgers(two)

    assert [ledger.segments[0].start for ledger in found] == [
        MONDAY_9AM,
        MONDAY_9AM + 2 * HOUR,
    ]
    assert [ledger.segments[-1].end for ledger in found] == [
        MONDAY_9AM + 2 * HOUR,
        MONDAY_9AM + 4 * HOUR,
    ]


def test_ledgers_stop_at_the_stretch_that_uses_up_the_target() -> None:
    used_up = [stretch(40 * HOUR, MONDAY_9AM, MIDNIGHT), stretch(10 * HOUR, MIDNIGHT)]

    found = ledgers(used_up)

    assert len(found) == 1
    assert found[0].segments[-1].end == CLOSING


def ends(stretches: list[Stretch], term: Term) -> list[tuple[SegmentKind, datetime | None]]:
    return [(day.kind, day.end) for day in term_days(stretches, term)]


START = SegmentKind.START_DAY
OPEN = SegmentKind.OPEN
PAUSED = SegmentKind.PAUSED


def test_business_days_end_at_closing_and_calendar_days_at_midnight() -> None:
    business = Term(2, business=True)
    calendar = Term(2, business=False)

    assert ends([stretch(business)], business) == [
        (START, MIDNIGHT),
        (OPEN, MIDNIGHT + DAY),
        (OPEN, CLOSING + 2 * DAY),
    ]
    assert ends([stretch(calendar)], calendar) == [
        (START, MIDNIGHT),
        (OPEN, MIDNIGHT + DAY),
        (OPEN, MIDNIGHT + 2 * DAY),
    ]


def test_the_days_of_a_term_touch_and_name_their_dates() -> None:
    term = Term(2, business=True)

    days = list(term_days([stretch(term)], term))

    assert [day.day for day in days] == [date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)]
    assert days[0].start == MONDAY_9AM
    assert [day.start for day in days[1:]] == [day.end for day in days[:-1]]
    assert {day.stretch for day in days} == {0}


def test_a_weekend_does_not_count_as_business_days_and_counts_as_calendar_days() -> None:
    friday = MONDAY_9AM + 4 * DAY
    business = Term(1, business=True)
    calendar = Term(1, business=False)

    assert [kind for kind, _end in ends([stretch(business, friday)], business)].count(OPEN) == 1
    assert due_of([stretch(business, friday)]) == CLOSING + 7 * DAY
    assert due_of([stretch(calendar, friday)]) == MIDNIGHT + 5 * DAY


@pytest.mark.parametrize(
    ("begins", "lasts", "is_extended"),
    [
        (CLOSING + DAY, HOUR, False),  # begins at the closing
        (CLOSING + DAY - SECOND, SECOND, True),  # ends at the closing
        (CLOSING + DAY - HOUR, HOUR - SECOND, False),  # ends before the closing
        (CLOSING + DAY - HOUR, 2 * HOUR, True),  # covers the closing
    ],
)
def test_a_business_day_that_closes_in_a_pause_does_not_count(
    begins: datetime, lasts: timedelta, is_extended: bool
) -> None:
    term = Term(1, business=True)
    paused = [stretch(term, MONDAY_9AM, None, (begins, begins + lasts))]

    found = ends(paused, term)

    assert found[-1] == (OPEN, CLOSING + (2 if is_extended else 1) * DAY)
    assert [kind for kind, _end in found].count(PAUSED) == int(is_extended)


def test_a_weekend_in_a_pause_stays_a_weekend() -> None:
    friday = MONDAY_9AM + 4 * DAY
    term = Term(1, business=True)

    found = ends([stretch(term, friday, None, (friday, friday + 2 * DAY))], term)

    assert PAUSED not in [kind for kind, _end in found]


def test_an_open_pause_ends_the_account_of_a_term() -> None:
    term = Term(2, business=True)
    later = [stretch(term, MONDAY_9AM, None, (MONDAY_9AM + 2 * DAY, None))]

    assert ends(later, term) == [(START, MIDNIGHT), (OPEN, MIDNIGHT + DAY), (PAUSED, None)]
    assert due_of(later) is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (CLOSING + DAY - SECOND, CLOSING + DAY - 5 * HOUR),
        (CLOSING + DAY, CLOSING + DAY),
        (CLOSING, CLOSING + DAY - 5 * HOUR),
    ],
)
def test_a_business_day_follows_the_hours_in_force_at_its_closing(
    change: datetime, expected: datetime
) -> None:
    term = Term(1, business=True)
    two = [stretch(term, MONDAY_9AM, change), stretch(term, change, None, calendar=SHORT)]

    assert due_of(two) == expected


def test_a_day_follows_the_last_change_before_it() -> None:
    term = Term(1, business=True)
    three = [
        stretch(term, MONDAY_9AM, MONDAY_9AM + HOUR),
        stretch(term, MONDAY_9AM + HOUR, MONDAY_9AM + 2 * HOUR, calendar=ALWAYS),
        stretch(term, MONDAY_9AM + 2 * HOUR, None, calendar=SHORT),
    ]

    days = list(term_days(three, term))

    assert [day.stretch for day in days] == [0, 2]
    assert days[-1].end == CLOSING + DAY - 5 * HOUR


def test_a_calendar_day_follows_the_version_in_force_at_midnight() -> None:
    term = Term(1, business=False)

    def indexes(change: datetime) -> list[int]:
        two = [stretch(term, MONDAY_9AM, change), stretch(term, change, None, calendar=SHORT)]
        return [day.stretch for day in term_days(two, term)]

    assert indexes(MIDNIGHT + DAY - SECOND) == [0, 1]
    assert indexes(MIDNIGHT + DAY) == [0, 0]
