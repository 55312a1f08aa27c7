"""Reads XLSX workbooks."""

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any

from defusedxml.ElementTree import iterparse
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.cell import coordinate_to_tuple

from foundation.documents.isolated.refusals import Refused

MAX_UNPACKED_BYTES = 8 * 1024 * 1024
_MAX_PARTS = 500  # files inside the workbook
_MAX_MERGED = 2000  # merged ranges of a sheet
_MAX_OUTSIDE = 100  # cells of a sheet that are named, of those outside of what is read
_PADDED = re.compile(r"0+")  # the format of codes such as 00123
_FIXED = re.compile(r"(?:#,##)?0\.(0+)")  # shows so many decimals
# Formats that show a number as it is read, but for its rounding and grouping.
_AS_READ = re.compile(r"General|@|0+|(#,##)?0(\.[0#]+)?", re.IGNORECASE)
_NOTES = frozenset({"comments", "threadedComment"})  # relations of a sheet
_PAGE_TEXTS = frozenset(
    f"{which}{part}" for which in ("odd", "even", "first") for part in ("Header", "Footer")
)
# "Page &P of &N": some programs put it at the foot of every sheet
_PAGE_NUMBER = re.compile(r"(?:(?:page|p[áa]g(?:ina|\.)?|of|de)\s+)?&[PN]", re.IGNORECASE)
# &C, &"Arial", &12, &KFF0000: place, typeface, size, colour
_PAGE_CODE = re.compile(r'&(?:"[^"]*"|K(?:[0-9A-F]{6}|\d\d[+-]\d{3})|\d+|[A-MOQ-Za-z&])')
# of VML, the drawings of older programs
_SHAPE = re.compile(rb"<v:(?:shape|rect|roundrect|oval|line|polyline|arc|curve|image)\b")
_SHAPE_OF_NOTE = re.compile(rb"ObjectType=[\"']Note")
# characters that the format writes by their number
_ESCAPED = re.compile("_x(0009|000A|000D|005F)_")
_UNESCAPED = {"0009": "\t", "000A": "\n", "000D": "\r", "005F": "_"}
_SMALLEST = {"ht": 2.0, "width": 0.5}
_TRUE = {"1", "true"}
_UNKEPT = 10**15  # spreadsheets keep 15 digits
_TEXT_PART = 3  # of the parts of a number format, counted from 0


def workbook(
    content: bytes, *, max_rows: int, max_columns: int, counted_from: int = 1
) -> tuple[list[dict[str, Any]], list[bytes]]:
    """Return the sheets, each with ``title`` and ``rows`` of cells: text, number, truth value, or
    None; a date or time as ISO 8601 text; a number of a format such as ``00000`` as text of that
    length; a duration as ``30:00:00``. Formula cells give their last computed value. ``is_hidden``
    tells of the whole sheet. Of each sheet the first ``max_rows`` rows and ``max_columns`` columns
    are read. These name cells as row and column, counted from 1: ``errors`` those whose value
    is an error such as ``#N/A``, ``uncomputed`` formulas without a computed value, ``unseen`` those
    with a value that a person does not see (in a hidden row or column, under a merged cell, by a
    format that shows nothing), ``formatted`` numbers that the cell's format shows otherwise than
    they are read, ``notes`` those with a note, ``outside`` the first ``_MAX_OUTSIDE`` cells that
    are not read and hold a formula or something else than blanks; of the columns before
    ``counted_from`` the number of a row, or a smaller one, does not count. ``has_drawing`` tells of
    pictures, text boxes and the like, and is true of a sheet that is a chart; ``has_page_text`` of
    words in the header or footer of the page, other than those around a page number.

    Refuses with ``unreadable`` when it is no workbook, a damaged one, too large when unpacked, has
    very many merged ranges, or declares entities.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > _MAX_PARTS:
                raise Refused("unreadable")
            if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
                raise Refused("unreadable")
            # Where defusedxml is installed, openpyxl refuses entities.
            book = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
            area = _Area(max_rows, max_columns, counted_from)
            found = [_sheet(each, _around(archive, each, area), area) for each in book.worksheets]
            found += [_described(each, _Around(has_drawing=True)) for each in book.chartsheets]
            return found, []
    except (Refused, MemoryError):
        raise
    except Exception as error:  # damaged input can make openpyxl raise anything
        raise Refused("unreadable") from error


@dataclass(frozen=True)
class _Area:
    """What is read of a sheet, as of ``workbook``."""

    max_rows: int
    max_columns: int
    counted_from: int

    def has(self, row: int, column: int) -> bool:
        return row <= self.max_rows and column <= self.max_columns


@dataclass
class _Cell:
    """A cell as the file has it. The text of kind "s" is a number in the workbook's list."""

    row: int = 0
    column: int = 0
    kind: str = ""
    text: str = ""
    has_formula: bool = False

    @property
    def is_uncomputed(self) -> bool:
        # a text that a formula computed may be empty
        return self.has_formula and not self.text and self.kind != "str"


