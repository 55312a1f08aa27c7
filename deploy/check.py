"""``./mesa check``: lint, format, types, contracts, Django's own checks, migrations,
translations and spelling.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy import spelling
from deploy.packages import provide

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale/es/LC_MESSAGES/django.po"
PYTHON = sys.executable
BINARIES = Path(PYTHON).parent
# Mail texts keep their line breaks: they are excluded from formatting.
TEMPLATES = ["--line-length", "110", "--custom-blocks", "badge,button,card,disclosure,empty_state"]
TEMPLATES += ["--extend-exclude", "templates/notifications", "templates"]
STEPS: tuple[tuple[str, list[str]], ...] = (
    ("lint", [PYTHON, "-m", "ruff", "check", "."]),
    ("format", [PYTHON, "-m", "ruff", "format", "--check", "."]),
    ("templates", [str(BINARIES / "djangofmt"), "--check", *TEMPLATES]),
    ("types", [PYTHON, "-m", "mypy", "."]),
    ("contracts", [str(BINARIES / "lint-imports")]),
    ("django", [PYTHON, "manage.py", "check", "--fail-level", "WARNING"]),
    ("migrations", [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run", "-v0"]),
)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="mesa-check-") as folder:
        environment = {**os.environ, "MESA_VAR": folder}
        failed = [name for name, command in STEPS if not _passes(name, command, environment)]
        if not _translations_are_complete(environment):
            failed.append("translations")
        if not _spelling_is_right():
            failed.append("spelling")
    if failed:
        sys.exit(f"mesa: check failed: {', '.join(failed)}")
    print("mesa: every check passed")


def _passes(name: str, command: list[str], environment: dict[str, str]) -> bool:
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {name}", flush=True)
    if done.returncode != 0:
        print(done.stdout[-6000:] + done.stderr[-3000:])
    return done.returncode == 0


def _translations_are_complete(environment: dict[str, str]) -> bool:
    """Extract the texts again, and return whether the catalogue has a translation of each. Leaves
    the catalogue unchanged.
    """
    if not provide("xgettext", "gettext"):
        print("FAIL translations: install gettext (Debian: apt-get install gettext)")
        return False
    kept = CATALOGUE.read_bytes()
    ignored = [word for name in (".venv", "var", "tests", "benchmarks") for word in ("-i", name)]
    command = [
        PYTHON,
        "manage.py",
        "makemessages",
        "-l",
        "es",
        "--no-location",
        "--no-obsolete",
        "-v0",
        *ignored,
    ]
    subprocess.run(command, cwd=ROOT, env=environment, capture_output=True)
    fresh = CATALOGUE.read_text(encoding="utf-8")
    CATALOGUE.write_bytes(kept)
    problems = []
    if 'msgstr ""\n\n' in fresh.split("\n\n", 1)[1] + "\n\n" or "#, fuzzy" in fresh:
        problems.append(
            "texts without a translation: run ./mesa manage makemessages -l es --no-location "
            "--no-obsolete and translate"
        )
    print(f"{'FAIL' if problems else 'ok  '} translations {'; '.join(problems)}", flush=True)
    return not problems


def _spelling_is_right() -> bool:
    if not provide("hunspell", *spelling.PACKAGES):
        print(f"FAIL spelling: apt-get install {' '.join(spelling.PACKAGES)}")
        return False
    unknown = spelling.unknown_words()
    advice = f"correct them, or add them to {spelling.WORDS.relative_to(ROOT)}"
    print(f"FAIL spelling: {', '.join(unknown)}: {advice}" if unknown else "ok   spelling")
    return not unknown


if __name__ == "__main__":
    main()
