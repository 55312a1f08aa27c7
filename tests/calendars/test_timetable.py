"""The table of open intervals, at its first and its last microsecond."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from foundation.calendars.timetable import Timetable, from_us, to_us, year_start_us

MINUTE = 60_000_000
HOUR = 60 * MINUTE
NINE = 9 * HOUR
FIVE = 17 * HOUR


def weekdays_of_2026() -> Timetable:
    hours = dict.fromkeys(range(5), ((NINE, FIVE),))
    return Timetable(ZoneInfo("UTC"), hours, frozenset({date(2026, 1, 1)}), 2026, 2026)


def at(month: int, day: int, hour: int = 0) -> int:
    return to_us(datetime(2026, month, day, hour, tzinfo=UTC))


def test_a_table_covers_whole_years_of_utc() -> None:
    table = weekdays_of_2026()

    assert from_us(table.begins_us) == datetime(2026, 1, 1, tzinfo=UTC)
    assert from_us(table.ends_us) == datetime(2027, 1, 1, tzinfo=UTC)
    assert year_start_us(1971) == 365 * 24 * HOUR
    assert (table.starts[0], table.stops[0]) == (at(1, 2, 9), at(1, 2, 17))
    assert (len(table.starts), table.total) == (260, 260 * 8 * HOUR)


def test_all_of_a_table_can_be_added_and_not_a_microsecond_more() -> None:
    table = weekdays_of_2026()

    assert table.add(table.begins_us, table.total) == at(12, 31, 17)
    assert table.add(table.begins_us, table.total + 1) is None
    assert table.add(at(1, 2, 9), 8 * HOUR) == at(1, 2, 17)
    assert table.add(at(1, 2, 9), 8 * HOUR + 1) == at(1, 5, 9) + 1
    assert table.add(at(1, 2, 17), 1) == at(1, 5, 9) + 1


def test_open_time_counts_up_to_the_instant_itself() -> None:
    table = weekdays_of_2026()

    assert table.open_before(table.begins_us) == 0
    assert [table.open_before(at(1, 2, 9) + extra) for extra in (-1, 0, 1)] == [0, 0, 1]
    assert [table.open_before(at(1, 2, 17) + extra) for extra in (-1, 0, 1)] == [
        8 * HOUR - 1,
        8 * HOUR,
        8 * HOUR,
    ]


def test_the_intervals_of_a_range_are_clipped_to_it_and_touch_no_neighbour() -> None:
    table = weekdays_of_2026()
    friday = (at(1, 2, 9), at(1, 2, 17))
    monday = (at(1, 5, 9), at(1, 5, 17))

    assert list(table.between(at(1, 2), at(1, 6))) == [friday, monday]
    assert list(table.between(friday[1], monday[0])) == []
    assert list(table.between(friday[1] - 1, monday[0] + 1)) == [
        (friday[1] - 1, friday[1]),
        (monday[0], monday[0] + 1),
    ]
    assert list(table.between(monday[0], monday[0])) == []


def test_windows_that_touch_at_midnight_are_one_interval() -> None:
    day = 24 * HOUR
    hours = {0: ((22 * HOUR, day),), 1: ((0, 6 * HOUR),)}
    table = Timetable(ZoneInfo("UTC"), hours, frozenset(), 2026, 2026)

    assert (table.starts[0], table.stops[0]) == (at(1, 5, 22), at(1, 6, 6))
    assert len(table.starts) == 52
