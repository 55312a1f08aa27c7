"""Convert pictures, texts and office documents to PDF, and bind a PDF with a cover and a
watermark.
"""

import os
import shutil
import subprocess
import tempfile
from io import BytesIO
from pathlib import Path
from typing import cast

from django.utils.html import escape
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageChops, ImageOps, UnidentifiedImageError
from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.errors import PdfReadError, PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, NameObject

from foundation.core.errors import Invalid
from foundation.documents.pdf import render_pdf

OFFICE_TIMEOUT_SECONDS = 45  # shorter than the proxy's response timeout
MAX_PAGES = 2000
MAX_PIXELS = 40_000_000  # more is taken for a decompression bomb
_DPI = 150.0
_OFFICE = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
}
_NOWHERE = "127.0.0.1", "9"  # discard port, set as the proxy: a document's requests fail
_OFFICE_ENVIRONMENT = {
    **{name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ},
    **{f"{scheme}_proxy": f"http://{':'.join(_NOWHERE)}" for scheme in ("http", "https", "ftp")},
}


def _item(path: str, name: str, value: str) -> str:
    return (
        f'<item oor:path="{path}"><prop oor:name="{name}" '
        f'oor:op="fuse"><value>{value}</value></prop></item>'
    )


# Documents are untrusted: disable remote links, macros and link updates; send all requests to the
# discard port.
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
    + _item("/org.openoffice.Inet/Settings", "ooInetProxyType", "2")
    + _item("/org.openoffice.Inet/Settings", "ooInetHTTPProxyName", _NOWHERE[0])
    + _item("/org.openoffice.Inet/Settings", "ooInetHTTPProxyPort", _NOWHERE[1])
    + _item("/org.openoffice.Inet/Settings", "ooInetHTTPSProxyName", _NOWHERE[0])
    + _item("/org.openoffice.Inet/Settings", "ooInetHTTPSProxyPort", _NOWHERE[1])
    + _item("/org.openoffice.Inet/Settings", "ooInetNoProxy", "")
    + "</oor:items>"
)
_ACTIVE = {"/FileAttachment", "/RichMedia", "/Movie", "/Screen", "/Sound", "/3D"}
_HIDDEN = ("/AA", "/AF", "/PieceInfo", "/Metadata")  # actions, associated files, hidden data
_NO_PICTURE = (
    UnidentifiedImageError,
    OSError,
    ValueError,
    SyntaxError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
_PLAIN = {"text/plain", "text/csv", "text/xml", "application/json", "message/rfc822"}


class NotConvertible(Invalid):
    """The file cannot become PDF; the message says why and what to do."""

    code = "not_convertible"


def to_pdf(content: bytes, *, content_type: str, name: str) -> bytes:
    """Return the file converted to PDF; a PDF is checked and returned unchanged.

    Raises ``NotConvertible`` when it is damaged, has a password or too many pages, is of another
    type, or needs LibreOffice and that is not installed.
    """
    if content_type == "application/pdf":
        _read(content, name)
        try:
            bind(cover=_mark("·", 100, 100), body=content, watermark="·", title=name)
        # Damaged input can make pypdf raise any exception. Find out now, not at delivery.
        except Exception as error:
            raise NotConvertible(
                _("“%(name)s” is damaged: it cannot be read as PDF.") % {"name": name}
            ) from error
        return content
    if content_type.startswith("image/"):
        return _picture(content, name)
    if content_type in _PLAIN:
        text = _text(content)
        page = (
            f'<html lang="es"><head><title>{escape(name)}</title></head>'
            f"<body><pre>{escape(text)}</pre></body></html>"
        )
        return render_pdf(
            html=page,
            stylesheet="@page { size: A4; margin: 15mm } pre { font-size: 8pt; white-space: "
            "pre-wrap; overflow-wrap: anywhere }",
        )
    if content_type in _OFFICE:
        return _office(content, _OFFICE[content_type], name)
    raise NotConvertible(
        _(
            "“%(name)s” cannot become PDF. Give a PDF, a picture, a text or an office document; "
            "an editable file needs a waiver."
        )
        % {"name": name}
    )


def _text(content: bytes) -> str:
    """Decode as UTF-8 and drop a byte order mark; otherwise as Windows-1252, which spreadsheets
    still write.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def is_picture(content_type: str) -> bool:
    return content_type.startswith("image/")


def same_picture(one: bytes, other: bytes) -> bool:
    """Return whether two files decode to the same pixels, in any format. False when one cannot be
    read as a picture.
    """
    try:
        first = _seen(one)
        second = _seen(other)
    except _NO_PICTURE:
        return False
    return first.size == second.size and ImageChops.difference(first, second).getbbox() is None


def _read(content: bytes, name: str) -> PdfReader:
    try:
        reader = PdfReader(BytesIO(content))
        if reader.is_encrypted:
            raise NotConvertible(
                _("“%(name)s” has a password. Save it without one and give it again.")
                % {"name": name}
            )
        pages = len(reader.pages)
    except (PyPdfError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotConvertible(
            _("“%(name)s” is damaged: it cannot be read as PDF.") % {"name": name}
        ) from error
    if not 0 < pages <= MAX_PAGES:
        raise NotConvertible(
            _("“%(name)s” has %(pages)d pages; from 1 to %(most)d can be delivered.")
            % {"name": name, "pages": pages, "most": MAX_PAGES}
        )
    return reader


def _picture(content: bytes, name: str) -> bytes:
    """Return a picture as a one-page PDF of its size at 150 DPI. Copies pixels only: no EXIF place,
    camera or thumbnail.

    Raises ``NotConvertible`` when it is damaged or too large.
    """
    try:
        buffer = BytesIO()
        _seen(content).save(buffer, "PDF", resolution=_DPI)
    except _NO_PICTURE as error:
        raise NotConvertible(
            _("“%(name)s” is damaged or too large: it cannot be read as a picture.")
            % {"name": name}
        ) from error
    return buffer.getvalue()


def _seen(content: bytes) -> Image.Image:
    """Return the pixels of a picture as RGB, rotated by its EXIF tag, transparency on white.

    Raises one of ``_NO_PICTURE``.
    """
    with Image.open(BytesIO(content)) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise ValueError("too large")
        seen = ImageOps.exif_transpose(opened).convert("RGBA")
    flat = Image.new("RGB", seen.size, "white")
    flat.paste(seen, mask=seen.getchannel("A"))
    return flat


def _office(content: bytes, extension: str, name: str) -> bytes:
    """Return an office document converted by LibreOffice. Each call has its own folder and profile,
    so that concurrent conversions do not collide.

    Raises ``NotConvertible`` when LibreOffice is missing, fails or exceeds the timeout.
    """
    program = shutil.which("soffice")
    if program is None:
        raise NotConvertible(
            _(
                "“%(name)s” needs LibreOffice to become PDF, which this server does not have. "
                "Save it as PDF and give that."
            )
            % {"name": name}
        )
    with tempfile.TemporaryDirectory(prefix="mesa-office-") as folder:
        source = Path(folder) / f"source.{extension}"
        source.write_bytes(content)
        settings = Path(folder) / "profile" / "user"
        settings.mkdir(parents=True)
        (settings / "registrymodifications.xcu").write_text(_OFFICE_SETTINGS)
        command = [
            program,
            "--headless",
            "--norestore",
            f"-env:UserInstallation=file://{folder}/profile",
            "--convert-to",
            "pdf",
            "--outdir",
            folder,
        ]
        try:
            subprocess.run(
                [*command, str(source)],
                capture_output=True,
                timeout=OFFICE_TIMEOUT_SECONDS,
                check=True,
                env=_OFFICE_ENVIRONMENT,
            )
            return (Path(folder) / "source.pdf").read_bytes()
        except (subprocess.SubprocessError, OSError) as error:
            raise NotConvertible(
                _("LibreOffice could not read “%(name)s”. Save it as PDF and give that.")
                % {"name": name}
            ) from error


def bind(*, cover: bytes, body: bytes, watermark: str, title: str) -> bytes:
    """Return a PDF of the cover and then the body's pages, each with the watermark. Scripts and
    attachments are left out.

    Raises ``NotConvertible`` when the result cannot be written.
    """
    writer = PdfWriter()
    marks: dict[tuple[int, int], PdfReader] = {}
    for page in PdfReader(BytesIO(cover)).pages:
        writer.add_page(page)
    for original in PdfReader(BytesIO(body)).pages:
        page = writer.add_page(original)
        page.transfer_rotation_to_content()
        size = round(float(page.mediabox.width)), round(float(page.mediabox.height))
        if size not in marks:
            marks[size] = PdfReader(BytesIO(_mark(watermark, *size)))
        page.merge_page(marks[size].pages[0])
    for page in writer.pages:
        _strip_active_annotations(page)
    for each in writer._objects:
        if isinstance(each, DictionaryObject):
            for key in _HIDDEN:
                each.pop(key, None)
    writer.add_metadata({"/Title": title, "/Producer": "Mesa"})
    writer.compress_identical_objects(remove_unreferenced=True)
    buffer = BytesIO()
    try:
        writer.write(buffer)
    except PdfReadError as error:
        raise NotConvertible(
            _("“%(name)s” is damaged: it cannot be read as PDF.") % {"name": title}
        ) from error
    return buffer.getvalue()


def _strip_active_annotations(page: PageObject) -> None:
    """Remove media and file annotations from a page, and the ``/A`` actions of the others.

    Notes and filled-in form fields stay.
    """
    if "/Annots" not in page:
        return
    kept = ArrayObject()
    for reference in cast(ArrayObject, page["/Annots"].get_object()):
        note = reference.get_object()
        if note.get("/Subtype") in _ACTIVE:
            continue
        note.pop("/A", None)
        kept.append(reference)
    page[NameObject("/Annots")] = kept


def _mark(words: str, width: int, height: int) -> bytes:
    """Return a transparent one-page PDF with the words across it, sized to fit, 8 to 64 pt. A light
    edge makes them visible on dark pictures.
    """
    length = (width**2 + height**2) ** 0.5
    size = max(8, min(64, length * 0.62 / max(len(words), 1) / 0.6))
    style = (
        f"@page {{ size: {width}pt {height}pt; margin: 0; background: none }} html, body "
        f"{{ margin: 0 }}"
        f" div {{ position: absolute; top: {height / 2 - size / 2}pt; "
        f"left: {(width - length) / 2}pt; width: {length}pt; text-align: center;"
        f" font: bold {size}pt sans-serif; line-height: 1; color: rgba(120, 120, 120, 0.28); "
        f"transform: rotate(-35deg) }}"
        " .light { color: rgba(255, 255, 255, 0.28); margin: 1.5pt 0 0 1.5pt }"
    )
    marks = f'<div class="light">{escape(words)}</div><div>{escape(words)}</div>'
    return render_pdf(
        html=f'<html lang="es"><head><title>·</title></head><body>{marks}</body></html>',
        stylesheet=style,
    )
