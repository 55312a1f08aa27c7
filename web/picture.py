"""SVG coordinates of a clock's ledger: one bar per line, the present instant and the due
instant.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sla.clocks.explanation import Explanation

WIDTH = 1000  # units of the drawing; the page scales it


@dataclass(frozen=True)
class Bar:
    kind: str  # open, outside_hours, holiday or paused: a CSS class, and a word in the legend
    x: int
    width: int
    start: datetime
    end: datetime


@dataclass(frozen=True)
class ClockDrawing:
    """``now_x`` is None when the clock stopped after the end of the drawing; ``due_x`` is None when
    the clock has no due instant.
    """

    bars: tuple[Bar, ...]
    now_x: int | None
    due_x: int | None
    kinds: tuple[str, ...]


def picture(explanation: Explanation, at: datetime) -> ClockDrawing:
    """Draw from the start to the due instant, or to ``at`` if the clock runs past it or is
    paused.
    """
    end = explanation.due_at or at
    if explanation.stopped_at is None:
        end = max(end, at)
    span = max(end - explanation.started_at, timedelta(seconds=1))

    def x(moment: datetime) -> int:
        return round((moment - explanation.started_at) / span * WIDTH)

    bars = tuple(_bars(explanation, end, x))
    now = explanation.stopped_at or at
    return ClockDrawing(
        bars=bars,
        now_x=x(now) if now <= end else None,
        due_x=x(explanation.due_at) if explanation.due_at is not None else None,
        kinds=tuple(dict.fromkeys(bar.kind for bar in bars)),
    )


def _bars(explanation: Explanation, end: datetime, x: object) -> Iterator[Bar]:
    assert callable(x)
    for part in explanation.parts:
        for line in part.lines:
            stop = min(line.end or end, end)
            left = x(line.start)
            right = x(stop)
            if right > left:
                yield Bar(str(line.kind), left, right - left, line.start, stop)
