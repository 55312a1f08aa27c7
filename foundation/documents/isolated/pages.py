"""Reads PDFs from outside, and binds one with a cover and a watermark."""

from html import escape
from io import BytesIO
from typing import cast

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NumberObject,
    StreamObject,
)

from foundation.documents.isolated.printing import print_html, read_nothing
from foundation.documents.isolated.refusals import Refused

MAX_PAGES = 2000
_STAMP = "/MesaWatermark"
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
    stamps: dict[tuple[int, int], IndirectObject] = {}
    for page in PdfReader(BytesIO(cover)).pages:
        writer.add_page(page)
    for original in PdfReader(BytesIO(body)).pages:
        page = writer.add_page(original)
        if page.rotation:
            page.transfer_rotation_to_content()
        size = round(float(page.mediabox.width)), round(float(page.mediabox.height))
        if size not in stamps:
            stamps[size] = _stamp(writer, _mark(watermark, *size), size)
        _put_on(page, stamps[size], writer)
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


def _stamp(writer: PdfWriter, mark: bytes, size: tuple[int, int]) -> IndirectObject:
    """Add the only page of ``mark`` to the writer as a form, which many pages show."""
    page = PdfReader(BytesIO(mark)).pages[0]
    contents = page.get_contents()
    form = StreamObject()
    form.set_data(contents.get_data() if contents is not None else b"")
    form[NameObject("/Type")] = NameObject("/XObject")
    form[NameObject("/Subtype")] = NameObject("/Form")
    form[NameObject("/BBox")] = ArrayObject(NumberObject(each) for each in (0, 0, *size))
    form[NameObject("/Resources")] = page["/Resources"].clone(writer)
    return writer._add_object(form.flate_encode())


def _put_on(page: PageObject, stamp: IndirectObject, writer: PdfWriter) -> None:
    """Show the form over the page. The page's own streams stay as they are: reading them takes
    seconds in a file of hundreds of pages.
    """
    inherited = cast(DictionaryObject, page.get("/Resources", DictionaryObject()).get_object())
    resources = DictionaryObject(inherited)
    forms = cast(DictionaryObject, resources.get("/XObject", DictionaryObject()).get_object())
    resources[NameObject("/XObject")] = DictionaryObject({**forms, NameObject(_STAMP): stamp})
    page[NameObject("/Resources")] = resources
    own = page.raw_get("/Contents") if "/Contents" in page else ArrayObject()
    streams = own.get_object()
    left, bottom = (float(each) for each in page.mediabox.lower_left)
    before = _stream(b"q\n")
    after = _stream(f"\nQ q 1 0 0 1 {left:g} {bottom:g} cm {_STAMP} Do Q\n".encode())
    page[NameObject("/Contents")] = ArrayObject(
        [
            writer._add_object(before),
            *(streams if isinstance(streams, ArrayObject) else [own]),
            writer._add_object(after),
        ]
    )


def _stream(operators: bytes) -> StreamObject:
    stream = StreamObject()
    stream.set_data(operators)
    return stream


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
