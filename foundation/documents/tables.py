"""Read and write tables as CSV and XLSX, for all apps.

Text that begins with ``=``, ``+``, ``-`` or ``@`` is escaped: a spreadsheet would run it as a
formula (OWASP, CSV Injection). Workbooks that unpack to more than ``MAX_UNPACKED_BYTES`` are
refused.
"""

import csv
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO, StringIO
from typing import IO, Any

from openpyxl import Workbook, load_workbook

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Byte order mark: without it Excel does not read a CSV file as UTF-8.
CSV_MARK = "\ufeff"
MAX_UNPACKED_BYTES = 8 * 1024 * 1024

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


class UnreadableTable(Exception):
    """The file is no workbook, a damaged one, or larger than ``MAX_UNPACKED_BYTES``."""


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


def open_workbook(stream: IO[bytes]) -> Workbook:
    """Open a workbook for reading row by row. Formula cells give their last computed value.

    Raises ``UnreadableTable``. openpyxl parses rows lazily, so reading a row may raise any
    exception: callers must catch it.
    """
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise UnreadableTable
        stream.seek(0)
        return load_workbook(stream, read_only=True, data_only=True, keep_links=False)
    except UnreadableTable:
        raise
    except Exception as error:  # damaged input can make openpyxl raise anything
        raise UnreadableTable from error
