"""An account in whole seconds: its lines add up, and no instant moves by a second or more."""

from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from foundation.calendars.ledger import LedgerSegment, SegmentKind
from sla.clocks.rounding import in_whole_seconds
from tests.support.house import MINUTE, MONDAY_9AM, SECOND

OPEN = SegmentKind.OPEN
PAUSED = SegmentKind.PAUSED
OUTSIDE = SegmentKind.OUTSIDE_HOURS
MICRO = timedelta(microseconds=1)


def segments(*stretches: tuple[SegmentKind, float | timedelta]) -> list[LedgerSegment]:
    """Return consecutive segments of these lengths (seconds) from 0.6 s after nine."""
    at = MONDAY_9AM + 0.6 * SECOND
    found = []
    for kind, length in stretches:
        end = at + (length if isinstance(length, timedelta) else length * SECOND)
        found.append(LedgerSegment(kind, at, end))
        at = end
    return found


def shown(found: list[LedgerSegment]) -> list[tuple[float, float]]:
    """Return from and to of each segment, in seconds after nine."""
    return [
        ((each.start - MONDAY_9AM) / SECOND, (each.end - MONDAY_9AM) / SECOND)
        for each in found
        if each.end is not None
    ]


@pytest.mark.parametrize(
    ("exact", "expected"),
    [
        # no pause: every boundary loses its fraction
        ([(OPEN, 59.4), (OUTSIDE, 60), (OPEN, 0.6)], [(0, 60), (60, 120), (120, 120)]),
        # paused at 10.9, resumed at 20.2: 10.3 + 9.7 = 20, without a move 10 + 9
        ([(OPEN, 10.3), (PAUSED, 9.3), (OPEN, 9.7)], [(0, 11), (11, 20), (20, 29)]),
        # paused at 10.1, resumed at 20.8: 9.5 + 10.5 = 20, without a move 10 + 11
        ([(OPEN, 9.5), (PAUSED, 10.7), (OPEN, 10.5)], [(0, 10), (10, 21), (21, 31)]),
    ],
)
def test_the_lines_of_an_account_add_up(
    exact: list[tuple[SegmentKind, float]], expected: list[tuple[float, float]]
) -> None:
    found = in_whole_seconds(segments(*exact))

    assert shown(found) == expected


def test_the_start_moves_where_no_pause_can() -> None:
    assert shown(in_whole_seconds(segments((OPEN, 59.9)))) == [(1, 60)]


def test_a_pause_that_lasts_keeps_no_end() -> None:
    lasting = [*segments((OPEN, 10.3)), LedgerSegment(PAUSED, MONDAY_9AM + 10.9 * SECOND, None)]

    found = in_whole_seconds(lasting)

    assert shown(found) == [(0, 10)]
    assert (found[1].start, found[1].end) == (MONDAY_9AM + 10 * SECOND, None)


LENGTHS = st.integers(2_000_000, 9_000_000_000).map(lambda n: n * MICRO)


@given(
    st.lists(st.tuples(st.sampled_from([OPEN, PAUSED]), LENGTHS), min_size=1, max_size=12),
    st.integers(0, 999_999),
)
def test_counted_times_sum_to_the_target(
    stretches: list[tuple[SegmentKind, timedelta]], fraction: int
) -> None:
    counted = sum((length for kind, length in stretches if kind is OPEN), timedelta())
    rest = -counted % MINUTE  # the last stretch reaches the target, in whole minutes
    assume(rest >= 2 * SECOND)
    exact = [
        LedgerSegment(each.kind, each.start + fraction * MICRO, each.end + fraction * MICRO)
        for each in segments(*stretches, (OPEN, rest))
        if each.end is not None
    ]

    found = in_whole_seconds(exact)

    assert sum((each.counted for each in found), timedelta()) == counted + rest
    assert found[0].start == exact[0].start.replace(microsecond=0)
    last = exact[-1].end
    assert last is not None
    assert found[-1].end == last.replace(microsecond=0)
    assert all(a.end == b.start for a, b in zip(found, found[1:], strict=False))
    for each, was in zip(found, exact, strict=True):
        assert each.start.microsecond == 0
        assert abs(each.start - was.start) < SECOND
        assert each.end is not None
        assert each.end > each.start
