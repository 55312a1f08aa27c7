"""Convert pictures, texts and office documents to PDF, and bind a PDF with a cover and a
watermark.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.core.errors import Invalid
from foundation.documents.isolated.refusals import Refused
from foundation.documents.isolation import run

OFFICE_TIMEOUT_SECONDS = 45  # shorter than the proxy's response timeout
_OFFICE = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
}
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
_PLAIN = {"text/plain", "text/csv", "text/xml", "application/json", "message/rfc822"}
# Why a child refused a file -> what the person reads, with ``name`` and the refusal's details.
_WORDS: dict[str, Promise] = {
    "damaged": _("“%(name)s” is damaged: it cannot be read as PDF."),
    "damaged_picture": _("“%(name)s” is damaged or too large: it cannot be read as a picture."),
    "damaged_office": _("LibreOffice could not read “%(name)s”. Save it as PDF and give that."),
    "limits": _("“%(name)s” takes too long to read. Save it again as a simple PDF and give that."),
    "link": _(
        "“%(name)s” refers to a file outside itself: %(link)s. Put its content into the document, "
        "or save it as PDF and give that."
    ),
    "long": _(
        "“%(name)s” has more than %(kilobytes)d kB or %(lines)d lines of text. Save it as PDF and "
        "give that."
    ),
    "pages": _("“%(name)s” has %(pages)d pages; from 1 to %(most)d can be delivered."),
    "password": _("“%(name)s” has a password. Save it without one and give it again."),
}


class NotConvertible(Invalid):
    """The file cannot become PDF; the message says why and what to do."""

    code = "not_convertible"


def _refused(refusal: Refused, name: str, kind: str = "") -> NotConvertible:
    """Return the error for a child's refusal. ``kind`` names another sentence for damage."""
    reason = f"damaged_{kind}" if kind and refusal.reason == "damaged" else refusal.reason
    return NotConvertible(_WORDS[reason] % {"name": name, **refusal.details})


def to_pdf(content: bytes, *, content_type: str, name: str) -> bytes:
    """Return the file converted to PDF; a PDF is checked and returned unchanged.

    Raises ``NotConvertible`` when it is damaged, has a password or too many pages, is of another
    type, takes too long, or needs LibreOffice and that is not installed.
    """
    kind = ""
    try:
        if content_type == "application/pdf":
            run("inspect", content)
            return content
        if is_picture(content_type):
            kind = "picture"
            return run("picture", content).parts[0]
        if content_type in _PLAIN:
            return run("text", content, title=name).parts[0]
        if content_type in _OFFICE:
            kind = "office"
            run("office_links", content)
            return _office(content, _OFFICE[content_type], name)
    except Refused as refusal:
        raise _refused(refusal, name, kind) from refusal
    raise NotConvertible(
        _(
            "“%(name)s” cannot become PDF. Give a PDF, a picture, a text or an office document; "
            "an editable file needs a waiver."
        )
        % {"name": name}
    )


def is_picture(content_type: str) -> bool:
    return content_type.startswith("image/")


def same_picture(one: bytes, other: bytes) -> bool:
    """Return whether two files decode to the same pixels, in any format. False when one cannot be
    read as a picture.
    """
    try:
        return bool(run("same_picture", one, other).result)
    except Refused:
        return False


def bind(*, cover: bytes, body: bytes, watermark: str, title: str) -> bytes:
    """Return a PDF of the cover and then the body's pages, each with the watermark. Scripts and
    attachments are left out.

    Raises ``NotConvertible`` when the result cannot be written.
    """
    try:
        return run("bind", cover, body, watermark=watermark, title=title).parts[0]
    except Refused as refusal:
        raise _refused(refusal, title) from refusal


def _office(content: bytes, extension: str, name: str) -> bytes:
    """Return an office document converted by LibreOffice, which sees a folder of its own and the
    programs of the system, and has no network.

    Raises ``NotConvertible`` when LibreOffice or bubblewrap is missing, fails or exceeds the
    limits.
    """
    if shutil.which("soffice") is None or not _can_enclose():
        raise NotConvertible(
            _(
                "“%(name)s” needs LibreOffice in bubblewrap to become PDF, which this server does "
                "not have. Save it as PDF and give that."
            )
            % {"name": name}
        )
    with tempfile.TemporaryDirectory(prefix="mesa-office-") as folder:
        (Path(folder) / f"source.{extension}").write_bytes(content)
        settings = Path(folder) / "profile" / "user"
        settings.mkdir(parents=True)
        (settings / "registrymodifications.xcu").write_text(_OFFICE_SETTINGS)
        command = [
            "soffice",
            "--headless",
            "--norestore",
            f"-env:UserInstallation=file://{_INSIDE}/profile",
            *("--convert-to", "pdf", "--outdir", _INSIDE),
            f"{_INSIDE}/source.{extension}",
        ]
        try:
            _run_enclosed(command, Path(folder))
            return (Path(folder) / "source.pdf").read_bytes()
        except (subprocess.SubprocessError, OSError) as error:
            raise NotConvertible(_WORDS["damaged_office"] % {"name": name}) from error


@cache
def _can_enclose() -> bool:
    """Tell whether bubblewrap may make namespaces here: in most containers it may not."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            _run_enclosed(["true"], Path(folder))
    except (subprocess.SubprocessError, OSError):
        return False
    return True


def _run_enclosed(command: list[str], folder: Path) -> None:
    """Run a program of the system that sees ``folder`` as ``_INSIDE``, and no other file of ours;
    kill it with its children after ``OFFICE_TIMEOUT_SECONDS``.

    Raises ``CalledProcessError``, ``TimeoutExpired``, or ``OSError`` when bubblewrap is missing.
    """
    limits = [
        f"--cpu={OFFICE_TIMEOUT_SECONDS}",
        f"--as={_OFFICE_MEMORY}",
        f"--fsize={_OFFICE_FILE}",
    ]
    process = subprocess.Popen(
        ["prlimit", *limits, "bwrap", *_ENCLOSURE, "--bind", str(folder), _INSIDE, *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": _INSIDE},
        start_new_session=True,
    )
    try:
        if process.wait(OFFICE_TIMEOUT_SECONDS) != 0:
            raise subprocess.CalledProcessError(process.returncode, command)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
