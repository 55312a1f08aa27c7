"""Hours in which nobody on duty is notified."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from escalation.models import Coverage
from foundation.accounts.models import User
from foundation.core.classification import Priority

HOURS = 168  # of a week
DAY_HOURS = 24


@dataclass(frozen=True)
class Recipients:
    """The people notified together: ``at`` is when, ``why`` is ``desk``, ``level`` or ``rule``, and
    ``name`` is that of the level or rule.
    """

    people: tuple[User, ...]
    at: datetime
    why: str
    name: str = ""
    phone: str = ""
    is_on_duty: bool = True


@dataclass(frozen=True)
class CoverageGap:
    """Nobody on duty is notified at ``percent`` of a clock of this priority in this hour. Hour 0 is
    Monday 00:00 local.
    """

    hour: int
    priority: Priority
    percent: int


@dataclass(frozen=True)
class GapRange:
    """Consecutive hours ``[first, last]`` of one day with the same gaps, as screens and letters
    show them.
    """

    first: int
    last: int
    priorities: tuple[Priority, ...]
    percents: tuple[int, ...]

    @property
    def day(self) -> int:
        return self.first // DAY_HOURS

    @property
    def hours(self) -> str:
        return f"{self.first % DAY_HOURS:02d}:00–{self.last % DAY_HOURS + 1:02d}:00"


def kept_gaps(row: Coverage) -> list[CoverageGap]:
    """Return the gaps stored in a coverage row."""
    return [CoverageGap(hour, Priority(priority), percent) for hour, priority, percent in row.gaps]


def gap_ranges(gaps: Iterable[CoverageGap]) -> list[GapRange]:
    """Return the gaps as ranges: consecutive hours of one day with the same missing priorities
    and percentages.
    """
    lacking: dict[int, set[tuple[int, int]]] = {}
    for gap in gaps:
        lacking.setdefault(gap.hour, set()).add((gap.priority, gap.percent))
    found: list[GapRange] = []
    for _key, run in groupby(
        enumerate(sorted(lacking)),
        key=lambda pair: (pair[1] - pair[0], pair[1] // DAY_HOURS, lacking[pair[1]]),
    ):
        hours = [hour for _place, hour in run]
        what = lacking[hours[0]]
        priorities = tuple(
            Priority(each) for each in sorted({priority for priority, _percent in what})
        )
        found.append(
            GapRange(
                hours[0],
                hours[-1],
                priorities,
                tuple(sorted({percent for _priority, percent in what})),
            )
        )
    return found
