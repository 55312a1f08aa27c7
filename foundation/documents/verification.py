"""Checks files that anybody may send: few at once, each in a child process (SPEC 17.6)."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.conf import settings

from foundation.documents.isolated.refusals import Refused
from foundation.documents.isolated.signatures import Check
from foundation.documents.isolation import MEGABYTE, Limits, run
from foundation.documents.signing import signing_keys

CHECKS_AT_ONCE = 2  # of all processes of this host
RETRY_SECONDS = 10
_LIMITS = Limits(cpu_seconds=5, memory_bytes=768 * MEGABYTE)


class TooBusy(Exception):
    """``CHECKS_AT_ONCE`` files are being checked; try again after ``RETRY_SECONDS``."""


def check_delivered(content: bytes) -> Check:
    """Check a delivered PDF or index against the installation's certificate. What takes more than
    the limits of a check is ``unreadable``.
    """
    try:
        answer = run("check", content, signing_keys().certificate, limits=_LIMITS).result
    except Refused:
        return Check(False, "unreadable")
    signed_at = answer["signed_at"]
    return Check(
        **{
            **answer,
            "touched": tuple((first, last) for first, last in answer["touched"]),
            "entries": tuple(answer["entries"]),
            "signed_at": datetime.fromisoformat(signed_at) if signed_at else None,
        }
    )


@contextmanager
def turn_to_check() -> Iterator[None]:
    """Hold one of the ``CHECKS_AT_ONCE`` locked files, which the system releases when the process
    dies. Raises ``TooBusy``.
    """
    folder = Path(settings.VAR_DIR) / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(CHECKS_AT_ONCE):
        with (folder / f"check-{number}").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield
            return
    raise TooBusy
