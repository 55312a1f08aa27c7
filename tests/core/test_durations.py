"""Durations in words: exact texts at each boundary."""

from datetime import timedelta

import pytest

from foundation.core.durations import exact_duration, full_duration, short_duration, whole_seconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 min"),
        (0.9, "0 min"),
        (1, "1 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (119, "1 min"),
        (120, "2 min"),
        (59 * 60 + 59, "59 min"),
        (3600, "1 h"),
        (3660, "1 h 01 min"),
        (3 * 3600 + 5 * 60, "3 h 05 min"),
        (24 * 3600 - 1, "23 h 59 min"),
        (24 * 3600, "1 d"),
        (24 * 3600 + 59 * 60, "1 d"),
        (25 * 3600, "1 d 1 h"),
        (52 * 3600, "2 d 4 h"),
        (-3600, "1 h"),
    ],
)
def test_short(seconds: float, words: str) -> None:
    assert short_duration(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(), "0:00:00"),
        (timedelta(hours=3), "3:00:00"),
        (timedelta(hours=26, minutes=5, seconds=7), "26:05:07"),
        (timedelta(seconds=1, microseconds=999_999), "0:00:01"),
    ],
)
def test_exact(span: timedelta, words: str) -> None:
    assert exact_duration(span) == words


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(), "0 s"),
        (timedelta(seconds=59, microseconds=999_999), "59 s"),
        (timedelta(minutes=2), "2 min"),
        (timedelta(hours=3, seconds=5), "3 h 5 s"),
        (timedelta(days=2, hours=4, minutes=1, seconds=1), "52 h 1 min 1 s"),
    ],
)
def test_full(span: timedelta, words: str) -> None:
    assert full_duration(span) == words


def test_whole_seconds_drop_the_rest() -> None:
    assert whole_seconds(timedelta(seconds=1.9)) == timedelta(seconds=1)
    assert whole_seconds(timedelta(seconds=-0.5)) == timedelta(seconds=-1)
