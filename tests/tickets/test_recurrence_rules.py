"""Recurrence rules: what is read and refused, the days they give, and their words."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from foundation.core.errors import Invalid
from tickets.recurrence import (
    ClosedDays,
    first_days,
    instant_of,
    parse_rule,
    planned_days,
)
from tickets.recurrence_words import rule_words

START = date(2026, 3, 2)  # a Monday


def days(rule: str, start: date = START, count: int = 4) -> list[str]:
    return [day.isoformat() for day in first_days(parse_rule(rule).days_from(start), count)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY", ["2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"]),
        ("FREQ=DAILY;INTERVAL=3", ["2026-03-02", "2026-03-05", "2026-03-08", "2026-03-11"]),
        ("FREQ=WEEKLY;BYDAY=MO,WE", ["2026-03-02", "2026-03-04", "2026-03-09", "2026-03-11"]),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
            ["2026-03-03", "2026-03-17", "2026-03-31", "2026-04-14"],
        ),
        ("FREQ=MONTHLY;BYDAY=1MO", ["2026-03-02", "2026-04-06", "2026-05-04", "2026-06-01"]),
        ("FREQ=MONTHLY;BYDAY=-1FR", ["2026-03-27", "2026-04-24", "2026-05-29", "2026-06-26"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31", ["2026-03-31", "2026-05-31", "2026-07-31", "2026-08-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", ["2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"]),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            ["2026-03-31", "2026-04-30", "2026-05-29", "2026-06-30"],
        ),
        (
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
            ["2028-02-29", "2032-02-29", "2036-02-29", "2040-02-29"],
        ),
        ("FREQ=DAILY;COUNT=2", ["2026-03-02", "2026-03-03"]),
        ("FREQ=DAILY;UNTIL=20260303", ["2026-03-02", "2026-03-03"]),
    ],
)
def test_the_days_are_those_of_rfc_5545(rule: str, expected: list[str]) -> None:
    assert days(rule) == expected
    assert str(parse_rule(rule)) == rule


def test_a_rule_is_read_as_other_programs_write_it() -> None:
    rule = parse_rule(" rrule:freq=weekly;byday=we,mo ;interval=1;WKST=MO;UNTIL=20261231T235959Z;")

    assert str(rule) == "FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261231"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("", "Write a rule of RFC 5545"),
        ("every monday", "Write a rule of RFC 5545"),
        ("FREQ=DAILY;FREQ=DAILY", "Write a rule of RFC 5545"),
        ("FREQ=DAILY" + ";" * 200, "At most 200 characters."),
        ("FREQ=HOURLY", "FREQ is one of DAILY, WEEKLY, MONTHLY, YEARLY."),
        ("FREQ=DAILY;BYHOUR=9,10", "BYHOUR does not go with FREQ=DAILY."),
        ("FREQ=DAILY;BYDAY=MO", "BYDAY does not go with FREQ=DAILY."),
        ("FREQ=WEEKLY;BYDAY=1MO", "BYDAY has days such as MO, TU, WE"),
        ("FREQ=MONTHLY;BYDAY=6MO", "BYDAY has days such as MO, 1MO, -1FR"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY has numbers from 1 to 31"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY has numbers from 1 to 31"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS goes with BYDAY or BYMONTHDAY."),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1,2", "BYSETPOS is one number."),
        ("FREQ=YEARLY;BYMONTHDAY=1", "Name the months of the days, with BYMONTH."),
        ("FREQ=YEARLY;BYMONTH=13", "BYMONTH has numbers from 1 to 12"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL is a number from 1 to 99."),
        ("FREQ=DAILY;INTERVAL=100", "INTERVAL is a number from 1 to 99."),
        ("FREQ=DAILY;COUNT=1000", "COUNT is a number from 1 to 999."),
        ("FREQ=DAILY;COUNT=1;UNTIL=20260303", "Use COUNT or UNTIL, not both."),
        ("FREQ=DAILY;UNTIL=20260230", "UNTIL is a day such as 20261231."),
        ("FREQ=WEEKLY;WKST=SU", "Weeks begin on Monday"),
    ],
)
def test_what_is_no_rule_or_comes_too_often_is_refused(rule: str, words: str) -> None:
    with translation.override("en"), pytest.raises(Invalid) as refused:
        parse_rule(rule)

    assert str(refused.value).startswith(words)
    assert list(refused.value.fields) == ["rule"]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",  # 2026, 2030, ...: no leap year
        "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1",
        "FREQ=MONTHLY;BYMONTHDAY=1,2;BYSETPOS=3",
        "FREQ=DAILY;UNTIL=20260301",
    ],
)
def test_a_rule_that_never_comes_gives_no_day(rule: str) -> None:
    assert days(rule) == []


def closing(*closed: int) -> list[date]:
    return [date(2026, 3, day) for day in closed]


@pytest.mark.parametrize(
    ("closed_days", "expected"),
    [
        (ClosedDays.RAISE, [6, 7, 8, 9, 10]),
        (ClosedDays.SKIP, [6, 10, 11, 12, 13]),
        (ClosedDays.NEXT, [6, 10, 11, 12, 13]),  # the 7th, 8th and 9th are raised once, on the 10th
    ],
)
def test_days_off_are_kept_left_out_or_moved_and_each_day_comes_once(
    closed_days: ClosedDays, expected: list[int]
) -> None:
    closed = closing(7, 8, 9)
    found = planned_days(
        parse_rule("FREQ=DAILY"),
        START,
        closed=closed_days,
        is_open=lambda day: day not in closed,
        after=date(2026, 3, 5),
    )

    assert [each.day.day for each in first_days(found, 5)] == expected


def test_a_day_that_was_moved_over_a_pause_still_comes() -> None:
    found = planned_days(
        parse_rule("FREQ=WEEKLY;BYDAY=SA"),
        START,
        closed=ClosedDays.NEXT,
        is_open=lambda day: day.weekday() < 5,
        after=date(2026, 3, 8),  # the Sunday: Saturday's ticket comes on Monday
    )

    assert [each.day for each in first_days(found, 2)] == [date(2026, 3, 9), date(2026, 3, 16)]


def test_a_day_that_was_dealt_with_does_not_come_again_when_the_calendar_would_move_it() -> None:
    found = planned_days(
        parse_rule("FREQ=WEEKLY;BYDAY=MO"),
        START,
        closed=ClosedDays.NEXT,
        is_open=lambda day: day.weekday() != 0,  # Mondays are closed now
        after=START,
        done=START,
    )

    assert [each.day for each in first_days(found, 1)] == [date(2026, 3, 10)]


def test_a_rule_of_days_that_are_all_closed_ends() -> None:
    found = planned_days(
        parse_rule("FREQ=WEEKLY;BYDAY=SU"),
        START,
        closed=ClosedDays.SKIP,
        is_open=lambda day: day.weekday() < 5,
    )
    never_open = planned_days(
        parse_rule("FREQ=DAILY"), START, closed=ClosedDays.NEXT, is_open=lambda day: False
    )

    assert list(found) == []
    assert list(never_open) == []


@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [
        (date(2026, 3, 2), time(10), datetime(2026, 3, 2, 9, tzinfo=UTC)),
        # the clocks go forward from 02:00 to 03:00 on March 29
        (date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        # and back from 03:00 to 02:00 on October 25: the first of the two
        (date(2026, 10, 25), time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_time_of_day_is_an_instant_also_when_the_clocks_change(
    day: date, clock: time, expected: datetime
) -> None:
    assert instant_of(day, clock, "Europe/Madrid") == expected


@pytest.mark.parametrize(
    ("rule", "english", "spanish"),
    [
        ("FREQ=DAILY", "Every day", "Todos los días"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "Every 2 weeks, Monday", "Cada 2 semanas, lunes"),
        (
            "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
            "Every week, Monday to Friday",
            "Cada semana, de lunes a viernes",
        ),
        (
            "FREQ=MONTHLY;BYDAY=1MO",
            "Every month, the first Monday",
            "Cada mes, el primer lunes",
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "Every month, the last weekday",
            "Cada mes, el último día de lunes a viernes",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=1,15",
            "Every month, on day 1 and on day 15",
            "Cada mes, el día 1 y el día 15",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20261231",
            "Every month, the last day, until Dec 31, 2026",
            "Cada mes, el último día, hasta el 31 dic 2026",
        ),
        (
            "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=31;COUNT=3",
            "Every year, on day 31, in March, 3 times",
            "Cada año, el día 31, en marzo, 3 veces",
        ),
    ],
)
def test_a_rule_is_said_in_both_languages(rule: str, english: str, spanish: str) -> None:
    found = parse_rule(rule)
    with translation.override("en"):
        assert rule_words(found) == english
    with translation.override("es"):
        assert rule_words(found) == spanish


@given(
    st.sampled_from(
        [
            "FREQ=DAILY;INTERVAL=2",
            "FREQ=WEEKLY;BYDAY=MO,SA",
            "FREQ=MONTHLY;BYMONTHDAY=1,15,31",
            "FREQ=MONTHLY;BYDAY=-1SU",
        ]
    ),
    st.sampled_from(ClosedDays),
    st.sets(st.integers(0, 6), max_size=5),
    st.integers(0, 400),
)
def test_days_rise_and_do_not_depend_on_where_one_begins_to_look(
    rule: str, closed: ClosedDays, off: set[int], step: int
) -> None:
    def days_after(after: date | None) -> list[date]:
        found = planned_days(
            parse_rule(rule),
            START,
            closed=closed,
            is_open=lambda day: day.weekday() not in off,
            after=after,
        )
        return [each.day for each in first_days(found, 60)]

    every = days_after(None)
    since = START + timedelta(days=step)
    later = [day for day in every if day > since]

    assert every == sorted(set(every))
    assert days_after(since)[: len(later)] == later
