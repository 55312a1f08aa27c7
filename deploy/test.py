"""``./mesa test``: the whole suite, in parts, with what could not be run named loudly at the end.

fast    SQLite in memory, on every core          long    the walk of routes x roles
walks   a browser against ``./mesa run``          postgres   everything again on PostgreSQL + Redis,
        real worker and beat
"""

import os
import shutil
import subprocess
import sys
import time
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
QUICK = ["-q", "-n", "auto", "tests"]
EMBEDDED = (
    ("fast, SQLite", "not long and not walk and not processes"),
    ("long, SQLite", "long"),
)


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
    failed = [name for name, marks in EMBEDDED if not part(name, [*QUICK, "-m", marks], clean)]
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
    """Run what needs real services; return the names of the parts that failed."""
    given = running.environment if running else {}
    marks = "walk or processes" if shutil.which("chromium") else "processes"
    named = {f"MESA_TEST_{name}": value for name, value in given.items()}
    parts = [("real processes and browser walks", ["-q", "tests", "-m", marks], named)]
    if running:
        quick = [*QUICK, "-m", "not walk and not processes"]
        parts.append(("fast and long, PostgreSQL", quick, given))
    return [name for name, arguments, extra in parts if not part(name, arguments, clean | extra)]


if __name__ == "__main__":
    main()
