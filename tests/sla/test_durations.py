"""Targets as text, defaults of the service guide, verdicts."""

from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from django.utils import translation

from foundation.calendars.defaults import CalendarRole
from foundation.core.classification import Kind, Priority, SupportType
from sla.clocks.verdicts import Verdict, verdict_of, verdict_on
from sla.metrics import Metric
from sla.policies.defaults import default_calendar, default_target
from sla.policies.durations import format_target, parse_target, target_words
from sla.policies.models import MAX_DAYS, MAX_MINUTES
from sla.targets import Target, Term, stored_target, target_of
from sla.templatetags.sla import metric_label, promised
from tests.support.house import HOUR, MINUTE, MONDAY_9AM, SECOND


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("40", 40 * MINUTE),
        (" 40 min ", 40 * MINUTE),
        ("40m", 40 * MINUTE),
        ("1", MINUTE),
        ("3 h", 3 * HOUR),
        ("3H", 3 * HOUR),
        ("1 h 30 min", 90 * MINUTE),
        ("1h30", 90 * MINUTE),
        ("5 d", Term(5, business=True)),
        ("1d", Term(1, business=True)),
        (str(MAX_MINUTES), MAX_MINUTES * MINUTE),
        ("8760 h", MAX_MINUTES * MINUTE),
        ("8759 h 60 min", MAX_MINUTES * MINUTE),
        (f"{MAX_DAYS} d", Term(MAX_DAYS, business=True)),
    ],
)
def test_a_target_is_read(text: str, expected: Target) -> None:
    assert parse_target(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "0 h",
        "0 d",
        "0 h 0 min",
        "soon",
        "-5",
        "1 d 3 h",
        str(MAX_MINUTES + 1),
        "8760 h 1 min",
        "8761 h",
        f"{MAX_DAYS + 1} d",
    ],
)
def test_other_text_is_no_promise(text: str) -> None:
    with pytest.raises(ValueError, match=text or None):
        parse_target(text)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (40 * MINUTE, "40 min"),
        (2 * HOUR, "2 h"),
        (90 * MINUTE, "1 h 30 min"),
        (61 * MINUTE + 59 * SECOND, "1 h 1 min"),
        (26 * HOUR, "26 h"),
        (Term(5, business=True), "5 d"),
        (Term(1, business=False), "1 d"),
    ],
)
def test_a_target_is_written_as_it_is_read(target: Target, expected: str) -> None:
    assert format_target(target) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (3 * HOUR, "3 h"),
        (26 * HOUR, "1 d 2 h"),
        (25 * HOUR + 30 * MINUTE, "25 h 30 min"),
        (24 * HOUR + MINUTE, "24 h 1 min"),
        (Term(1, business=True), "1 business day"),
        (Term(5, business=True), "5 business days"),
        (Term(1, business=False), "1 calendar day"),
        (Term(3, business=False), "3 calendar days"),
    ],
)
def test_a_promise_has_its_sentence(target: Target, expected: str) -> None:
    with translation.override("en"):
        assert target_words(target) == expected
        assert promised(target) == expected


def test_a_metric_has_a_label_and_other_text_stays() -> None:
    with translation.override("en"):
        assert metric_label("reaction") == "Reaction"
    assert metric_label("other") == "other"


@pytest.mark.parametrize(
    "target", [40 * MINUTE, Term(5, business=True), Term(5, business=False)], ids=str
)
def test_a_stored_target_is_read_back(target: Target) -> None:
    assert target_of(*stored_target(target)) == target


def test_units_of_stored_targets() -> None:
    assert stored_target(HOUR) == (HOUR, "time")
    assert stored_target(Term(5, business=True)) == (timedelta(days=5), "business_days")
    assert stored_target(Term(5, business=False)) == (timedelta(days=5), "calendar_days")


@pytest.mark.parametrize(
    ("metric", "support", "hours"),
    [
        (Metric.REACTION, SupportType.TECHNOLOGICAL, (2 / 3, 1, 2, 2)),
        (Metric.REACTION, SupportType.FUNCTIONAL, (2 / 3, 1, 2, 2)),
        (Metric.ATTENTION, SupportType.TECHNOLOGICAL, (1, 4, 8, 8)),
        (Metric.ATTENTION, SupportType.FUNCTIONAL, (3, 10, 20, 20)),
        (Metric.RCA, SupportType.FUNCTIONAL, (72, 72, 72, 72)),
        (Metric.RESTORATION, SupportType.FUNCTIONAL, (3, 3, 3, 3)),
    ],
)
def test_default_targets_by_priority(
    metric: Metric, support: SupportType, hours: tuple[float, ...]
) -> None:
    order = (Priority.CRITICAL, Priority.HIGH, Priority.MEDIUM, Priority.LOW)

    found = [default_target(metric, priority, support) for priority in order]

    assert found == [timedelta(minutes=round(hour * 60)) for hour in hours]


def test_default_terms_and_no_resolution() -> None:
    values = (Priority.HIGH, SupportType.FUNCTIONAL)

    assert default_target(Metric.VALIDATION, *values) == Term(3, business=False)
    assert default_target(Metric.DELIVERY, *values) == Term(7, business=True)
    assert default_target(Metric.RESOLUTION, *values) is None


def test_only_technological_incidents_run_around_the_clock() -> None:
    found = {
        (kind, support)
        for kind in Kind
        for support in SupportType
        if default_calendar(kind, support) is CalendarRole.CONTINUOUS
    }

    assert found == {(Kind.INCIDENT, SupportType.TECHNOLOGICAL)}
    assert default_calendar(Kind.INCIDENT, SupportType.FUNCTIONAL) is CalendarRole.BUSINESS


@pytest.mark.parametrize(
    ("due", "stop", "expected"),
    [
        (None, None, Verdict.RUNNING),
        (timedelta(), None, Verdict.RUNNING),
        (SECOND, None, Verdict.RUNNING),
        (-SECOND, None, Verdict.MISSED),
        (None, timedelta(), Verdict.MET),
        (SECOND, SECOND, Verdict.MET),
        (SECOND, timedelta(), Verdict.MET),
        (timedelta(), SECOND, Verdict.MISSED),
    ],
)
def test_a_verdict_compares_instants(
    due: timedelta | None, stop: timedelta | None, expected: Verdict
) -> None:
    due_at = MONDAY_9AM + due if due is not None else None
    stopped_at = MONDAY_9AM + stop if stop is not None else None

    assert verdict_on(due_at, stopped_at, MONDAY_9AM) is expected


class Row(NamedTuple):
    state: str
    is_met: bool | None = None
    due_at: datetime | None = None


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (Row("withdrawn", None, MONDAY_9AM - HOUR), Verdict.WITHDRAWN),
        (Row("stopped", True, MONDAY_9AM - HOUR), Verdict.MET),
        (Row("stopped", False, MONDAY_9AM + HOUR), Verdict.MISSED),
        (Row("running", None, MONDAY_9AM), Verdict.RUNNING),
        (Row("running", None, MONDAY_9AM - SECOND), Verdict.MISSED),
        (Row("paused"), Verdict.RUNNING),
    ],
)
def test_the_verdict_of_a_clock_follows_its_state(row: Row, expected: Verdict) -> None:
    assert verdict_of(row, MONDAY_9AM) is expected
