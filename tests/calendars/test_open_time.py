"""Open time of one small calendar at its boundaries: openings, terms, closings and ledgers."""

from datetime import UTC, date, datetime, timedelta

import pytest

from foundation.calendars.arithmetic import BeyondHorizon, WorkCalendar
from foundation.calendars.ledger import LedgerSegment, SegmentKind
from tests.support.house import DAY, HOUR, MINUTE

SECOND = timedelta(seconds=1)
INSTANT = timedelta(microseconds=1)  # the smallest step of the arithmetic
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
NINE = MONDAY + 9 * HOUR
TEN = MONDAY + 10 * HOUR
TUESDAY = MONDAY + DAY


def hour_a_day() -> WorkCalendar:
    """Return a calendar in UTC, open on Monday, Tuesday and Thursday from 09:00 to 10:00; Thursday
    the fifth of March is a holiday.
    """
    return WorkCalendar(
        timezone="UTC",
        hours={0: [("09:00", "10:00")], 1: [("09:00", "10:00")], 3: [("09:00", "10:00")]},
        holidays=[date(2026, 3, 5)],
    )


def test_an_instant_is_open_from_the_first_to_before_the_last() -> None:
    calendar = hour_a_day()

    assert [calendar.is_open(at) for at in (NINE - INSTANT, NINE, TEN - INSTANT, TEN)] == [
        False,
        True,
        True,
        False,
    ]
    assert calendar.next_opening(NINE - SECOND) == NINE
    assert calendar.next_opening(NINE) == NINE
    assert calendar.next_opening(TEN - SECOND) == TEN - SECOND
    assert calendar.next_opening(TEN) == NINE + DAY


def test_nothing_passes_before_the_start_or_in_a_pause() -> None:
    calendar = hour_a_day()
    half = NINE + 30 * MINUTE

    assert calendar.elapsed(TEN, NINE) == timedelta()
    assert calendar.elapsed(NINE, NINE) == timedelta()
    assert calendar.elapsed(MONDAY, TUESDAY) == HOUR
    assert calendar.elapsed(half, TUESDAY + 9.5 * HOUR) == HOUR
    assert calendar.elapsed(half, TEN, [(NINE, half + 10 * MINUTE)]) == 20 * MINUTE
    assert calendar.elapsed(NINE, half, [(NINE + 20 * MINUTE, None)]) == 20 * MINUTE
    assert calendar.elapsed(NINE, half, [(NINE + 20 * MINUTE, TEN)]) == 20 * MINUTE
    assert calendar.elapsed(half, TEN, [(MONDAY, NINE)]) == 30 * MINUTE
    assert calendar.elapsed(NINE, half, [(TEN, None)]) == 30 * MINUTE


def test_a_pause_moves_the_due_date_only_while_it_is_before_it() -> None:
    calendar = hour_a_day()
    half = NINE + 30 * MINUTE

    assert calendar.due(NINE, 30 * MINUTE) == half
    assert calendar.due(NINE, 30 * MINUTE, [(half, None)]) == half
    assert calendar.due(NINE, 30 * MINUTE, [(half - SECOND, None)]) is None
    assert calendar.due(NINE, 30 * MINUTE, [(MONDAY, NINE)]) == half
    assert calendar.due(NINE, 30 * MINUTE, [(MONDAY, NINE + 5 * MINUTE)]) == half + 5 * MINUTE
    assert calendar.due(NINE, HOUR, [(NINE, TEN)]) == TEN + DAY
    assert calendar.dues(NINE, [timedelta(), HOUR, 2 * HOUR], [(half, None)]) == [NINE, None, None]
    assert calendar.dues(NINE, [HOUR, 2 * HOUR]) == [TEN, TEN + DAY]


def test_a_term_in_business_days_ends_when_the_last_window_closes() -> None:
    calendar = hour_a_day()

    assert calendar.term(NINE, 0) == TUESDAY
    assert calendar.term(NINE, 1) == TUESDAY + DAY
    assert calendar.term(NINE, 0, business=True) == TEN
    assert calendar.term(NINE, 1, business=True) == TEN + DAY
    assert calendar.term(NINE, 2, business=True) == TEN + 7 * DAY
    assert calendar.days_before(date(2026, 3, 3), 0) == date(2026, 3, 3)
    assert calendar.days_before(date(2026, 3, 9), 1, business=True) == date(2026, 3, 3)
    assert calendar.days_before(date(2026, 3, 9), 2, business=True) == date(2026, 3, 2)


def test_a_date_is_open_a_holiday_or_outside_the_week() -> None:
    calendar = hour_a_day()

    assert [calendar.day_kind(date(2026, 3, day)) for day in (2, 4, 5, 7)] == [
        SegmentKind.OPEN,
        SegmentKind.OUTSIDE_HOURS,
        SegmentKind.HOLIDAY,
        SegmentKind.OUTSIDE_HOURS,
    ]
    assert calendar.closing(date(2026, 3, 3)) == TEN + DAY
    assert calendar.closing(date(2026, 3, 5)) == datetime(2026, 3, 6, tzinfo=UTC)
    assert calendar.day_end(date(2026, 3, 5)) == datetime(2026, 3, 6, tzinfo=UTC)


def test_the_last_of_two_windows_closes_the_day() -> None:
    calendar = WorkCalendar(timezone="UTC", hours={0: [("09:00", "10:00"), ("12:00", "13:00")]})

    assert calendar.closing(MONDAY.date()) == MONDAY + 13 * HOUR


