"""Time zones come from the pinned package, never from the operating system."""

import zoneinfo
from datetime import UTC, datetime
from importlib.resources import files

import pytest

from foundation.core.zones import known_zones, zone


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
