"""Reads XLSX workbooks."""

import re
import zipfile
from dataclasses import dataclass, field
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

from defusedxml.ElementTree import iterparse
from openpyxl import load_workbook
from openpyxl.utils import range_boundaries

from foundation.documents.isolated.refusals import Refused

MAX_UNPACKED_BYTES = 8 * 1024 * 1024
_MAX_PARTS = 500  # files inside the workbook
_MAX_MERGED = 2000  # merged ranges of a sheet
_LAST_ROW = 1_048_576  # of XLSX
_PADDED = re.compile(r"0+")  # the format of codes such as 00123
_TRUE = {"1", "true"}


def workbook(
    content: bytes, *, max_rows: int, max_columns: int, counted_from: int = 1
) -> tuple[list[dict[str, Any]], list[bytes]]:
    """Return the sheets, each with ``title`` and ``rows`` of cells: text, number, truth value, or
    None; a date or time as ISO 8601 text; a number of a format such as ``00000`` as text of that
    length. Formula cells give their last computed value. Of each sheet the first ``max_rows`` rows
    and ``max_columns`` columns are read, and ``beyond`` is the first later row with a value in
    these columns from column ``counted_from`` on, or None. ``errors`` and ``unseen`` name cells as
    row and column, counted from 1: those whose value is an error such as ``#N/A``, and those with a
    value that a person does not see, in a hidden row or column or under a merged cell.

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
            return [
                _sheet(sheet, _hidden(archive, sheet), max_rows, max_columns, counted_from)
                for sheet in book.worksheets
            ], []
    except (Refused, MemoryError):
        raise
    except Exception as error:  # damaged input can make openpyxl raise anything
        raise Refused("unreadable") from error


@dataclass
class _Hidden:
    """What a person does not see of a sheet; columns and merged ranges with both ends."""

    rows: set[int] = field(default_factory=set)
    columns: list[tuple[int, int]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)  # column, row, to both

    def covers(self, row: int, column: int) -> bool:
        return (
            row in self.rows
            or any(first <= column <= last for first, last in self.columns)
            or any(
                left <= column <= right and top <= row <= bottom and (column, row) != (left, top)
                for left, top, right, bottom in self.merged
            )
        )


def _hidden(archive: zipfile.ZipFile, sheet: Any) -> _Hidden:
    """Read what openpyxl leaves out when it reads row by row."""
    found = _Hidden()
    row = 0
    # openpyxl offers the name of a sheet's part under no public name.
    with archive.open(sheet._worksheet_path) as part:  # noqa: SLF001
        for _event, element in iterparse(part, forbid_dtd=True):
            tag = str(element.tag).rpartition("}")[2]
            is_hidden = element.get("hidden") in _TRUE
            if tag == "row":
                row = int(element.get("r") or row + 1)  # a row without a number is the next one
                if is_hidden:
                    found.rows.add(row)
            elif tag == "col" and is_hidden:
                found.columns.append((int(element.get("min")), int(element.get("max"))))
            elif tag == "mergeCell":
                left, top, right, bottom = range_boundaries(element.get("ref"))
                found.merged.append((left, top, right, bottom))
                if len(found.merged) > _MAX_MERGED:
                    raise Refused("unreadable")
            element.clear()
    return found


def _sheet(
    sheet: Any, hidden: _Hidden, max_rows: int, max_columns: int, counted_from: int
) -> dict[str, Any]:
    plain: list[list[Any]] = []
    errors = []
    unseen = []
    beyond = None
    rows = sheet.iter_rows(max_row=_LAST_ROW, max_col=max_columns)
    for number, row in enumerate(rows, start=1):
        if number > max_rows:
            if any(cell.value is not None for cell in row[counted_from - 1 :]):
                beyond = number
                break
            continue
        plain.append([_plain(cell) for cell in row])
        for column, cell in enumerate(row, start=1):
            if cell.value is None:
                continue
            if cell.data_type == "e":
                errors.append((number, column))
            if hidden.covers(number, column):
                unseen.append((number, column))
    while plain and not any(value is not None for value in plain[-1]):
        plain.pop()
    return {
        "title": sheet.title,
        "rows": plain,
        "beyond": beyond,
        "errors": errors,
        "unseen": unseen,
    }


def _plain(cell: Any) -> str | int | float | bool | None:
    value = cell.value
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is int and _PADDED.fullmatch(cell.number_format):
        return f"{value:0{len(cell.number_format)}}"
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
