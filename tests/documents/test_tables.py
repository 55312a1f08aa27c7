"""Tables in and out: formulas become text in exports, and imported workbooks have a size limit."""

import ast
import re
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from foundation.documents.isolated import workbooks
from foundation.documents.isolated.refusals import Refused
from foundation.documents.tables import (
    CellStyle,
    FormSheet,
    UnreadableTable,
    csv_lines,
    filled_form,
    form_bytes,
    read_workbook,
    sheet_bytes,
    workbook_bytes,
)

ROOT = Path(__file__).resolve().parents[2]
# foundation/core/bulk.py writes the CSV of PostgreSQL's COPY, which no person opens.
MAY_IMPORT = {
    "foundation/documents/tables.py",
    "foundation/documents/isolated/workbooks.py",
    "foundation/core/bulk.py",
}


def test_a_form_has_its_values_choices_and_hidden_sheet_and_can_be_filled_in() -> None:
    form = form_bytes(
        [
            FormSheet(
                "Request",
                {"B1": "Color", "B2": "=1+1"},
                {"B1": CellStyle.HEADING, "C1": CellStyle.TEXT},
                choices={"C1": "Lists!$A$1:$A$2"},
                widths={"B": 28},
                frozen_at="A2",
            ),
            FormSheet("Lists", {"A1": "red", "A2": "blue"}, is_hidden=True),
        ]
    )

    book = load_workbook(BytesIO(filled_form(form, [{"C1": "blue"}])))

    request = book["Request"]
    assert [sheet.title for sheet in book.worksheets] == ["Request", "Lists"]
    assert (request["B1"].value, request["C1"].value) == ("Color", "blue")
    assert (request["B2"].value, request["B2"].data_type) == ("=1+1", "s")
    assert (request["B1"].font.bold, request["C1"].alignment.wrap_text) == (True, True)
    (choice,) = request.data_validations.dataValidation
    assert (choice.formula1, str(choice.sqref)) == ("=Lists!$A$1:$A$2", "C1")
    assert (request.column_dimensions["B"].width, request.freeze_panes) == (28, "A2")
    assert (request.sheet_state, book["Lists"].sheet_state) == ("visible", "hidden")


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


def test_cells_and_rows_without_a_name_are_the_next_ones() -> None:
    book = Workbook()
    for row in ((1, None, "x"), (2, "read", "beside"), (3, "read", None)):
        book.active.append(row)
    saved = BytesIO()
    book.save(saved)
    nameless = BytesIO()
    with zipfile.ZipFile(saved) as archive, zipfile.ZipFile(nameless, "w") as changed:
        for entry in archive.infolist():
            part = archive.read(entry)
            if entry.filename == "xl/worksheets/sheet1.xml":
                part = re.sub(rb' r="[A-Z]*2"', b"", part)
            changed.writestr(entry, part)

    (sheet,) = read_workbook(nameless, max_rows=10, max_columns=2)

    assert sheet.rows == [[1, None], [2, "read"], [3, "read"]]
    assert sheet.outside == ((1, 3), (2, 3))


def test_a_workbook_holds_no_formula() -> None:
    book = Workbook()
    book.active["A1"] = "=HYPERLINK(A2)"
    book.active["A2"] = "plain"

    again = load_workbook(BytesIO(workbook_bytes(book))).active

    assert again["A1"].value == "=HYPERLINK(A2)"
    assert again["A1"].data_type == "s"
    assert again["A2"].value == "plain"


def test_the_columns_of_a_sheet_are_equally_wide_under_a_bold_heading() -> None:
    content = sheet_bytes("Tickets", ["Number", "Subject"], [["TK-1", "It fails"]])

    sheet = load_workbook(BytesIO(content)).active

    assert sheet.column_dimensions["A"].width == sheet.column_dimensions["B"].width > 13
    assert [cell.font.bold for cell in sheet[1]] == [True, True]
    assert [cell.value for cell in sheet[2]] == ["TK-1", "It fails"]
    assert not sheet["A2"].font.bold


def test_a_workbook_is_read_row_by_row() -> None:
    book = Workbook()
    book.active.append(["a", 1])
    stream = BytesIO(workbook_bytes(book))
    stream.read()

    (sheet,) = read_workbook(stream, max_rows=10, max_columns=3)

    assert (sheet.title, sheet.rows) == ("Sheet", [["a", 1, None]])
    assert (sheet.value(1, 2), sheet.value(1, 3), sheet.value(2, 1)) == (1, None, None)


def test_a_malformed_or_oversized_workbook_is_refused() -> None:
    bomb = BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b"0" * (workbooks.MAX_UNPACKED_BYTES + 1))
    empty = BytesIO()
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("readme.txt", "no workbook")

    for stream in (bomb, empty, BytesIO(b"no zip"), BytesIO()):
        with pytest.raises(UnreadableTable):
            read_workbook(stream, max_rows=10, max_columns=3)


def test_a_workbook_of_exactly_the_largest_size_is_opened_and_one_byte_more_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    book = Workbook()
    book.active.append(["a"])
    stream = BytesIO(workbook_bytes(book))
    with zipfile.ZipFile(stream) as archive:
        size = sum(entry.file_size for entry in archive.infolist())

    monkeypatch.setattr(workbooks, "MAX_UNPACKED_BYTES", size)
    (sheet,), _parts = workbooks.workbook(stream.getvalue(), max_rows=1, max_columns=1)
    assert sheet["rows"] == [["a"]]
    monkeypatch.setattr(workbooks, "MAX_UNPACKED_BYTES", size - 1)
    with pytest.raises(Refused, match="unreadable"):
        workbooks.workbook(stream.getvalue(), max_rows=1, max_columns=1)


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

    assert found == MAY_IMPORT
