"""Benchmark of the service-level engine against two libraries with the same operations, in one
run.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import businesstimedelta
import pytz
from django_bizcal.calendars import WorkingCalendar
from django_bizcal.providers import SetHolidayProvider
from django_bizcal.windows import TimeWindow

from deploy.services import make_database
from foundation.calendars.arithmetic import WorkCalendar

ROOT = Path(__file__).resolve().parent.parent
SIZES = "10000,100000,200000,1000000"  # open clocks
ZONE = "America/Mexico_City"
_DAYS = ((1, 1), (2, 2), (3, 16), (5, 1), (9, 16), (11, 16), (12, 25))
HOLIDAYS = [date(year, month, day) for year in range(2024, 2029) for month, day in _DAYS]
SPANS = {
    "1 day": timedelta(hours=10),
    "1 month": timedelta(hours=215),
    "1 year": timedelta(hours=2540),
}
ROUNDS = 20_000
SLOW_ROUNDS = {"1 day": 400, "1 month": 60, "1 year": 6}  # of the libraries, which walk day by day


def calendar() -> WorkCalendar:
    return WorkCalendar(
        timezone=ZONE, hours={day: [("09:00", "19:00")] for day in range(5)}, holidays=HOLIDAYS
    )


def starts(count: int) -> list[datetime]:
    dice = random.Random(11)  # noqa: S311 - the same questions every time
    return [
        datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=dice.randrange(365 * 86_400))
        for _ in range(count)
    ]


def rate(work: Callable[[Any], Any], items: Sequence[Any]) -> float:
    """Return calls per second, the best of three passes."""
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        for item in items:
            work(item)
        best = min(best, time.perf_counter() - began)
    return len(items) / best


def ours() -> dict[str, float]:
    work = calendar()
    instants = starts(ROUNDS)
    ends = {
        name: [(start, work.add(start, span)) for start in instants] for name, span in SPANS.items()
    }
    hour = timedelta(hours=1)
    paused = [
        (
            s,
            [
                (s + 2 * hour, s + 3 * hour),
                (s + 5 * hour, s + 26 * hour),
                (s + 50 * hour, s + 51 * hour),
            ],
        )
        for s in instants
    ]
    found = {
        f"add {name}": rate(partial(work.add, duration=span), instants)
        for name, span in SPANS.items()
    }
    found |= {
        f"elapsed {name}": rate(lambda pair: work.elapsed(*pair), pairs)
        for name, pairs in ends.items()
    }
    found["due, three pauses"] = rate(
        lambda pair: work.due(pair[0], SPANS["1 month"], pair[1]), paused
    )
    found["explain 1 month"] = rate(lambda s: work.explain(s, SPANS["1 month"]), instants[:1000])
    return found


def three_years_ms() -> float:
    """Return the milliseconds that building the table of a new calendar for three years takes."""
    began = time.perf_counter()
    for _ in range(10):
        calendar().add(datetime(2026, 6, 1, tzinfo=UTC), timedelta(hours=1))
    return (time.perf_counter() - began) * 100


def businesstimedelta_rates() -> dict[str, float]:
    zone = pytz.timezone(ZONE)
    day = businesstimedelta.WorkDayRule(
        start_time=clock_time(9), end_time=clock_time(19), working_days=[0, 1, 2, 3, 4], tz=zone
    )
    rules = businesstimedelta.Rules([day, businesstimedelta.HolidayRule(HOLIDAYS, tz=zone)])
    found = {}
    for name, span in SPANS.items():
        amount = businesstimedelta.BusinessTimeDelta(rules, timedelta=span)
        found[f"add {name}"] = rate(amount.__radd__, starts(SLOW_ROUNDS[name]))
    return found


def bizcal_rates() -> dict[str, float]:
    week: dict[int | str, list[Any]] = {
        day: [TimeWindow(clock_time(9), clock_time(19))] for day in range(5)
    }
    work = WorkingCalendar(
        tz=ZONE, weekly_schedule=week, holiday_provider=SetHolidayProvider(frozenset(HOLIDAYS))
    )
    found = {
        f"add {n}": rate(partial(work.add_business_time, delta=span), starts(SLOW_ROUNDS[n]))
        for n, span in SPANS.items()
    }
    ends = {
        name: [(s, work.add_business_time(s, span)) for s in starts(SLOW_ROUNDS[name])]
        for name, span in SPANS.items()
    }
    return found | {
        f"elapsed {name}": rate(lambda pair: work.business_time_between(*pair), pairs)
        for name, pairs in ends.items()
    }


def arithmetic() -> None:
    """Print our calls per second, and their ratio to those of each library."""
    found = ours()
    peers = {"businesstimedelta": businesstimedelta_rates(), "django-bizcal": bizcal_rates()}
    print(f"{'calls a second':24}{'mesa':>12}" + "".join(f"{f'x {name}':>21}" for name in peers))
    for name, value in found.items():
        ratios = "".join(
            f"{value / rates[name]:>21,.0f}" if name in rates else f"{'':>21}"
            for rates in peers.values()
        )
        print(f"{name:24}{value:>12,.0f}{ratios}")
    print(f"{'add: 1 year / 1 day':24}{found['add 1 year'] / found['add 1 day']:>12.2f}")
    print(f"{'three years of table':24}{three_years_ms():>9.1f} ms")


def database(name: str, environment: dict[str, str]) -> None:
    """Prepare the database of ``environment``, and print the cost of a sweep, of re-dating and of a
    simulation in it.
    """
    manage = [sys.executable, "manage.py"]
    subprocess.run(
        [*manage, "prepare", "--tickets", "20"],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
    )
    done = subprocess.run(
        [*manage, "bench_sla", SIZES],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    found = json.loads(done.stdout)
    redating = found.pop("re-dating")
    simulated = found.pop("simulation")
    heads = ("find ms", "sweep ms", "breach ms", "steps", "letters")
    print(f"\n{name + ': sweep, 50 newly due':36}" + "".join(f"{head:>10}" for head in heads))
    for size, row in found.items():
        print(f"{size:36}" + "".join(f"{row[head]:>10.1f}" for head in heads))
    first = list(found.values())[0]
    last = list(found.values())[-1]
    ratios = "".join(f"{last[head] / first[head]:>10.2f}" for head in heads[:3])
    print(f"{'largest / smallest':36}{ratios}")
    rate = redating["seconds"] / redating["clocks"] * 100_000
    print(
        f"re-dating, {redating['clocks']:.0f} clocks changed: {redating['seconds']:.1f} s "
        f"({rate:.0f} s per 100,000)"
    )
    per = simulated["seconds"] / simulated["tickets"] * 100_000
    print(
        f"simulation of {simulated['tickets']:.0f} tickets: {simulated['seconds']:.1f} s "
        f"({per:.0f} s per 100,000), {simulated['MB']:.0f} MB"
    )


def main() -> None:
    arithmetic()
    with tempfile.TemporaryDirectory(prefix="mesa-bench-") as folder:
        shared = {
            **os.environ,
            "MESA_VAR": folder,
            "MESA_DEMO": "1",
            "DJANGO_SETTINGS_MODULE": "servicedesk.settings",
        }
        embedded = {
            name: value
            for name, value in shared.items()
            if name not in {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"}
        }
        database_name = f"mesa_sla_{os.getpid()}"
        make_database(urlsplit(os.environ["DATABASE_URL"]).port or 5432, database_name)
        addresses = {
            name: os.environ[name].removesuffix("/mesa") + f"/{database_name}"
            for name in ("DATABASE_URL", "DATABASE_OWNER_URL")
        }
        database("PostgreSQL", shared | addresses)
        database("SQLite", embedded)


if __name__ == "__main__":
    main()
