"""An account in whole seconds whose lines add up: the engine counts microseconds, people read
seconds.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from foundation.calendars.ledger import LedgerSegment, SegmentKind
from foundation.core.durations import whole_seconds

SECOND = timedelta(seconds=1)


def whole_instant(instant: datetime) -> datetime:
    """Return the second in which an instant lies."""
    return instant.replace(microsecond=0)


def in_whole_seconds(segments: Sequence[LedgerSegment]) -> list[LedgerSegment]:
    """Return the segments of a whole account, in order, with every boundary on a second.

    Boundaries lose their fraction. Where a clock was paused between two seconds, the counted times
    would then not sum to what was counted: as many boundaries of pauses as needed move to the next
    second instead. Only if a counted stretch is shorter than a second, the start or the end of the
    account moves.
    """
    if not segments:
        return []
    exact = [each.start for each in segments]
    if segments[-1].end is not None:
        exact.append(segments[-1].end)
    counts = [each.kind is SegmentKind.OPEN and each.end is not None for each in segments]
    wanted = whole_seconds(sum((each.counted for each in segments), timedelta()))
    whole = _balanced(exact, counts, wanted)
    ends = [*whole[1:], None] if segments[-1].end is None else whole[1:]
    return [
        replace(each, start=start, end=end)
        for each, start, end in zip(segments, whole, ends, strict=False)
    ]


def _balanced(
    exact: Sequence[datetime], counts: Sequence[bool], wanted: timedelta
) -> list[datetime]:
    """Return whole seconds between which the stretches that count sum to ``wanted``."""
    whole = [whole_instant(each) for each in exact]
    spans = zip(whole, whole[1:], counts, strict=False)
    excess = sum((high - low for low, high, each in spans if each), timedelta()) - wanted
    last = len(whole) - 1
    for index in (*range(1, last), 0, last):
        if not excess or exact[index] == whole[index]:
            continue
        before = index > 0 and counts[index - 1]
        after = index < last and counts[index]
        # a later boundary lengthens the stretch before it and shortens the one after it
        change = SECOND * (before - after)
        has_room = index == last or whole[index] + SECOND <= whole[index + 1]
        if has_room and change and abs(excess + change) < abs(excess):
            whole[index] += SECOND
            excess += change
    return whole
