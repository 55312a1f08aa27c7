"""``./mesa test``: runs the whole suite in parts, and lists the skipped ones at the end.

fast        SQLite in memory, on every core
at once     real processes and browser walks, embedded and on PostgreSQL and Redis; beside them the
            long tests on SQLite: routes x roles, and large random samples
postgres    the fast and long tests that use the database, on PostgreSQL
"""

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
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
    ("chromium", "browser walks", "Chromium", ("chromium",)),
)
PRODUCT_SETTINGS = {
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "REDIS_URL",
    "MESA_DEMO",
    "MESA_VAR",
    "PORT",
}
QUICK = ["-q", "-n", "auto", "--dist", "worksteal", "tests"]
# Reports the branch coverage; its minimum is in pyproject.toml.
FAST = ["--cov", "--cov-report=term", "-m", "not long and not walk and not processes"]


def part(name: str, arguments: list[str], environment: dict[str, str]) -> bool:
    print(f"\n=== {name} ===", flush=True)
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, env=environment)
    print(f"=== {name}: {time.monotonic() - started:.0f} s", flush=True)
    return done.returncode == 0


def main() -> None:
    if sys.argv[1:]:
        command = [sys.executable, "-m", "pytest", *sys.argv[1:]]
        sys.exit(subprocess.run(command, cwd=ROOT).returncode)
    clean = {name: value for name, value in os.environ.items() if name not in PRODUCT_SETTINGS}
    skipped = _missing_programs()
    failed = [] if part("fast, SQLite", [*QUICK, *FAST], clean) else ["fast, SQLite"]
    folder = ROOT / "var" / "test-services"
    try:
        running = services.start(folder)
    except RuntimeError as error:
        running = None
        skipped.append(f"PostgreSQL, Redis and real processes: {error}")
    try:
        failed += _with_services(clean, running)
    finally:
        if running:
            services.stop(folder)
    for line in skipped:
        print(f"\n!!! SKIPPED: {line}", flush=True)
    if failed:
        sys.exit(f"\nmesa: failed: {', '.join(failed)}")
    print("\nmesa: the whole suite passed" + (" but for what was skipped" if skipped else ""))


def _missing_programs() -> list[str]:
    """Install what the tests need, and return a line for each program that is still missing."""
    return [
        f"{what}: {package} is missing (Debian: apt-get install {' '.join(packages)})"
        for program, what, package, packages in PROGRAMS
        if not provide(program, *packages)
    ]


def _with_services(clean: dict[str, str], running: services.Services | None) -> list[str]:
    """Run the long tests beside real processes and browser walks, then the suite on PostgreSQL if
    ``running``; return the names of the parts that failed.
    """
    given = running.environment if running else {}
    marks = "walk or processes" if shutil.which("chromium") else "processes"
    named = {f"MESA_TEST_{name}": value for name, value in given.items()}
    shapes = {"embedded": "not postgres", "PostgreSQL and Redis": "postgres"}
    real = {
        f"real processes and browser walks, {shape}": ["-q", "tests", "-m", marks, "-k", chosen]
        for shape, chosen in shapes.items()
    }
    long = {"long, SQLite": ["-q", "tests", "-m", "long"]}
    failed = _at_once(real | long, clean | named)
    if running:
        name = "fast and long, PostgreSQL"
        if not part(name, [*QUICK, "-m", "not walk and not processes"], clean | given):
            failed.append(name)
    return failed


def _at_once(parts: dict[str, list[str]], environment: dict[str, str]) -> list[str]:
    """Run parts in parallel, because they mostly wait for other processes; print the output of each
    when it ends. Return the names of the parts that failed.
    """
    print(f"\n=== at once: {' | '.join(parts)} ===", flush=True)

    def run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)

    failed = []
    started = time.monotonic()
    with ThreadPoolExecutor() as pool:
        running = {pool.submit(run, arguments): name for name, arguments in parts.items()}
        for done in as_completed(running):
            name = running[done]
            print(f"\n=== {name} ===\n{done.result().stdout}{done.result().stderr}")
            print(f"=== {name}: {time.monotonic() - started:.0f} s", flush=True)
            if done.result().returncode != 0:
                failed.append(name)
    return failed


if __name__ == "__main__":
    main()
