"""Reads XLSX workbooks."""

import zipfile
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

from openpyxl import load_workbook

from foundation.documents.isolated.refusals import Refused

MAX_UNPACKED_BYTES = 8 * 1024 * 1024
_MAX_PARTS = 500  # files inside the workbook


def workbook(
    content: bytes, *, max_rows: int, max_columns: int
) -> tuple[list[dict[str, Any]], list[bytes]]:
    """Return the sheets, each with ``title`` and ``rows`` of cells: text, number, truth value, or
    None; a date or time as ISO 8601 text. Formula cells give their last computed value. Of each
    sheet the first ``max_rows`` rows and ``max_columns`` columns are read. Refuses with
    ``unreadable`` when it is no workbook, a damaged one, too large when unpacked, or declares
    entities.
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
        return [_sheet(sheet, max_rows, max_columns) for sheet in book.worksheets], []
    except (Refused, MemoryError):
        raise
    except Exception as error:  # damaged input can make openpyxl raise anything
        raise Refused("unreadable") from error


def _sheet(sheet: Any, max_rows: int, max_columns: int) -> dict[str, Any]:
    rows = sheet.iter_rows(min_row=1, max_row=max_rows, max_col=max_columns, values_only=True)
    plain = [[_plain(value) for value in row] for row in rows]
    while plain and not any(value is not None for value in plain[-1]):
        plain.pop()
    return {"title": sheet.title, "rows": plain}


def _plain(value: Any) -> str | int | float | bool | None:
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
