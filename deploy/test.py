"""``./mesa test``: runs the whole suite in parts, and lists the skipped ones at the end.

fast        SQLite in memory, on every core
at once     real processes and browser walks, embedded and on PostgreSQL and Redis, which mostly
            wait; behind them, at a lower priority, the long tests (routes x roles, large random
            samples) on SQLite, and the fast and long ones that use the database on PostgreSQL

``MESA_COVERAGE=1`` prints the branch coverage of the fast part, and fails below ``LEAST_COVERED``.
"""

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from deploy import services
from deploy.packages import provide

ROOT = Path(__file__).resolve().parent.parent
# (program, what is skipped without it, its name, Debian's packages)
PROGRAMS = (
    ("pdftotext", "the texts of PDFs", "poppler", ("poppler-utils",)),
    (
        "soffice",
        "office documents as evidence",
        "LibreOffice",
        ("libreoffice-writer-nogui", "libreoffice-calc-nogui"),
    ),
    ("bwrap", "office documents as evidence", "bubblewrap", ("bubblewrap",)),
    ("chromium", "browser walks", "Chromium", ("chromium",)),
    ("nginx", "the web server in front", "nginx", ("nginx-light",)),
)
PRODUCT_SETTINGS = {
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "REDIS_URL",
    "MESA_DEMO",
    "MESA_VAR",
    "PORT",
}
EVERY_CORE = ["-n", "auto", "--dist", "worksteal"]
LEAST_COVERED = 97  # percent of lines and branches, of the code that ``pyproject.toml`` names
COUNTS = ROOT / "var" / "coverage.json"
LINES_AGAIN = 60  # of the output of a part that failed
LOWER_PRIORITY = 10  # added to the niceness of the process


@dataclass(frozen=True)
class Part:
    """One run of pytest."""

    name: str
    arguments: list[str]
    environment: dict[str, str]
    waits_for_others: bool = True  # else its processes compute all the time
    is_counted: bool = False  # its branch coverage goes to ``COUNTS``

    def command(self) -> list[str]:
        niceness = 0 if self.waits_for_others else LOWER_PRIORITY
        counted = ["-m", "slipcover", "--json", "--out", str(COUNTS)] if self.is_counted else []
        pytest = [*counted, "-m", "pytest", "-q", "tests", *self.arguments]
        return ["nice", "-n", str(niceness), sys.executable, *pytest]


def main() -> None:
    if sys.argv[1:]:
        command = [sys.executable, "-m", "pytest", *sys.argv[1:]]
        sys.exit(subprocess.run(command, cwd=ROOT).returncode)
    clean = {name: value for name, value in os.environ.items() if name not in PRODUCT_SETTINGS}
    skipped = _missing_programs()
    fast = Part(
        "fast, SQLite",
        [*EVERY_CORE, "-m", "not long and not walk and not processes"],
        clean,
        is_counted=os.environ.get("MESA_COVERAGE") == "1",
    )
    COUNTS.parent.mkdir(exist_ok=True)
    failed = _run_at_once([fast])
    if fast.is_counted and not _covers_enough():
        failed.append(f"branch coverage of at least {LEAST_COVERED} %")
    folder = ROOT / "var" / "test-services"
    try:
        running = services.start(folder)
    except RuntimeError as error:
        running = None
        skipped.append(f"PostgreSQL, Redis and real processes: {error}")
    try:
        failed += _run_at_once(_slow_parts(clean, running))
    finally:
        if running:
            services.stop(folder)
    for line in skipped:
        print(f"\n!!! SKIPPED: {line}", flush=True)
    if failed:
        sys.exit(f"\nmesa: failed: {', '.join(failed)}")
    print("\nmesa: the whole suite passed" + (" but for what was skipped" if skipped else ""))


def _covers_enough() -> bool:
    """Print what the fast part covered, and tell whether it is enough.

    A run of its own: with a minimum, slipcover 1.1.0 forgets what its workers counted before it
    prints.
    """
    table = COUNTS.with_suffix(".merged.json")
    report = ["--merge", str(COUNTS), "--out", str(table), "--fail-under", str(LEAST_COVERED)]
    command = [sys.executable, "-m", "slipcover", *report]
    return subprocess.run(command, cwd=ROOT).returncode == 0


def _missing_programs() -> list[str]:
    """Install what the tests need, and return a line for each program that is still missing."""
    return [
        f"{what}: {package} is missing (Debian: apt-get install {' '.join(packages)})"
        for program, what, package, packages in PROGRAMS
        if not provide(program, *packages)
    ]


def _slow_parts(clean: dict[str, str], running: services.Services | None) -> list[Part]:
    given = running.environment if running else {}
    real = clean | {f"MESA_TEST_{name}": value for name, value in given.items()}
    marks = "walk or processes" if shutil.which("chromium") else "processes"
    parts = [
        Part(f"real processes and browser walks, {shape}", ["-m", marks, "-k", chosen], real)
        for shape, chosen in (("embedded", "not postgres"), ("PostgreSQL and Redis", "postgres"))
    ]
    on_sqlite = Part("long, SQLite", [*EVERY_CORE, "-m", "long"], clean, waits_for_others=False)
    on_postgres = Part(
        "fast and long, PostgreSQL",
        [*EVERY_CORE, "-m", "not walk and not processes"],
        clean | given,
        waits_for_others=False,
    )
    return [*parts, on_sqlite, *([on_postgres] if running else [])]


def _run_at_once(parts: list[Part]) -> list[str]:
    """Run parts in parallel, and print the output of each: of one part at once, of several when
    each ends, and of those that failed the end once more, where it is found. Return the names of
    the parts that failed.
    """
    print(f"\n=== {' | '.join(part.name for part in parts)} ===", flush=True)
    started = time.monotonic()

    def run(part: Part) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            part.command(),
            cwd=ROOT,
            env=part.environment,
            capture_output=len(parts) > 1,
            text=True,
        )

    failed = {}
    with ThreadPoolExecutor(len(parts)) as pool:
        running = {pool.submit(run, part): part for part in parts}
        for done in as_completed(running):
            part = running[done]
            print(done.result().stdout or "", done.result().stderr or "", sep="")
            print(f"=== {part.name}: {time.monotonic() - started:.0f} s", flush=True)
            if done.result().returncode != 0:
                failed[part.name] = done.result().stdout or ""
    for name, output in failed.items():
        if output:
            print(f"\n=== failed: {name} ===", *output.splitlines()[-LINES_AGAIN:], sep="\n")
    return list(failed)


if __name__ == "__main__":
    main()
