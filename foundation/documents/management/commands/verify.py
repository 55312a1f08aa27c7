"""``./mesa manage verify FILE``: check that delivered files are unchanged. Needs no server and no
database.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation.documents.isolated.signatures import Check, check_file
from foundation.documents.signing import certificate_from, signing_keys

WORDS = {
    "touched": "it was changed after it was signed",
    "unsigned": "it carries no signature: it was not delivered as it is",
    "stranger": "it was signed by somebody else, or with another certificate than the one it is "
    "checked with",
    "unreadable": "it cannot be read as a signed PDF or index",
}


class Command(BaseCommand):
    help = (
        "Check delivered PDFs and indexes; says which byte was touched. Exit code 1 when one "
        "of them is not as it was signed."
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "files", nargs="+", metavar="FILE", help="a delivered PDF, or an index (.json)"
        )
        parser.add_argument(
            "--certificate", help="PEM file to check against; without it, this installation's own"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            given = options["certificate"]
            certificate = certificate_from(given) if given else signing_keys().certificate
            contents = [(name, Path(name).read_bytes()) for name in options["files"]]
        except (OSError, ValueError) as error:
            raise CommandError(f"{error}. Give the path of a file that can be read.") from error
        checks = [(name, check_file(content, certificate)) for name, content in contents]
        for name, check in checks:
            self.stdout.write(f"{name}: {said(check)}")
        if not all(check.is_intact for _name, check in checks):
            raise CommandError("Not everything is as it was signed.")


def said(check: Check) -> str:
    """Return the result of a check as one line of English."""
    if check.is_intact:
        when = f", {check.signed_at:%Y-%m-%d %H:%M:%S %Z}" if check.signed_at else ""
        return f"intact, signed by {check.signer}{when}, SHA-256 {check.sha256}"
    places = ", ".join(
        f"byte {first}" if first == last else f"bytes {first} to {last}"
        for first, last in check.touched[:10]
    )
    entries = f"; entry {', '.join(check.entries)}" if check.entries else ""
    return f"NOT INTACT: {WORDS[check.problem]}" + (f" ({places}{entries})" if places else "")
