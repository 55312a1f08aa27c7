"""Convert pictures, texts and office documents to PDF, and bind a PDF with a cover and a
watermark.
"""

import shutil
from pathlib import Path

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.core.errors import Invalid
from foundation.documents.isolated.refusals import Refused
from foundation.documents.isolation import run
from foundation.documents.libreoffice import OfficeFailed, can_enclose, enclosed_pdf
from foundation.documents.spool import spooled_pdf

PDF = "application/pdf"
_OFFICE = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
}
_PLAIN = {"text/plain", "text/csv", "text/xml", "application/json", "message/rfc822"}
# Why a child refused a file -> what the person reads, with ``name`` and the refusal's details.
_WORDS: dict[str, Promise] = {
    "damaged": _("“%(name)s” is damaged: it cannot be read as PDF."),
    "damaged_picture": _("“%(name)s” is damaged: it cannot be read as a picture."),
    "damaged_office": _("LibreOffice could not read “%(name)s”. Save it as PDF and give that."),
    "deep": _(
        "“%(name)s” has colours of 16 bits and a transparent one, which cannot be told apart from "
        "the others. Save it with 8 bits, or without transparency, and give that."
    ),
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
    "pixels": _("“%(name)s” has more than %(most)d million pixels. Save it smaller and give that."),
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
    require_convertible(content_type, name)
    kind = ""
    try:
        if content_type == PDF:
            run("inspect", content)
            return content
        if is_picture(content_type):
            kind = "picture"
            return run("picture", content).parts[0]
        if content_type in _PLAIN:
            return run("text", content, title=name).parts[0]
        kind = "office"
        run("office_links", content)
        return _office(content, _OFFICE[content_type], name)
    except Refused as refusal:
        raise _refused(refusal, name, kind) from refusal


def require_convertible(content_type: str, name: str) -> None:
    """Raise ``NotConvertible`` for a type that cannot become PDF."""
    if (
        content_type != PDF
        and not is_picture(content_type)
        and content_type not in {*_PLAIN, *_OFFICE}
    ):
        raise NotConvertible(
            _(
                "“%(name)s” cannot become PDF. Give a PDF, a picture, a text or an office "
                "document; an editable file needs a waiver."
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
    """Return an office document as PDF, by the converter service where a spool folder is set, else
    by LibreOffice in bubblewrap.

    Raises ``NotConvertible`` when both are missing, or the document cannot be read within the
    limits.
    """
    spool = settings.MESA_CONVERTER_SPOOL
    if not spool and not (shutil.which("soffice") and can_enclose()):
        raise NotConvertible(
            _(
                "“%(name)s” needs LibreOffice in bubblewrap to become PDF, which this server does "
                "not have. Save it as PDF and give that."
            )
            % {"name": name}
        )
    try:
        return (
            spooled_pdf(Path(spool), content, extension)
            if spool
            else enclosed_pdf(content, extension)
        )
    except OfficeFailed as error:
        raise NotConvertible(_WORDS["damaged_office"] % {"name": name}) from error
