"""Reads PDFs from outside, and binds one with a cover and a watermark."""

from html import escape
from io import BytesIO
from typing import cast

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, NameObject

from foundation.documents.isolated.printing import print_html, read_nothing
from foundation.documents.isolated.refusals import Refused

MAX_PAGES = 2000
_ACTIVE = {"/FileAttachment", "/RichMedia", "/Movie", "/Screen", "/Sound", "/3D"}
_HIDDEN = ("/AA", "/AF", "/PieceInfo", "/Metadata")  # actions, associated files, hidden data


def inspect(content: bytes) -> tuple[int, list[bytes]]:
    """Return the number of pages of a PDF that can be bound. Refuses with ``password``,
    ``damaged``, or ``pages`` (``pages``, ``most``).
    """
    try:
        reader = PdfReader(BytesIO(content))
        if reader.is_encrypted:
            raise Refused("password")
        pages = len(reader.pages)
    except (PyPdfError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refused("damaged") from error
    if not 0 < pages <= MAX_PAGES:
        raise Refused("pages", pages=pages, most=MAX_PAGES)
    # A damaged page is found now, not at the delivery.
    bind(_mark("·", 100, 100), content, watermark="·", title="·")
    return pages, []


def bind(cover: bytes, body: bytes, *, watermark: str, title: str) -> tuple[None, list[bytes]]:
    """Return a PDF of the cover and then the body's pages, each with the watermark. Scripts and
    attachments are left out. Refuses with ``damaged`` when the result cannot be written.
    """
    try:
        return None, [_bound(cover, body, watermark, title)]
    except MemoryError:
        raise
    except Exception as error:  # damaged input can make pypdf raise any exception
        raise Refused("damaged") from error


def _bound(cover: bytes, body: bytes, watermark: str, title: str) -> bytes:
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
    writer.write(buffer)
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
    return print_html(
        html=f'<html lang="es"><head><title>·</title></head><body>{marks}</body></html>',
        stylesheet=style,
        read=read_nothing,
    )
