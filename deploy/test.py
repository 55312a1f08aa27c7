"""``./mesa test``: the whole suite, in parts, with what could not be run named loudly at the end.

fast    SQLite in memory, on every core          long    the walk of routes x roles
walks   a browser against ``./mesa run``          postgres   everything again on PostgreSQL + Redis,
        real worker and beat
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from deploy import services
from deploy.packages import provide

ROOT = Path(__file__).resolve().parent.parent
OFFICE = ("libreoffice-writer-nogui", "libreoffice-calc-nogui")


def part(name: str, arguments: list[str], environment: dict[str, str]) -> bool:
    print(f"\n=== {name} ===", flush=True)
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, env=environment)
    print(f"=== {name}: {time.monotonic() - started:.0f} s", flush=True)
    return done.returncode == 0


def main() -> None:
    if sys.argv[1:]:
        sys.exit(
            subprocess.run([sys.executable, "-m", "pytest", *sys.argv[1:]], cwd=ROOT).returncode
        )
    clean = {
        name: value
        for name, value in os.environ.items()
        if name
        not in {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "MESA_DEMO", "MESA_VAR", "PORT"}
    }
    failed = []
    skipped = []
    if not provide("pdftotext", "poppler-utils"):
        sys.exit("mesa: tests read PDFs with pdftotext. Install it: apt-get install poppler-utils")
    if not provide("soffice", *OFFICE):
        skipped.append(
            "office documents as evidence: LibreOffice is missing (Debian: apt-get install "
            f"{' '.join(OFFICE)})"
        )
    quick = ["-q", "-n", "auto", "tests"]
    if not part("fast, SQLite", [*quick, "-m", "not long and not walk and not processes"], clean):
        failed.append("fast")
    if not part("long, SQLite", [*quick, "-m", "long"], clean):
        failed.append("long")
    has_browser = provide("chromium", "chromium")
    if not has_browser:
        skipped.append("browser walks: Chromium is missing (Debian: apt-get install chromium)")
    folder = ROOT / "var" / "test-services"
    try:
        running = services.start(folder)
    except RuntimeError as error:
        running = None
        skipped.append(f"PostgreSQL, Redis and real processes: {error}")
    real = "walk or processes" if has_browser else "processes"
    try:
        with_services = clean | (
            {"MESA_TEST_" + name: value for name, value in running.environment.items()}
            if running
            else {}
        )
        if not part("real processes and browser walks", ["-q", "tests", "-m", real], with_services):
            failed.append("real processes")
        if running and not part(
            "fast and long, PostgreSQL",
            [*quick, "-m", "not walk and not processes"],
            clean | running.environment,
        ):
            failed.append("postgres")
    finally:
        if running:
            services.stop(folder)
    for line in skipped:
        print(f"\n!!! SKIPPED: {line}", flush=True)
    if failed:
        sys.exit(f"\nmesa: failed: {', '.join(failed)}")
    print("\nmesa: the whole suite passed" + (" but for what was skipped" if skipped else ""))


if __name__ == "__main__":
    main()
