"""Shares in percent: 100 and 0 are said of all and of none alone."""

from datetime import date

import pytest

from foundation.core.classification import Priority
from reports.metrics import DEFINITIONS, VERDICTS, Tally, compliance_table, share
from reports.queries.reported_month import ReportedMonth
from reports.sections import SECTIONS
from reports.templatetags.reports import bar
from sla.metrics import Metric
from tests.support.house import MONDAY_9AM, House


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [
        (0, 0, None),
        (0, 2500, 0),
        (1, 2500, 0.1),
        (3, 2500, 0.1),
        (2, 3, 66.7),
        (2499, 2500, 99.9),
        (999, 1000, 99.9),
        (2500, 2500, 100),
    ],
)
def test_a_share_never_claims_all_or_none_of_a_part(
    part: int, whole: int, percent: float | None
) -> None:
    assert share(part, whole) == percent


def test_one_late_clock_of_thousands_is_seen_in_figure_and_bar() -> None:
    tally = Tally()
    for verdict, count in (("met", 2499), ("missed", 1)):
        for _clock in range(count):
            tally.count(Metric.REACTION, int(Priority.HIGH), verdict, 0)

    rows = compliance_table(tally)

    assert {row["compliance"] for row in rows if row["met"]} == {99.9}
    assert 'width="159" height="10" rx="3"' in bar(99.9)
    assert 'fill="#0e6655" width="1"' in bar(0.1)
    assert 'fill="#0e6655" width="0"' in bar(0.0)
    assert 'fill="#0e6655" width="160"' in bar(100)
    assert 'fill="#0e6655" width="0"' in bar(None)


def test_every_figure_of_the_report_and_every_column_is_defined(house: House) -> None:
    month = ReportedMonth(house.north, date(2026, 3, 1), MONDAY_9AM)
    figures = {name for section in SECTIONS for name in section.load(month)}
    columns = {str(word) for word in VERDICTS} | {"earlier", "compliance"}

    names = [definition.name for definition in DEFINITIONS]

    assert sorted(names) == sorted(figures | columns)
