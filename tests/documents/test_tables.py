"""Tables in and out: formulas become text in exports, and imported workbooks have a size limit."""

import ast
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from foundation.documents.tables import (
    MAX_UNPACKED_BYTES,
    UnreadableTable,
    csv_lines,
    open_workbook,
    workbook_bytes,
)

ROOT = Path(__file__).resolve().parents[2]
# COPY to PostgreSQL is no document; the form's layout needs openpyxl's styles, not its files.
MAY_IMPORT = {"foundation/documents/tables.py", "foundation/core/bulk.py", "audits/workbook.py"}


@pytest.mark.parametrize("text", ["=1+1", "+52 55", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_csv_cell_that_a_spreadsheet_would_run_becomes_a_text(text: str) -> None:
    line = "".join(csv_lines([["a", text, "b"]]))

    assert f"'{text}" in line


def test_csv_keeps_numbers_quotes_and_line_breaks() -> None:
    rows = [["a;b", -3, 'she said "no"', "two\nlines", ""], ["á", 0.5, None, "x", "y"]]

    assert list(csv_lines(rows)) == [
        'a;b,-3,"she said ""no""","two\nlines",\r\n',
        "á,0.5,,x,y\r\n",
    ]


def test_a_workbook_holds_no_formula() -> None:
    book = Workbook()
    book.active["A1"] = "=HYPERLINK(A2)"
    book.active["A2"] = "plain"

    again = load_workbook(BytesIO(workbook_bytes(book))).active

    assert again["A1"].value == "=HYPERLINK(A2)"
    assert again["A1"].data_type == "s"
    assert again["A2"].value == "plain"


def test_a_workbook_is_read_row_by_row() -> None:
    book = Workbook()
    book.active.append(["a", 1])
    stream = BytesIO(workbook_bytes(book))
    stream.read()

    assert list(open_workbook(stream).active.iter_rows(values_only=True)) == [("a", 1)]


def test_a_malformed_or_oversized_workbook_is_refused() -> None:
    bomb = BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b"0" * (MAX_UNPACKED_BYTES + 1))
    empty = BytesIO()
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("readme.txt", "no workbook")

    for stream in (bomb, empty, BytesIO(b"no zip"), BytesIO()):
        with pytest.raises(UnreadableTable):
            open_workbook(stream)


def test_a_workbook_of_exactly_the_largest_size_is_opened_and_one_byte_more_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    book = Workbook()
    book.active.append(["a"])
    stream = BytesIO(workbook_bytes(book))
    with zipfile.ZipFile(stream) as archive:
        size = sum(entry.file_size for entry in archive.infolist())

    monkeypatch.setattr("foundation.documents.tables.MAX_UNPACKED_BYTES", size)
    assert open_workbook(stream).active["A1"].value == "a"
    monkeypatch.setattr("foundation.documents.tables.MAX_UNPACKED_BYTES", size - 1)
    with pytest.raises(UnreadableTable):
        open_workbook(stream)


def test_only_documents_reads_and_writes_tables() -> None:
    def imports(path: Path) -> set[str]:
        found = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
        return found

    outside = {"tests", "benchmarks", ".venv", "var"}
    found = {
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*.py")
        if path.relative_to(ROOT).parts[0] not in outside
        and imports(path) & {"csv", "openpyxl", "xlsxwriter"}
    }

    assert found - MAY_IMPORT == {"servicedesk/demo/audits.py"}  # fills the form as a customer does