def test_a_ledger_names_each_stretch_until_the_due_date() -> None:
    calendar = hour_a_day()
    start = NINE + DAY + 30 * MINUTE  # Tuesday 09:30; then Thursday is closed until Monday
    pause = (start + 10 * MINUTE, start + 20 * MINUTE)
    wednesday = TUESDAY + DAY

    ledger = calendar.explain(start, 30 * MINUTE, [pause])

    assert ledger.segments == (
        LedgerSegment(SegmentKind.OPEN, start, pause[0]),
        LedgerSegment(SegmentKind.PAUSED, pause[0], pause[1]),
        LedgerSegment(SegmentKind.OPEN, pause[1], TEN + DAY),
        LedgerSegment(SegmentKind.OUTSIDE_HOURS, TEN + DAY, wednesday + DAY),
        LedgerSegment(SegmentKind.HOLIDAY, wednesday + DAY, wednesday + 2 * DAY),
        LedgerSegment(SegmentKind.OUTSIDE_HOURS, wednesday + 2 * DAY, NINE + 7 * DAY),
        LedgerSegment(SegmentKind.OPEN, NINE + 7 * DAY, NINE + 7 * DAY + 10 * MINUTE),
    )
    assert (ledger.start, ledger.due) == (start, NINE + 7 * DAY + 10 * MINUTE)
    assert (ledger.duration, ledger.counted) == (30 * MINUTE, 30 * MINUTE)


def test_a_ledger_skips_pauses_outside_it_and_ends_in_an_endless_one() -> None:
    calendar = hour_a_day()
    half = NINE + 30 * MINUTE

    whole = calendar.explain(NINE, 30 * MINUTE, [(MONDAY, NINE), (half, half + MINUTE)])
    endless = calendar.explain(NINE, HOUR, [(MONDAY, None)])

    assert whole.segments == (LedgerSegment(SegmentKind.OPEN, NINE, half),)
    assert endless.due is None
    assert endless.segments == (LedgerSegment(SegmentKind.PAUSED, NINE, None),)
    assert endless.counted == timedelta()


def test_an_account_of_nothing_is_empty_and_a_pause_is_cut_at_its_end() -> None:
    calendar = hour_a_day()
    half = NINE + 30 * MINUTE

    assert calendar.account(NINE, NINE).segments == ()
    assert calendar.account(TEN, NINE).duration == timedelta()
    assert calendar.account(NINE, half, [(NINE + 10 * MINUTE, TEN)]).segments == (
        LedgerSegment(SegmentKind.OPEN, NINE, NINE + 10 * MINUTE),
        LedgerSegment(SegmentKind.PAUSED, NINE + 10 * MINUTE, half),
    )


def test_a_calendar_whose_days_are_all_holidays_has_no_business_day() -> None:
    first = date(2026, 3, 2)
    closed = [first + timedelta(days=7 * week) for week in range(3300)]
    calendar = WorkCalendar(timezone="UTC", hours={0: [("09:00", "10:00")]}, holidays=closed)

    with pytest.raises(BeyondHorizon, match="No business day"):
        calendar.term(NINE, 1, business=True)


@pytest.mark.parametrize(
    ("first", "last"), [((1901, 1, 1), (1901, 1, 8)), ((9997, 12, 20), (9997, 12, 27))]
)
def test_the_accepted_years_reach_from_1901_to_9997(
    first: tuple[int, int, int], last: tuple[int, int, int]
) -> None:
    hours = {day: [("09:00", "10:00")] for day in range(7)}
    start = datetime(*first, tzinfo=UTC)
    outside = start.replace(year=1900 if start.year == 1901 else 9998)

    open_time = WorkCalendar(timezone="UTC", hours=hours).elapsed(
        start, datetime(*last, tzinfo=UTC)
    )
    with pytest.raises(BeyondHorizon):
        WorkCalendar(timezone="UTC", hours=hours).elapsed(outside, outside + HOUR)

    assert open_time == 7 * HOUR


def test_a_calendar_answers_the_same_after_it_has_answered_for_other_years() -> None:
    calendar = hour_a_day()
    expected = hour_a_day().add(NINE, 2 * HOUR)

    for year in (2040, 1990, 2026):
        calendar.elapsed(datetime(year, 1, 1, tzinfo=UTC), datetime(year, 2, 1, tzinfo=UTC))

    assert calendar.add(NINE, 2 * HOUR) == expected == TEN + DAY


def test_hours_in_a_change_of_offset_count_as_elapsed_time() -> None:
    madrid = WorkCalendar(timezone="Europe/Madrid", hours={6: [("00:00", "24:00")]})
    spring = datetime(2026, 3, 28, 23, tzinfo=UTC)  # Sunday of 23 hours
    autumn = datetime(2026, 10, 24, 22, tzinfo=UTC)  # Sunday of 25 hours

    assert madrid.elapsed(spring, spring + 3 * DAY) == 23 * HOUR
    assert madrid.elapsed(autumn, autumn + 3 * DAY) == 25 * HOUR
    assert madrid.day_end(date(2026, 3, 29)) == spring + 23 * HOUR


def test_a_pause_that_covers_the_start_leaves_no_open_segment() -> None:
    calendar = WorkCalendar(timezone="UTC", hours={0: [("09:00", "10:00")]})
    monday = datetime(2026, 3, 2, tzinfo=UTC)
    start = monday + timedelta(hours=9, minutes=30)

    ledger = calendar.explain(
        start, timedelta(hours=1), [(monday + timedelta(hours=9), start + timedelta(minutes=15))]
    )

    first = ledger.segments[0]
    assert (first.kind, first.start, first.end) == (
        SegmentKind.PAUSED,
        start,
        start + timedelta(minutes=15),
    )
    assert all(segment.end is None or segment.start < segment.end for segment in ledger.segments)
