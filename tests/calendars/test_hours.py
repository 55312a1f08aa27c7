"""Weekly hours, holidays and times of day as text: what is read, written and refused."""

from typing import Any

import pytest

from foundation.calendars.arithmetic import (
    BadPause,
    BadWindow,
    CalendarError,
    NaiveDatetime,
    NegativeDuration,
    NoHours,
    WorkCalendar,
)
from foundation.calendars.hours import (
    DAYS_EN,
    BadDate,
    format_holidays,
    format_hours,
    minute_of,
    parse_holidays,
    parse_hours,
)
from foundation.calendars.inputs import minute_of_day, united_pauses, united_windows
from foundation.calendars.timetable import SECOND, to_us
from tests.support.house import HOUR, MINUTE, MONDAY_9AM

MINUTE_US = 60 * SECOND


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("lun 9:00-13:00, 14:00-18:00", {"0": [["09:00", "13:00"], ["14:00", "18:00"]]}),
        ("mon-tue 09:00-10:00", {"0": [["09:00", "10:00"]], "1": [["09:00", "10:00"]]}),
        ("SAT-lun 09:00-10:00", {day: [["09:00", "10:00"]] for day in ("5", "6", "0")}),
        ("mie 22:00-06:00", {"2": [["22:00", "24:00"]], "3": [["00:00", "06:00"]]}),
        ("dom 22:00-06:00", {"6": [["22:00", "24:00"]], "0": [["00:00", "06:00"]]}),
        ("vie 22:00-00:00", {"4": [["22:00", "24:00"]]}),
        ("vie 00:00-00:00", {"4": [["00:00", "24:00"]]}),
        ("mar-mar 00:00-24:00", {"1": [["00:00", "24:00"]]}),
        (
            "\n sáb 09:00-10:00 \n\n sab 11:00-12:00",
            {"5": [["09:00", "10:00"], ["11:00", "12:00"]]},
        ),
    ],
)
def test_lines_of_hours_are_read(text: str, hours: dict[str, Any]) -> None:
    assert parse_hours(text) == hours


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("foo 09:00-10:00", BadWindow, "foo 09:00-10:00”: begin with days"),
        ("lun-foo 09:00-10:00", BadWindow, "begin with days"),
        ("foo-lun 09:00-10:00", BadWindow, "begin with days"),
        ("lun 09:00", BadWindow, "write hours such as"),
        ("lun 09:00-09:00", BadWindow, "ends when it begins"),
        ("lun 9:00-09:00", BadWindow, "ends when it begins"),
        ("lun 25:00-26:00", BadWindow, "not a time of day"),
        ("lun ab-cd", BadWindow, "“ab” is not a time of day"),
        ("", NoHours, "at least one window"),
    ],
)
def test_a_line_that_is_no_hours_is_refused_with_its_text(
    text: str, error: type[CalendarError], words: str
) -> None:
    with pytest.raises(error, match=words):
        parse_hours(text)


def test_hours_are_written_as_they_are_read() -> None:
    hours = {"5": [["09:00", "10:00"]], "0": [["08:00", "12:00"], ["13:00", "17:00"]], "1": []}

    assert format_hours(hours) == "lun 08:00-12:00, 13:00-17:00\nsáb 09:00-10:00"
    assert format_hours(hours, DAYS_EN) == "mon 08:00-12:00, 13:00-17:00\nsat 09:00-10:00"
    assert minute_of("09:05") == 545


def test_holidays_are_read_and_written_in_order_of_date() -> None:
    text = "2026-12-25 Navidad \n\n2026-01-01"

    found = parse_holidays(text)

    assert list(found.items()) == [("2026-01-01", ""), ("2026-12-25", "Navidad")]
    assert format_holidays({"2026-12-25": "Navidad", "2026-01-01": ""}) == (
        "2026-01-01\n2026-12-25 Navidad"
    )
    with pytest.raises(BadDate, match="25/12/2026 Navidad”: begin with the date"):
        parse_holidays("25/12/2026 Navidad")


@pytest.mark.parametrize(
    ("text", "minute"), [("00:00", 0), ("9:05", 545), ("23:59", 1439), ("24:00", 1440)]
)
def test_a_time_of_day_is_a_minute(text: str, minute: int) -> None:
    assert minute_of_day(text) == minute


