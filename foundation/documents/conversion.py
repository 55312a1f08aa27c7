"""Everything becomes PDF: pictures, texts, office documents; then a cover goes before it and a
watermark onto every page.
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

OFFICE_TIMEOUT_SECONDS = 45  # less than a proxy waits for an answer
MAX_PAGES = 2000
MAX_PIXELS = 40_000_000  # a screen of a wall; more is a bomb
_DPI = 150.0
_OFFICE = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
}
_NOWHERE = "127.0.0.1", "9"  # the discard port: what a document wants to fetch goes there
_OFFICE_ENVIRONMENT = {
    **{name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ},
    **{f"{scheme}_proxy": f"http://{':'.join(_NOWHERE)}" for scheme in ("http", "https", "ftp")},
}


def _item(path: str, name: str, value: str) -> str:
    return (
        f'<item oor:path="{path}"><prop oor:name="{name}" '
        f'oor:op="fuse"><value>{value}</value></prop></item>'
    )


# A document of somebody else's fetches nothing, runs nothing, and updates no links.
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
_HIDDEN = ("/AA", "/AF", "/PieceInfo", "/Metadata")  # what acts, and what goes along unseen
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
    """Return the file as PDF; ``NotConvertible`` when it is damaged, of another type, or needs
    LibreOffice where there is none.
    """
    if content_type == "application/pdf":
        _read(content, name)
        try:
            bind(cover=_mark("·", 100, 100), body=content, watermark="·", title=name)
        # pypdf raises whatever its parser stumbled over: better now than at the delivery.
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
    """Return a text as it was meant: UTF-8, otherwise what spreadsheets of the West still write."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def is_picture(content_type: str) -> bool:
    return content_type.startswith("image/")


def same_picture(one: bytes, other: bytes) -> bool:
    """Tell whether two files show the same picture, however it is packed; False for what is no
    picture.
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
    """Return a picture as a page of its size. Nothing of the file goes along but what is seen: no
    place, camera or earlier version.
    """
    try:
        found = BytesIO()
        _seen(content).save(found, "PDF", resolution=_DPI)
    except _NO_PICTURE as error:
        raise NotConvertible(
            _("“%(name)s” is damaged or too large: it cannot be read as a picture.")
            % {"name": name}
        ) from error
    return found.getvalue()


def _seen(content: bytes) -> Image.Image:
    """Return what one sees of a picture, upright and on white; raises one of ``_NO_PICTURE``."""
    with Image.open(BytesIO(content)) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise ValueError("too large")
        seen = ImageOps.exif_transpose(opened).convert("RGBA")
    flat = Image.new("RGB", seen.size, "white")
    flat.paste(seen, mask=seen.getchannel("A"))
    return flat


def _office(content: bytes, extension: str, name: str) -> bytes:
    """Convert with LibreOffice in a profile and folder of its own, so that two conversions do not
    meet.
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
    """Return the cover followed by the pages of the body, each with the watermark across it;
    scripts and attachments stay out.
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
        _calm(page)
    for each in writer._objects:
        if isinstance(each, DictionaryObject):
            for key in _HIDDEN:
                each.pop(key, None)
    writer.add_metadata({"/Title": title, "/Producer": "Mesa"})
    writer.compress_identical_objects(remove_unreferenced=True)
    found = BytesIO()
    try:
        writer.write(found)
    except PdfReadError as error:
        raise NotConvertible(
            _("“%(name)s” is damaged: it cannot be read as PDF.") % {"name": title}
        ) from error
    return found.getvalue()


def _calm(page: PageObject) -> None:
    """Take what acts or hides files off a page; notes and filled-in fields, which are
    seen, stay.
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
    """Return a clear page with the words across it, as large as they fit; with a light edge, so
    that they are seen on dark pictures.
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
