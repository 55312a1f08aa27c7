"""Runs LibreOffice on one file from outside. Standard library only: the ``converter`` service of
the containers imports it without Django.
"""

import os
import signal
import stat
import subprocess
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

OFFICE_TIMEOUT_SECONDS = 45
EXTENSIONS = ("docx", "xlsx", "pptx", "odt", "ods")
_OFFICE_MEMORY = 4 * 1024**3  # bytes of addresses
_OFFICE_FILE = 200 * 1024**2
_INSIDE = "/work"
# The programs and their settings, read-only; no network, no other process, no file of ours.
_ENCLOSURE = [
    *("--unshare-all", "--die-with-parent", "--new-session"),
    *("--ro-bind", "/usr", "/usr"),
    *(
        part
        for path in ("/etc/fonts", "/etc/libreoffice", "/etc/ld.so.cache", "/etc/alternatives")
        for part in ("--ro-bind-try", path, path)
    ),
    *("--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64"),
    *("--symlink", "usr/bin", "/bin"),
    *("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--chdir", "/"),  # noqa: S108
]


def _item(path: str, name: str, value: str) -> str:
    return (
        f'<item oor:path="{path}"><prop oor:name="{name}" '
        f'oor:op="fuse"><value>{value}</value></prop></item>'
    )


# Documents are untrusted: disable remote links, macros and link updates.
_OFFICE_SETTINGS = (
    '<?xml version="1.0" encoding="UTF-8"?><oor:items '
    'xmlns:oor="http://openoffice.org/2001/registry"'
    ' xmlns:xs="http://www.w3.org/2001/XMLSchema" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    + _item(
        "/org.openoffice.Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"
    )
    + _item("/org.openoffice.Office.Common/Security/Scripting", "DisableMacrosExecution", "true")
    + _item("/org.openoffice.Office.Common/Security/Scripting", "DisableActiveContent", "true")
    + _item("/org.openoffice.Office.Writer/Content/Update", "Link", "0")
    + _item("/org.openoffice.Office.Calc/Content/Update", "Link", "2")
    + "</oor:items>"
)


class OfficeFailed(Exception):
    """LibreOffice could not read the document, or exceeded the limits."""


def enclosed_pdf(content: bytes, extension: str) -> bytes:
    """Return the document as PDF, by LibreOffice in bubblewrap: it sees a folder of its own and the
    programs of the system, and has no network. Raises ``OfficeFailed``.
    """
    return _convert(content, extension, is_enclosed=True)


def plain_pdf(content: bytes, extension: str) -> bytes:
    """Return the document as PDF, by LibreOffice without bubblewrap: only for a container without
    network and without our data. Raises ``OfficeFailed``.
    """
    return _convert(content, extension, is_enclosed=False)


def _convert(content: bytes, extension: str, *, is_enclosed: bool) -> bytes:
    with tempfile.TemporaryDirectory(prefix="mesa-office-") as name:
        folder = Path(name)
        inside = _INSIDE if is_enclosed else name
        (folder / f"source.{extension}").write_bytes(content)
        settings = folder / "profile" / "user"
        settings.mkdir(parents=True)
        (settings / "registrymodifications.xcu").write_text(_OFFICE_SETTINGS)
        command = [
            "soffice",
            "--headless",
            "--norestore",
            f"-env:UserInstallation=file://{inside}/profile",
            *("--convert-to", "pdf", "--outdir", inside),
            f"{inside}/source.{extension}",
        ]
        try:
            _run(command, folder, is_enclosed=is_enclosed)
            return read_result(folder / "source.pdf")
        except (subprocess.SubprocessError, OSError) as error:
            raise OfficeFailed(str(error)) from error


def read_result(path: Path) -> bytes:
    """Return the PDF that LibreOffice wrote. Raises ``OSError`` for anything but a regular file of
    limited size: a document that took LibreOffice over could leave a link to a file of ours.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > _OFFICE_FILE:
            raise OSError(f"{path.name} is no result.")
        content = stream.read()
    if not content.startswith(b"%PDF-"):
        raise OSError(f"{path.name} is no PDF.")
    return content


@cache
def can_enclose() -> bool:
    """Tell whether bubblewrap may make namespaces here: in most containers it may not."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            _run(["true"], Path(folder), is_enclosed=True)
    except (subprocess.SubprocessError, OSError):
        return False
    return True


def _run(command: list[str], folder: Path, *, is_enclosed: bool) -> None:
    """Run a program of the system with limits; enclosed, it sees ``folder`` as ``_INSIDE``, and no
    other file of ours. Kill it with its children after ``OFFICE_TIMEOUT_SECONDS``.

    Raises ``CalledProcessError``, ``TimeoutExpired``, or ``OSError`` when a program is missing.
    """
    limits = [
        f"--cpu={OFFICE_TIMEOUT_SECONDS}",
        f"--as={_OFFICE_MEMORY}",
        f"--fsize={_OFFICE_FILE}",
    ]
    enclosure = ["bwrap", *_ENCLOSURE, "--bind", str(folder), _INSIDE] if is_enclosed else []
    process = subprocess.Popen(
        ["prlimit", *limits, *enclosure, *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": _INSIDE if is_enclosed else str(folder),
        },
        start_new_session=True,
    )
    try:
        if process.wait(OFFICE_TIMEOUT_SECONDS) != 0:
            raise subprocess.CalledProcessError(process.returncode, command)
    finally:
        with suppress(ProcessLookupError):  # its children, too, when it ended before them
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
