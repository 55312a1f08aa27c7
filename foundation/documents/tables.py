"""Read and write tables as CSV and XLSX, for all apps.

Text that begins with ``=``, ``+``, ``-`` or ``@`` is escaped: a spreadsheet would run it as a
formula (OWASP, CSV Injection).
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from io import BytesIO, StringIO
from typing import IO, Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from foundation.documents.isolated.refusals import Refused
from foundation.documents.isolation import run

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Byte order mark: without it Excel does not read a CSV file as UTF-8.
CSV_MARK = "\ufeff"

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


class CellStyle(StrEnum):
    """How a cell of a form looks."""

    TITLE = "title"
    HEADING = "heading"
    HINT = "hint"
    TEXT = "text"  # to be filled in: long lines wrap


_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_SHEET_WIDTH = 22  # characters of a column of a table
_HEADING_FILL = PatternFill("solid", fgColor="E0F0EC")


@dataclass(frozen=True)
class FormSheet:
    """A sheet of a form that a person fills in. Cells are named ``B4``, ranges ``B2:B9``.

    ``values`` are the given cells; ``choices`` maps a range to the range with its allowed values,
    such as ``Lists!$A$2:$A$5``; ``widths`` maps a column to its width in characters; ``frozen_at``
    is the first cell that scrolls.
    """

    title: str
    values: Mapping[str, Any]
    styles: Mapping[str, CellStyle] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)
    widths: Mapping[str, int] = field(default_factory=dict)
    frozen_at: str | None = None
    is_hidden: bool = False


class UnreadableTable(Exception):
    """The file is no workbook, a damaged one, or too large when it is unpacked."""


def csv_lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield each row as a line of CSV. Text that a spreadsheet would run is prefixed with ``'``."""
    buffer = StringIO()
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([_as_text(value) for value in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _as_text(value: Any) -> Any:
    is_formula = isinstance(value, str) and value.startswith(_FORMULA_SIGNS)
    return f"'{value}" if is_formula else value


def sheet_bytes(title: str, heading: Sequence[Any], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return an XLSX file with one table: a heading that stays in view, and rows of texts, numbers
    and naive local times.
    """
    book = Workbook()
    sheet: Any = book.active
    sheet.title = title[:31]
    sheet.append(list(heading))
    for cell in sheet[1]:
        _dress(cell, CellStyle.HEADING)
    for row in rows:
        sheet.append([_without_controls(value) for value in row])
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    for place in range(1, len(heading) + 1):
        sheet.column_dimensions[get_column_letter(place)].width = _SHEET_WIDTH
    return workbook_bytes(book)


def _without_controls(value: Any) -> Any:
    """Return a text without the characters that XML has no place for."""
    return ILLEGAL_CHARACTERS_RE.sub(" ", value) if isinstance(value, str) else value


def form_bytes(sheets: Sequence[FormSheet]) -> bytes:
    """Return an XLSX file with these sheets, in this order."""
    book = Workbook()
    book.remove(book.active)
    for each in sheets:
        _write(book.create_sheet(each.title), each)
    return workbook_bytes(book)


def filled_form(content: bytes, values: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the form with these cells filled in. ``values`` has one mapping of cells per sheet, in
    the order of the sheets. A text stays a text: none becomes a formula.
    """
    book = load_workbook(BytesIO(content))
    for sheet, cells in zip(book.worksheets, values, strict=False):
        for cell, value in cells.items():
            if isinstance(value, str):
                # a reader would make of "_x000D_" the character that it names (ST_Xstring)
                sheet[cell] = _ESCAPED.sub("_x005F_", _without_controls(value))
                sheet[cell].data_type = "s"
            else:
                sheet[cell] = value
    return workbook_bytes(book)


def _write(sheet: Any, form: FormSheet) -> None:
    for cell, value in form.values.items():
        sheet[cell] = value
    for cell, style in form.styles.items():
        _dress(sheet[cell], style)
    for column, width in form.widths.items():
        sheet.column_dimensions[column].width = width
    for cells, allowed in form.choices.items():
        choice = DataValidation(
            type="list", formula1=f"={allowed}", allow_blank=True, showErrorMessage=True
        )
        sheet.add_data_validation(choice)
        choice.add(cells)
    sheet.freeze_panes = form.frozen_at
    sheet.sheet_state = "hidden" if form.is_hidden else "visible"


def _dress(cell: Any, style: CellStyle) -> None:
    if style is CellStyle.TITLE:
        cell.font = Font(bold=True, size=16)
    elif style is CellStyle.HEADING:
        cell.font = Font(bold=True)
        cell.fill = _HEADING_FILL
    elif style is CellStyle.HINT:
        cell.font = Font(italic=True, color="666666")
    else:
        cell.alignment = Alignment(wrap_text=True, vertical="top")


def workbook_bytes(book: Workbook) -> bytes:
    """Return the workbook as an XLSX file. Every formula cell becomes a text cell."""
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    cell.data_type = "s"
                    cell.quotePrefix = True
    found = BytesIO()
    book.save(found)
    return found.getvalue()


@dataclass(frozen=True)
class ReadSheet:
    """A sheet of a workbook from outside. Cells are text, number, truth value or None; dates and
    times are ISO 8601 text; codes such as ``00123`` keep their zeros.

    These name cells as row and column, counted from 1: ``errors`` those with an error such as
    ``#N/A``, ``uncomputed`` those with a formula that nothing computed, ``unseen`` those with a
    value that is hidden, ``formatted`` those with a number that is shown otherwise, as by the
    format ``00-000``, ``outside`` the first that hold something and were not read, ``notes`` those
    with a note. ``has_drawing`` tells of pictures and text boxes on it, ``has_page_text`` of words
    in the header or footer of its page.
    """

    title: str
    rows: list[list[Any]]
    errors: frozenset[tuple[int, int]] = frozenset()
    uncomputed: frozenset[tuple[int, int]] = frozenset()
    unseen: frozenset[tuple[int, int]] = frozenset()
    formatted: frozenset[tuple[int, int]] = frozenset()
    outside: tuple[tuple[int, int], ...] = ()
    notes: frozenset[tuple[int, int]] = frozenset()
    has_drawing: bool = False
    has_page_text: bool = False
    is_hidden: bool = False

    def value(self, row: int, column: int) -> Any:
        """Return a cell, counted from 1; None outside of what was read."""
        cells = self.rows[row - 1] if row <= len(self.rows) else []
        return cells[column - 1] if column <= len(cells) else None


def cell_name(row: int, column: int) -> str:
    """Return the name of a cell, such as ``B4``."""
    return f"{get_column_letter(column)}{row}"


def read_workbook(
    stream: IO[bytes], *, max_rows: int, max_columns: int, counted_from: int = 1
) -> list[ReadSheet]:
    """Return the sheets of a workbook, read in a child process: up to ``max_rows`` rows and
    ``max_columns`` columns of each. Formula cells give their last computed value. ``outside`` names
    not the number of a row, or a smaller one, in the columns before ``counted_from``.

    Raises ``UnreadableTable``.
    """
    stream.seek(0)
    try:
        answer = run(
            "workbook",
            stream.read(),
            max_rows=max_rows,
            max_columns=max_columns,
            counted_from=counted_from,
        )
    except Refused as refusal:
        raise UnreadableTable from refusal
    return [
        ReadSheet(
            sheet["title"],
            sheet["rows"],
            _cells(sheet["errors"]),
            _cells(sheet["uncomputed"]),
            _cells(sheet["unseen"]),
            _cells(sheet["formatted"]),
            tuple((row, column) for row, column in sheet["outside"]),
            _cells(sheet["notes"]),
            sheet["has_drawing"],
            sheet["has_page_text"],
            sheet["is_hidden"],
        )
        for sheet in answer.result
    ]


def _cells(found: Iterable[Sequence[int]]) -> frozenset[tuple[int, int]]:
    return frozenset((row, column) for row, column in found)