@pytest.mark.parametrize(
    "text", ["24:01", "09:60", "09:5", "09:050", "0900", ":30", "ab:30", "09:cd", "٠٩:٣٠", "-1:30"]
)
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(BadWindow, match="is not a time of day"):
        minute_of_day(text)


def test_windows_that_overlap_or_touch_are_one() -> None:
    windows = [("14:00", "18:00"), ("09:00", "10:00"), ("10:00", "12:00"), ("09:30", "09:45")]

    assert united_windows(6, windows) == (
        (540 * MINUTE_US, 720 * MINUTE_US),
        (840 * MINUTE_US, 1080 * MINUTE_US),
    )
    assert united_windows(0, [("09:00", "12:00"), ("09:00", "10:00"), ("12:01", "13:00")]) == (
        (540 * MINUTE_US, 720 * MINUTE_US),
        (721 * MINUTE_US, 780 * MINUTE_US),
    )


@pytest.mark.parametrize("weekday", [-1, 7])
def test_a_day_outside_the_week_is_refused(weekday: int) -> None:
    with pytest.raises(BadWindow, match="is not a weekday"):
        united_windows(weekday, [("09:00", "10:00")])


@pytest.mark.parametrize("window", [("10:00", "10:00"), ("10:00", "09:00")])
def test_a_window_without_length_is_refused(window: tuple[str, str]) -> None:
    with pytest.raises(BadWindow, match="ends after it starts"):
        united_windows(0, [window])


def test_pauses_that_overlap_or_touch_are_one() -> None:
    at = MONDAY_9AM
    start = to_us(at)
    minute = MINUTE_US
    later = (at + 30 * MINUTE, at + 40 * MINUTE)
    first = (at, at + 10 * MINUTE)
    touching = (at + 10 * MINUTE, at + 20 * MINUTE)
    inside = (at + 12 * MINUTE, at + 13 * MINUTE)
    empty = (at + 50 * MINUTE, at + 50 * MINUTE)
    endless = (at + 35 * MINUTE, None)

    assert united_pauses([later, touching, inside, first, empty], None) == [
        (start, start + 20 * minute),
        (start + 30 * minute, start + 40 * minute),
    ]
    assert united_pauses([endless, later, (at + HOUR, at + 2 * HOUR)], None) == [
        (start + 30 * minute, None)
    ]
    assert united_pauses([endless], start + 60 * minute) == [
        (start + 35 * minute, start + 60 * minute)
    ]
    assert united_pauses([endless], start + 30 * minute) == []
    assert united_pauses([endless], start + 35 * minute) == []
    assert united_pauses([(at, None), (at, at + MINUTE)], None) == [(start, None)]
    with pytest.raises(BadPause):
        united_pauses([(at, at - MINUTE)], None)


def test_amounts_and_instants_are_checked() -> None:
    calendar = WorkCalendar(timezone="UTC", hours={0: [("09:00", "10:00")]})

    with pytest.raises(NegativeDuration):
        calendar.add(MONDAY_9AM, -MINUTE)
    with pytest.raises(NaiveDatetime):
        calendar.add(MONDAY_9AM.replace(tzinfo=None), MINUTE)
    with pytest.raises(NaiveDatetime):
        calendar.term(MONDAY_9AM.replace(tzinfo=None), 1)
    for days in (-1,):
        with pytest.raises(NegativeDuration):
            calendar.term(MONDAY_9AM, days)
        with pytest.raises(NegativeDuration):
            calendar.days_before(MONDAY_9AM.date(), days)
    with pytest.raises(NoHours):
        WorkCalendar(timezone="UTC", hours={0: []})


@pytest.mark.parametrize("blank", ["\t", "  ", "\u00a0", " \t "])
def test_any_blank_parts_the_first_word(blank: str) -> None:
    assert parse_hours(f"lun{blank}09:00-13:00") == {"0": [["09:00", "13:00"]]}
    assert parse_holidays(f"2026-12-25{blank}Fin de año") == {"2026-12-25": "Fin de año"}
    assert parse_holidays("2026-12-25") == {"2026-12-25": ""}
