"""Passes office documents to the ``converter`` service through a folder that both see (DECISIONS
27). Standard library only: the service imports it without Django.

A request is ``<32 hexadecimal digits>.<extension>``; its answer has the same name and ends in
``.pdf``, or in ``.failed``. Files appear by renaming, so that nobody reads a half-written one.
"""

import re
import secrets
import time
from pathlib import Path

from foundation.documents.libreoffice import (
    EXTENSIONS,
    OFFICE_TIMEOUT_SECONDS,
    OfficeFailed,
    plain_pdf,
    read_result,
)

POLL_SECONDS = 0.2
PATIENCE_SECONDS = 2 * OFFICE_TIMEOUT_SECONDS + 30  # one document may be before it
STALE_SECONDS = 600  # files that nobody waits for any more
MAX_BYTES = 50 * 1024 * 1024
_REQUEST = re.compile(rf"[0-9a-f]{{32}}\.({'|'.join(EXTENSIONS)})")


def spooled_pdf(
    spool: Path, content: bytes, extension: str, *, patience: float = PATIENCE_SECONDS
) -> bytes:
    """Return the document as PDF, made by the service that watches ``spool``. Raises
    ``OfficeFailed`` when it cannot read the document, or does not answer within ``patience``
    seconds.
    """
    name = secrets.token_hex(16)
    request = spool / f"{name}.{extension}"
    answer = spool / f"{name}.pdf"
    failure = spool / f"{name}.failed"
    _write(request, content)
    ends = time.monotonic() + patience
    try:
        while time.monotonic() < ends:
            if answer.is_symlink() or answer.exists():
                return read_result(answer)
            if failure.is_symlink() or failure.exists():
                raise OfficeFailed("LibreOffice could not read the document.")
            time.sleep(POLL_SECONDS)
    except OSError as error:
        raise OfficeFailed(str(error)) from error
    finally:
        for path in (request, answer, failure):
            path.unlink(missing_ok=True)
    raise OfficeFailed("The converter service did not answer.")


def answer_next(spool: Path) -> bool:
    """Convert the oldest request of the folder; return whether there was one."""
    waiting = []
    for path in spool.iterdir():
        if _REQUEST.fullmatch(path.name) and path.is_file() and not path.is_symlink():
            waiting.append((path.stat().st_mtime, path))
    if not waiting:
        return False
    request = min(waiting)[1]
    try:
        if request.stat().st_size > MAX_BYTES:
            raise OfficeFailed("The document is too large.")
        _write(request.with_suffix(".pdf"), plain_pdf(request.read_bytes(), request.suffix[1:]))
    except FileNotFoundError:
        return True  # who asked for it waits no longer
    except OfficeFailed as error:
        _write(request.with_suffix(".failed"), str(error).encode())
    request.unlink(missing_ok=True)
    return True


def discard_stale(spool: Path) -> None:
    """Delete what a killed asker or a killed service left behind."""
    for path in spool.iterdir():
        if path.is_file() and path.stat().st_mtime < time.time() - STALE_SECONDS:
            path.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.rename(path)