@dataclass
class _Around:
    """What openpyxl leaves out when it reads row by row: what a person does not see of a sheet
    (columns and merged ranges with both ends), and the cells outside of those that are read.
    """

    rows: set[int] = field(default_factory=set)
    columns: list[tuple[int, int]] = field(default_factory=list)
    # rows and columns that the sheet hides, unless they have a size of their own
    hides_rows: bool = False
    hides_columns: bool = False
    shown_rows: set[int] = field(default_factory=set)
    shown_columns: list[tuple[int, int]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)  # column, row, to both
    outside: list[tuple[int, int]] = field(default_factory=list)
    notes: list[tuple[int, int]] = field(default_factory=list)
    has_drawing: bool = False
    has_page_text: bool = False
    uncomputed: list[tuple[int, int]] = field(default_factory=list)

    def covers(self, row: int, column: int) -> bool:
        return (
            row in self.rows
            or (self.hides_rows and row not in self.shown_rows)
            or _lies_in(column, self.columns)
            or (self.hides_columns and not _lies_in(column, self.shown_columns))
            or any(
                left <= column <= right and top <= row <= bottom and (column, row) != (left, top)
                for left, top, right, bottom in self.merged
            )
        )


def _lies_in(column: int, spans: list[tuple[int, int]]) -> bool:
    return any(first <= column <= last for first, last in spans)


def _around(archive: zipfile.ZipFile, sheet: Any, area: _Area) -> _Around:
    found = _Around()
    row = column = 0
    cell = _Cell()
    # openpyxl offers the name of a sheet's part under no public name.
    with archive.open(sheet._worksheet_path) as part:  # noqa: SLF001
        for _event, element in iterparse(part, forbid_dtd=True):
            tag = str(element.tag).rpartition("}")[2]
            if tag in {"v", "t"}:
                cell.text += element.text or ""
            elif tag == "f":
                cell.has_formula = True
            elif tag == "c":
                # without a name it is the next one
                name = element.get("r") or f"{get_column_letter(column + 1)}{row + 1}"
                cell.row, column = coordinate_to_tuple(name)
                cell.column = column
                cell.kind = element.get("t", "n")
                _note_cell(found, cell, area, sheet)
                cell = _Cell()
            elif tag == "row":
                row = int(element.get("r") or row + 1)  # a row without a number is the next one
                column = 0
                if _is_hidden(element, "ht"):
                    found.rows.add(row)
                elif element.get("ht") is not None:
                    found.shown_rows.add(row)
            else:
                _note_layout(found, tag, element)
            element.clear()
    _note_relations(found, archive, sheet)
    return found


def _note_relations(found: _Around, archive: zipfile.ZipFile, sheet: Any) -> None:
    """Note what lies beside the part of the sheet: notes of cells, and drawings."""
    path = PurePosixPath(sheet._worksheet_path)  # noqa: SLF001
    relations = str(path.parent / "_rels" / f"{path.name}.rels")
    if relations not in archive.namelist():
        return
    with archive.open(relations) as part:
        for _event, element in iterparse(part, forbid_dtd=True):
            kind = str(element.get("Type", "")).rpartition("/")[2]
            target = posixpath.normpath(path.parent / str(element.get("Target"))).lstrip("/")
            if kind in _DRAWINGS and not found.has_drawing:
                found.has_drawing = _DRAWINGS[kind](archive, target)
            elif kind in _NOTES:
                found.notes += _notes_in(archive, target)


def _has_anchor(archive: zipfile.ZipFile, path: str) -> bool:
    """Tell whether a drawing has something in it: some programs write an empty one per sheet."""
    with archive.open(path) as part:
        tags = (str(element.tag) for _event, element in iterparse(part, forbid_dtd=True))
        return any(tag.endswith("Anchor") for tag in tags)


def _has_shape(archive: zipfile.ZipFile, path: str) -> bool:
    """Tell whether a drawing in VML, which is not always well-formed, has more than notes in it."""
    with archive.open(path) as part:
        content = part.read()
    return len(_SHAPE.findall(content)) > len(_SHAPE_OF_NOTE.findall(content))


# relations of a sheet -> what tells whether the drawing has something in it
_DRAWINGS = {
    "drawing": _has_anchor,
    "vmlDrawing": _has_shape,
    **dict.fromkeys(("oleObject", "package", "control"), lambda _archive, _path: True),
}


def _notes_in(archive: zipfile.ZipFile, path: str) -> Iterator[tuple[int, int]]:
    with archive.open(path) as part:
        for _event, element in iterparse(part, forbid_dtd=True):
            if element.get("ref") is not None:
                yield coordinate_to_tuple(element.get("ref"))


