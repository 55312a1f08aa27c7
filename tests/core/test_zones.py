"""Time zones come from the pinned package, never from the operating system; instants in them."""

import zoneinfo
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest
from django.utils import translation

from foundation.core.zones import known_zones, near_words, zone
from tests.support.house import HOUR, MONDAY_9AM, SECOND


@pytest.mark.parametrize("name", ["America/Mexico_City", "America/Santiago", "Europe/Madrid"])
def test_a_zone_is_read_from_the_package_whose_version_is_recorded(name: str) -> None:
    package = files("tzdata.zoneinfo").joinpath(*name.split("/"))

    with package.open("rb") as source:
        expected = zoneinfo.ZoneInfo.from_file(source, key=name)

    assert zoneinfo.TZPATH == ()
    assert name in known_zones()
    noons = [datetime(2026, month, 15, 12, tzinfo=UTC) for month in range(1, 13)]
    assert [noon.astimezone(zone(name)).utcoffset() for noon in noons] == [
        noon.astimezone(expected).utcoffset() for noon in noons
    ]


@pytest.mark.parametrize(
    ("before", "english", "spanish"),
    [
        (timedelta(days=6) - SECOND, "Mon 09:00", "lun 09:00"),
        (timedelta(days=6), "Mar 2 09:00", "2 mar 09:00"),
        (9 * HOUR, "09:00", "09:00"),
        (9 * HOUR + SECOND, "Mon 09:00", "lun 09:00"),
        (timedelta(days=-6) + SECOND, "Mon 09:00", "lun 09:00"),
        (timedelta(days=-6), "Mar 2 09:00", "2 mar 09:00"),
    ],
)
def test_an_instant_is_named_by_hour_day_or_date(
    before: timedelta, english: str, spanish: str
) -> None:
    for language, words in (("en", english), ("es", spanish)):
        with translation.override(language):
            assert near_words(MONDAY_9AM, "America/Mexico_City", MONDAY_9AM - before) == words
