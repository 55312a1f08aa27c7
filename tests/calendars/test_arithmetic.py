"""The published vectors, and properties against a slow reference that steps through the minutes."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.calendars.arithmetic import CalendarError, UnknownTimezone, WorkCalendar
from foundation.calendars.ledger import SegmentKind

DATA = json.loads((Path(__file__).parent / "vectors.json").read_text())
MEXICO = WorkCalendar(
    timezone="America/Mexico_City",
    hours={day: [("09:00", "19:00")] for day in range(5)},
    holidays={date(2026, 1, 1), date(2026, 3, 16)},
)


def make(name: str) -> WorkCalendar:
    raw = DATA["calendars"][name]
    return WorkCalendar(
        timezone=raw["tz"],
        hours={
            int(day): [tuple(window) for window in windows] for day, windows in raw["hours"].items()
        },
        holidays={date.fromisoformat(day) for day in raw["holidays"]},
    )


CALENDARS: dict[str, WorkCalendar] = {}


def calendar_of(name: str) -> WorkCalendar:
    if name not in CALENDARS:
        CALENDARS[name] = make(name)
    return CALENDARS[name]


def instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def run(vector: dict[str, Any]) -> datetime | timedelta | None:
    calendar = calendar_of(vector["cal"])
    pauses = [(instant(low), instant(high)) for low, high in vector.get("pauses", ())]
    if vector["op"] == "elapsed":
        return calendar.elapsed(instant(vector["start"]), instant(vector["end"]), pauses)
    duration = timedelta(minutes=vector["minutes"])
    if vector["op"] == "add":
        return calendar.add(instant(vector["start"]), duration)
    return calendar.due(instant(vector["start"]), duration, pauses)


def expected(vector: dict[str, Any]) -> datetime | timedelta | None:
    if vector["op"] == "elapsed":
        return timedelta(microseconds=vector["expect_us"])
    return instant(vector["expect"])


def test_every_published_vector_holds() -> None:
    wrong = [v["id"] for v in DATA["vectors"] if "error" not in v and run(v) != expected(v)]

    assert len(DATA["vectors"]) == 1468
    assert wrong == []


@pytest.mark.parametrize(
    "vector", [v for v in DATA["vectors"] if "error" in v], ids=lambda v: v["id"]
)
def test_published_errors_are_raised(vector: dict[str, Any]) -> None:
    with pytest.raises(CalendarError) as caught:
        run(vector)

    assert caught.value.code == vector["error"]


def test_every_ledger_partitions_start_to_due_and_sums_to_the_target() -> None:
    for vector in DATA["vectors"]:
        if vector["op"] == "elapsed" or "error" in vector:
            continue
        pauses = [(instant(low), instant(high)) for low, high in vector.get("pauses", ())]
        start = instant(vector["start"])
        duration = timedelta(minutes=vector["minutes"])

        ledger = calendar_of(vector["cal"]).explain(start, duration, pauses)

        moments = [segment.start for segment in ledger.segments] + [
            s.end for s in ledger.segments[-1:]
        ]
        assert all(
            a.end == b.start for a, b in zip(ledger.segments, ledger.segments[1:], strict=False)
        ), vector["id"]
        assert ledger.due == expected(vector)
        if ledger.due is None:
            assert ledger.segments[-1].kind is SegmentKind.PAUSED
            assert ledger.segments[-1].end is None
        elif ledger.segments:
            assert (moments[0], moments[-1]) == (start, ledger.due), vector["id"]
            assert ledger.counted == duration, vector["id"]


def test_an_explanation_ends_at_its_instant_during_a_pause() -> None:
    start = datetime(2026, 3, 2, 15, tzinfo=UTC)  # Monday 09:00
    end = start + timedelta(hours=3)
    pause = (start + timedelta(hours=1), end + timedelta(hours=1))

    found = MEXICO.account(start, end, [pause])

    assert [(line.kind, line.start, line.end) for line in found.segments] == [
        (SegmentKind.OPEN, start, pause[0]),
        (SegmentKind.PAUSED, pause[0], end),
    ]
    assert found.duration == timedelta(hours=1)


def test_unknown_zone_is_refused_by_name() -> None:
    with pytest.raises(UnknownTimezone, match="Mexico/Nowhere"):
        WorkCalendar(timezone="Mexico/Nowhere", hours={0: [("09:00", "10:00")]})


def test_a_term_of_three_calendar_days_ends_at_midnight_of_the_third_day() -> None:
    friday_noon = datetime(2026, 3, 13, 18, tzinfo=UTC)

    assert MEXICO.term(friday_noon, days=3) == datetime(2026, 3, 17, 6, tzinfo=UTC)


def test_a_term_of_three_business_days_skips_the_weekend_and_the_holiday() -> None:
    friday_noon = datetime(2026, 3, 13, 18, tzinfo=UTC)

    assert MEXICO.term(friday_noon, days=3, business=True) == datetime(2026, 3, 20, 1, tzinfo=UTC)


def test_notice_of_five_business_days_counts_back_over_the_holiday() -> None:
    assert MEXICO.days_before(date(2026, 3, 20), 5, business=True) == date(2026, 3, 12)
    assert MEXICO.days_before(date(2026, 3, 20), 5) == date(2026, 3, 15)


def test_next_opening_skips_to_the_next_business_morning() -> None:
    assert MEXICO.next_opening(datetime(2026, 3, 14, 12, tzinfo=UTC)) == datetime(
        2026, 3, 17, 15, tzinfo=UTC
    )
    assert MEXICO.is_open(datetime(2026, 3, 17, 15, tzinfo=UTC))
    assert not MEXICO.is_open(datetime(2026, 3, 18, 1, tzinfo=UTC))


ZONES = (
    "America/Mexico_City",
    "America/Santiago",
    "Europe/Madrid",
    "America/Lima",
    "Australia/Lord_Howe",
)
QUARTERS = st.integers(min_value=0, max_value=95)


@st.composite
def week(draw: st.DrawFn) -> dict[int, list[tuple[str, str]]]:
    hours: dict[int, list[tuple[str, str]]] = {}
    for day in draw(st.sets(st.integers(0, 6), min_size=1)):
        pairs = draw(st.lists(st.tuples(QUARTERS, st.integers(1, 96)), min_size=1, max_size=3))
        hours[day] = [(clock(a), clock(max(a + 1, b))) for a, b in pairs]
    return hours


def clock(quarters: int) -> str:
    return f"{quarters // 4:02d}:{quarters % 4 * 15:02d}"


def slow_is_open(hours: dict[int, list[tuple[str, str]]], zone: ZoneInfo, moment: datetime) -> bool:
    local = moment.astimezone(zone)
    wall = f"{local.hour:02d}:{local.minute:02d}"
    return any(start <= wall < end for start, end in hours.get(local.weekday(), []))


@settings(max_examples=60, deadline=None)
@given(week(), st.sampled_from(ZONES), st.integers(0, 60 * 24 * 400), st.integers(1, 600))
def test_add_agrees_with_stepping_through_the_minutes(
    hours: dict[int, list[tuple[str, str]]], zone_name: str, offset: int, minutes: int
) -> None:
    start = datetime(2025, 9, 1, tzinfo=UTC) + timedelta(minutes=offset)
    calendar = WorkCalendar(timezone=zone_name, hours=hours)
    zone = ZoneInfo(zone_name)
    moment = start
    left = minutes
    while left:
        left -= slow_is_open(hours, zone, moment)
        moment += timedelta(minutes=1)

    assert calendar.add(start, timedelta(minutes=minutes)) == moment
    assert calendar.elapsed(start, moment) == timedelta(minutes=minutes)