def _note_cell(found: _Around, cell: _Cell, area: _Area, sheet: Any) -> None:
    place = cell.row, cell.column
    if area.has(*place):
        if cell.is_uncomputed:
            found.uncomputed.append(place)
        return
    is_counted = cell.column < area.counted_from and cell.kind == "n" and not cell.has_formula
    is_number = is_counted and float(cell.text or 0) in range(1, cell.row + 1)
    if is_number or len(found.outside) == _MAX_OUTSIDE:
        return
    shared = sheet._shared_strings if cell.kind == "s" else []  # noqa: SLF001
    text = shared[int(cell.text)] if shared else cell.text
    if text.strip() or cell.is_uncomputed:
        found.outside.append(place)


def _note_layout(found: _Around, tag: str, element: Any) -> None:
    if tag == "col":
        span = int(element.get("min")), int(element.get("max"))
        is_hidden = _is_hidden(element, "width")
        (found.columns if is_hidden else found.shown_columns).append(span)
    elif tag == "sheetFormatPr":
        found.hides_rows = element.get("zeroHeight") in _TRUE or _is_too_small(
            element.get("defaultRowHeight"), "ht"
        )
        found.hides_columns = _is_too_small(element.get("defaultColWidth"), "width")
    elif tag in _PAGE_TEXTS:
        words = _PAGE_NUMBER.sub("", _PAGE_CODE.sub("", element.text or ""))
        found.has_page_text = found.has_page_text or bool(words.strip())
    elif tag == "mergeCell":
        left, top, right, bottom = range_boundaries(element.get("ref"))
        found.merged.append((left, top, right, bottom))
        if len(found.merged) > _MAX_MERGED:
            raise Refused("unreadable")


def _is_hidden(element: Any, size: str) -> bool:
    """Tell whether a row or column is hidden, or too small to show anything. ``size`` names the
    attribute with its height in points or its width in letters.
    """
    return element.get("hidden") in _TRUE or _is_too_small(element.get(size), size)


def _is_too_small(given: str | None, size: str) -> bool:
    return given is not None and float(given) < _SMALLEST[size]


def _sheet(sheet: Any, around: _Around, area: _Area) -> dict[str, Any]:
    plain: list[list[Any]] = []
    errors = []
    unseen = []
    formatted = []
    rows = sheet.iter_rows(max_row=area.max_rows, max_col=area.max_columns)
    for number, row in enumerate(rows, start=1):
        plain.append([_plain(cell) for cell in row])
        for column, cell in enumerate(row, start=1):
            if cell.value is None:
                continue
            if cell.data_type == "e":
                errors.append((number, column))
            if around.covers(number, column) or _shows_nothing(cell):
                unseen.append((number, column))
            if _is_shown_otherwise(cell):
                formatted.append((number, column))
    while plain and not any(value is not None for value in plain[-1]):
        plain.pop()
    cells = {"rows": plain, "errors": errors, "unseen": unseen, "formatted": formatted}
    return _described(sheet, around) | cells


def _described(sheet: Any, around: _Around) -> dict[str, Any]:
    """Return what is known of a sheet without its cells; of one that is a chart, that is all."""
    return {
        "title": sheet.title,
        "is_hidden": sheet.sheet_state != "visible",
        "rows": [],
        "errors": [],
        "uncomputed": around.uncomputed,
        "unseen": [],
        "formatted": [],
        "outside": around.outside,
        "notes": around.notes[:_MAX_OUTSIDE],
        "has_drawing": around.has_drawing,
        "has_page_text": around.has_page_text,
    }


def _is_shown_otherwise(cell: Any) -> bool:
    """Tell whether the format of a number shows another text than is read. Of more digits than a
    spreadsheet keeps, the last ones are not those that were typed.
    """
    if type(cell.value) not in {int, float}:
        return False
    if abs(cell.value) >= _UNKEPT:
        return True
    is_code = _PADDED.fullmatch(cell.number_format) and len(cell.number_format) > 1
    is_rounded = is_code and not float(cell.value).is_integer()
    return is_rounded or not _AS_READ.fullmatch(cell.number_format)


def _shows_nothing(cell: Any) -> bool:
    """Tell whether the format of a cell that holds no number hides it, as ``;;;`` does: the fourth
    part of a format is that of text.
    """
    parts = str(cell.number_format).split(";")
    is_number = type(cell.value) in {int, float}
    return not is_number and len(parts) > _TEXT_PART and "@" not in parts[_TEXT_PART]


def _plain(cell: Any) -> str | int | float | bool | None:
    value = cell.value
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is int and _PADDED.fullmatch(cell.number_format):
        sign = "-" if value < 0 else ""
        return f"{sign}{abs(value):0{len(cell.number_format)}}"
    is_number = type(value) in {int, float}
    if is_number and (fixed := _FIXED.fullmatch(cell.number_format)):
        shown = f"{value:.{len(fixed[1])}f}"
        return shown if float(shown) == value else value
    if isinstance(value, str):
        return _ESCAPED.sub(lambda found: _UNESCAPED[found[1]], value).replace("\r\n", "\n")
    return value if value is None or isinstance(value, int | float | bool) else str(value)
