"""Attacks by the files that customers send: workbooks, pictures, texts."""

import zipfile
import zlib
from io import BytesIO
from struct import pack

import pytest
from openpyxl import Workbook

from foundation.documents.conversion import NotConvertible, same_picture, to_pdf
from foundation.documents.tables import UnreadableTable, read_workbook

SHEET = "xl/worksheets/sheet1.xml"


def workbook(**replaced: bytes) -> BytesIO:
    """A workbook with some of its parts replaced; ``__`` in a name is ``/``."""
    book = Workbook()
    book.active["A1"] = "text"
    original = BytesIO()
    book.save(original)
    parts = {name.replace("__", "/"): content for name, content in replaced.items()}
    made = BytesIO()
    with zipfile.ZipFile(original) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, parts.get(name, old.read(name)))
    return made


def laughs(root: bytes) -> bytes:
    """XML whose entities unpack to a gigabyte."""
    entities = b'<!ENTITY a0 "lol">' + b"".join(
        b'<!ENTITY a%d "%s">' % (level, b"&a%d;" % (level - 1) * 10) for level in range(1, 10)
    )
    return b"<?xml version='1.0'?><!DOCTYPE x [" + entities + b"]>" + root


@pytest.mark.parametrize(
    ("part", "root"),
    [
        (SHEET, b"<worksheet><sheetData><row r='1'><c r='A1' t='inlineStr'><is><t>&a9;</t></is>"),
        ("xl/workbook.xml", b"<workbook>&a9;</workbook>"),
        ("[Content_Types].xml", b"<Types>&a9;</Types>"),
    ],
)
def test_entities_of_a_workbook_are_not_unpacked(part: str, root: bytes) -> None:
    hostile = workbook(**{part: laughs(root)})
    assert len(hostile.getvalue()) < 16_000

    with pytest.raises(UnreadableTable):
        read_workbook(hostile, max_rows=10, max_columns=3)


def test_rows_and_columns_beyond_the_limits_are_not_read() -> None:
    row = b"<row r='%d'><c r='A%d'><v>1</v></c><c r='XFD%d'><v>2</v></c></row>"
    rows = b"".join(row % (number, number, number) for number in (1, 2, 3, 1_000_000))
    sheet = (
        b"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'>"
        b"<dimension ref='A1:XFD1048576'/><sheetData>" + rows + b"</sheetData></worksheet>"
    )

    (read,) = read_workbook(workbook(**{SHEET: sheet}), max_rows=2, max_columns=3)

    assert read.rows == [[1, None, None], [1, None, None]]
    assert read.outside == ((1, 16_384), (2, 16_384), (3, 1), (3, 16_384)) + tuple(
        (1_000_000, column) for column in (1, 16_384)
    )


def test_cells_outside_of_what_is_read_are_named_up_to_a_hundred() -> None:
    row = (
        b"<row r='%d'><c r='A%d'><v>1</v></c><c r='B%d' t='inlineStr'><is><t>%s</t></is></c></row>"
    )
    texts = [b"  " if number % 2 else b"x" for number in range(1, 401)]
    rows = b"".join(row % (n, n, n, text) for n, text in enumerate(texts, start=1))
    sheet = (
        b"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>"
        + rows
        + b"</sheetData></worksheet>"
    )
    made = workbook(**{SHEET: sheet})

    (read,) = read_workbook(made, max_rows=3, max_columns=2, counted_from=2)

    assert read.outside == tuple((number, 2) for number in range(4, 204, 2))


def test_values_under_a_merged_cell_and_in_hidden_rows_and_columns_are_named() -> None:
    """Programs keep what a merge covers; a person sees the first cell."""
    cell = b"<c r='%s%d'><v>1</v></c>"
    rows = b"".join(
        b"<row r='%d'%s>" % (number, b" hidden='1'" if number == 4 else b"")
        + b"".join(cell % (column, number) for column in (b"A", b"B", b"C"))
        + b"</row>"
        for number in (1, 2, 3, 4)
    )
    sheet = (
        b"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'>"
        b"<cols><col min='2' max='2' hidden='true'/></cols><sheetData>" + rows + b"</sheetData>"
        b"<mergeCells><mergeCell ref='A1:A3'/></mergeCells></worksheet>"
    )

    (read,) = read_workbook(workbook(**{SHEET: sheet}), max_rows=9, max_columns=3)

    hidden_column = {(row, 2) for row in (1, 2, 3, 4)}
    assert read.unseen == hidden_column | {(2, 1), (3, 1), (4, 1), (4, 3)}
    assert (read.outside, read.errors) == ((), frozenset())


def test_a_workbook_of_very_many_merged_ranges_is_refused() -> None:
    """Each cell would be looked up in each of them."""
    sheet = (
        b"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData/>"
        b"<mergeCells>%s</mergeCells></worksheet>"
    )
    few = workbook(**{SHEET: sheet % (b"<mergeCell ref='A1:B2'/>" * 2000)})
    many = workbook(**{SHEET: sheet % (b"<mergeCell ref='A1:B2'/>" * 2001)})

    assert len(read_workbook(few, max_rows=1, max_columns=1)) == 1
    with pytest.raises(UnreadableTable):
        read_workbook(many, max_rows=1, max_columns=1)


def test_a_workbook_of_very_many_parts_is_refused() -> None:
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for number in range(600):
            archive.writestr(f"xl/media/{number}.png", b"")

    with pytest.raises(UnreadableTable):
        read_workbook(made, max_rows=1, max_columns=1)


def png(width: int, height: int) -> bytes:
    """A picture of one color, which packs to a thousandth of its size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    pixels = zlib.compress(b"\0" * ((width * 3 + 1) * height), 9)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


def test_a_picture_that_unpacks_to_gigabytes_is_refused() -> None:
    small = png(20, 20)
    huge = png(20_000, 20_000)
    assert len(huge) < 2_000_000

    with pytest.raises(NotConvertible):
        to_pdf(huge, content_type="image/png", name="a.png")
    assert same_picture(huge, small) is False
    assert same_picture(small, small) is True


@pytest.mark.parametrize("content", [b"x\n" * 10_001, b"x" * 300_001])
def test_a_text_that_would_take_too_long_is_refused(content: bytes) -> None:
    with pytest.raises(NotConvertible, match=r"300 kB.*10000"):
        to_pdf(content, content_type="text/plain", name="a.txt")
