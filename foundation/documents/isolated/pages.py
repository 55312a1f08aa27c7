"""Reads PDFs from outside, and binds one with a cover and a watermark."""

from html import escape
from io import BytesIO
from typing import cast

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NumberObject,
    RectangleObject,
    StreamObject,
)

from foundation.documents.isolated.printing import print_html, read_nothing
from foundation.documents.isolated.refusals import Refused

MAX_PAGES = 2000
_PAGE = "/MesaPage"
_STAMP = "/MesaWatermark"
# The annotations that stay: what people write on a page, links and form fields.
_NOTES = frozenset(
    {
        *("/Text", "/FreeText", "/Line", "/Square", "/Circle", "/Polygon", "/PolyLine"),
        *("/Highlight", "/Underline", "/Squiggly", "/StrikeOut", "/Stamp", "/Caret", "/Ink"),
        *("/Popup", "/Link", "/Widget"),
    }
)
_UNSEEN = frozenset({"/Link", "/Popup"})  # cover nothing
# Actions, associated and embedded files, hidden data.
_HIDDEN = ("/AA", "/AF", "/EF", "/JS", "/PieceInfo", "/Metadata")
# Parts of a page whose keys are names of the author's choice.
_NAMED = frozenset(
    {
        *("/Font", "/XObject", "/ExtGState", "/ColorSpace", "/Pattern", "/Shading"),
        *("/Properties", "/CharProcs"),
    }
)
_STAMP_FLAGS = 4 | 64 | 128  # printed, read-only, locked


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
    stamps: dict[tuple[int, int], StreamObject] = {}
    for page in PdfReader(BytesIO(cover)).pages:
        writer.add_page(page)
    for original in PdfReader(BytesIO(body)).pages:
        page = writer.add_page(original)
        if page.rotation:
            page.transfer_rotation_to_content()
        _show_the_cropped_part(page)
        size = round(float(page.mediabox.width)), round(float(page.mediabox.height))
        if size not in stamps:
            stamps[size] = _form_of(PdfReader(BytesIO(_mark(watermark, *size))).pages[0], writer)
        _put_on(page, stamps[size], writer)
    named = {
        value.idnum
        for part in writer._objects
        if isinstance(part, DictionaryObject)
        for name, value in part.items()
        if name in _NAMED and isinstance(value, IndirectObject)
    }
    for number, part in enumerate(writer._objects, start=1):
        if number not in named:
            _clean(part)
    writer.add_metadata({"/Title": title, "/Producer": "Mesa"})
    writer.compress_identical_objects(remove_unreferenced=True)
    buffer = BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def _show_the_cropped_part(page: PageObject) -> None:
    """Make the page as large as what a reader shows of it, which is where the mark belongs."""
    shown = page.cropbox
    whole = page.mediabox
    page.mediabox = RectangleObject(
        (
            max(float(shown.left), float(whole.left)),
            max(float(shown.bottom), float(whole.bottom)),
            min(float(shown.right), float(whole.right)),
            min(float(shown.top), float(whole.top)),
        )
    )
    for name in ("/CropBox", "/TrimBox", "/BleedBox", "/ArtBox"):
        page.pop(name, None)


def _form_of(page: PageObject, writer: PdfWriter) -> StreamObject:
    """Return a page's content as a form, added to the writer. What the content leaves open, such as
    a clip or a string, ends with the form. The operators are not read: that takes seconds in a file
    of hundreds of pages.
    """
    contents = page.get("/Contents", ArrayObject()).get_object()
    streams = contents if isinstance(contents, ArrayObject) else [contents]
    form = StreamObject()
    form.set_data(b"\n".join(each.get_object().get_data() for each in streams))
    form = form.flate_encode()
    form[NameObject("/Type")] = NameObject("/XObject")
    form[NameObject("/Subtype")] = NameObject("/Form")
    form[NameObject("/BBox")] = ArrayObject(FloatObject(each) for each in page.mediabox)
    resources = page.get("/Resources", DictionaryObject()).get_object()
    form[NameObject("/Resources")] = resources.clone(writer)
    if "/Group" in page:  # how its transparency is blended
        form[NameObject("/Group")] = page["/Group"].clone(writer)
    writer._add_object(form)
    return form


def _put_on(page: PageObject, stamp: StreamObject, writer: PdfWriter) -> None:
    """Show the page's content, and over it the stamp. An annotation could cover that, so the stamp
    is also the last annotation of such a page.
    """
    content = _form_of(page, writer)
    left = float(page.mediabox.left)
    bottom = float(page.mediabox.bottom)
    operators = StreamObject()
    operators.set_data(
        f"q {_PAGE} Do Q q 1 0 0 1 {left:g} {bottom:g} cm {_STAMP} Do Q".encode("ascii")
    )
    page[NameObject("/Contents")] = writer._add_object(operators)
    forms = DictionaryObject(
        {
            NameObject(_PAGE): _reference(content),
            NameObject(_STAMP): _reference(stamp),
        }
    )
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): forms})
    notes = _kept_notes(page)
    annotations = ArrayObject(getattr(note, "indirect_reference", None) or note for note in notes)
    if any(note["/Subtype"] not in _UNSEEN for note in notes):
        annotations.append(_stamp_note(page, stamp, writer))
    page[NameObject("/Annots")] = annotations


def _reference(form: StreamObject) -> IndirectObject:
    reference = form.indirect_reference
    assert reference is not None
    return reference


def _kept_notes(page: PageObject) -> list[DictionaryObject]:
    """Return the page's annotations without media, files and their actions. Notes and filled-in
    form fields stay.
    """
    kept = []
    for reference in cast(ArrayObject, page.get("/Annots", ArrayObject()).get_object()):
        note = reference.get_object()
        if not isinstance(note, DictionaryObject):
            continue
        if "/Subtype" in note and note["/Subtype"] in _NOTES:
            for key in ("/A", "/PA", "/FS"):
                note.pop(key, None)
            _clean(note)  # here too: a resource may name it, and those are skipped
            kept.append(note)
        else:
            note.clear()  # what it refers to is written no more
    return kept


def _stamp_note(page: PageObject, stamp: StreamObject, writer: PdfWriter) -> IndirectObject:
    note = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Stamp"),
            NameObject("/Rect"): RectangleObject(tuple(page.mediabox)),
            NameObject("/F"): NumberObject(_STAMP_FLAGS),
            NameObject("/AP"): DictionaryObject({NameObject("/N"): _reference(stamp)}),
        }
    )
    return writer._add_object(note)


def _clean(part: object) -> None:
    """Remove actions, files and hidden data from an object and the direct ones inside it."""
    if isinstance(part, ArrayObject):
        for each in part:
            _clean(each)
    if not isinstance(part, DictionaryObject):
        return
    for key in _HIDDEN:
        part.pop(key, None)
    for name, value in part.items():
        if name not in _NAMED and not isinstance(value, IndirectObject):
            _clean(value)


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
