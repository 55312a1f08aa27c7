"""Sweeps in portions: what is repeated after an error, and what ends the sweep."""

from collections.abc import Sequence

import pytest
from django.db import DataError

from foundation.core import portions
from foundation.core.portions import by_organization, in_portions


class Work:
    """Counts the calls; sets with one of ``broken`` fail, and ``hopeless`` fails alone too."""

    def __init__(self, broken: Sequence[int] = (), hopeless: Sequence[int] = ()) -> None:
        self.broken = set(broken)
        self.hopeless = set(hopeless)
        self.done: list[int] = []
        self.sets: list[list[int]] = []
        self.alone_with: list[int] = []

    def together(self, ids: Sequence[int]) -> None:
        self.sets.append(list(ids))
        if self.broken & set(ids):
            raise DataError
        self.done += ids

    def alone(self, row_id: int) -> None:
        self.alone_with.append(row_id)
        if row_id in self.hopeless:
            raise ValueError
        self.done.append(row_id)

    def run(self, ids: Sequence[int]) -> None:
        in_portions(ids, what="Row", together=self.together, alone=self.alone)


@pytest.fixture(autouse=True)
def _four_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portions, "PORTION", 4)


def test_rows_are_worked_on_in_portions_in_their_order() -> None:
    work = Work()

    work.run(range(10))

    assert work.sets == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert (work.done, work.alone_with) == (list(range(10)), [])


def test_a_portion_that_fails_is_halved_down_to_the_row_that_fails(
    caplog: pytest.LogCaptureFixture,
) -> None:
    work = Work(broken=[2, 5], hopeless=[5])

    work.run(range(8))

    assert work.sets == [
        *([0, 1, 2, 3], [0, 1], [2, 3], [2], [3]),
        *([4, 5, 6, 7], [4, 5], [4], [5], [6, 7]),
    ]
    assert (work.done, work.alone_with) == ([0, 1, 2, 3, 4, 6, 7], [2, 5])
    errors = [each.getMessage() for each in caplog.records if each.levelname == "ERROR"]
    assert errors == ["Row 5 of a sweep could not be worked on"]


def test_a_portion_that_fails_as_a_whole_ends_the_sweep() -> None:
    work = Work(broken=range(4), hopeless=range(4))

    work.run(range(8))

    assert work.alone_with == [0, 1, 2, 3]
    assert work.done == []


def test_a_single_row_that_fails_ends_nothing() -> None:
    work = Work(broken=[4], hopeless=[4])

    work.run(range(5))

    assert (work.done, work.alone_with) == ([0, 1, 2, 3], [4])


def test_rows_are_grouped_by_organization_in_the_order_in_which_they_fell_due() -> None:
    assert by_organization([(2, 7), (1, 5), (2, 6), (1, 9)]) == {2: [7, 6], 1: [5, 9]}
    assert list(by_organization([(2, 7), (1, 5)])) == [2, 1]
