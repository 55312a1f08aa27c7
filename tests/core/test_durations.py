"""Durations in words: exact texts at each boundary."""

from datetime import timedelta

import pytest

from foundation.core.durations import exact_duration, short_duration


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 min"),
        (59, "1 min"),
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
def test_short(seconds: int, words: str) -> None:
    assert short_duration(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(), "0:00:00"),
        (timedelta(hours=3), "3:00:00"),
        (timedelta(hours=26, minutes=5, seconds=7), "26:05:07"),
        (timedelta(seconds=1, microseconds=1), "0:00:01.000001"),
    ],
)
def test_exact(span: timedelta, words: str) -> None:
    assert exact_duration(span) == words
