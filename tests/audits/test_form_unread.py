"""Nothing that a person wrote into the request form is dropped without a word (SPEC 9.1)."""

from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl.chart import BarChart
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image
from PIL import Image as NewPicture

from audits.queries import requestable_services
from audits.reading import FormRefused, read_form
from tests.support.audits import filled, read, refusals
from tests.support.house import MONDAY_9AM, House

_RELATION = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Target="../drawings/vmlDrawing1.vml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/vmlDrawing"/>'
    "</Relationships>"
)


def test_a_formula_that_nothing_computed_is_refused_by_its_cell(house: House) -> None:
    def compute(book: Any) -> None:
        book.worksheets[0]["C5"] = "=A1&B1"
        book.worksheets[1]["B4"] = "=B2"
        book.worksheets[1]["C4"] = "=C2"
        book.worksheets[1]["E4"] = "=C2"

    assert set(refusals(house, change=compute)) == {"C5", "B4", "C4", "E4"}


@pytest.mark.parametrize(("typed", "expected"), [(0, "0"), (False, "FALSE"), (True, "TRUE")])
def test_a_zero_and_a_truth_value_are_text(house: House, typed: Any, expected: str) -> None:
    assert [each.description for each in read(house, items=(("erp", typed),)).items] == [expected]
    assert read(house, {"C5": typed}).auditor_name == expected
    assert set(refusals(house, items=((None, typed),))) == {"B2"}


def test_a_duration_is_read_in_hours(house: House) -> None:
    assert read(house, {"C5": timedelta(hours=30, seconds=5)}).auditor_name == "30:00:05"


def test_text_before_or_behind_the_items_is_refused_by_its_cell(house: House) -> None:
    def add(book: Any) -> None:
        book.worksheets[1]["A2"] = 7
        book.worksheets[1]["A3"] = "Only of March"
        book.worksheets[1]["D2"] = "Urgent"
        book.worksheets[1]["H250"] = "Far from everything"
        book.worksheets[1]["J250"] = "   "
        book.worksheets[1]["D1"] = "Of which site?"
        book.worksheets[1]["E1"] = "Since when?"

    assert set(refusals(house, change=add)) == {"A3", "D2", "H250", "D1", "E1"}


def test_text_below_the_rows_that_are_read_is_refused_by_its_cell(house: House) -> None:
    def add(book: Any) -> None:
        request, items = book.worksheets[:2]
        request["C20"] = "=C4"
        request["D4"] = "=C4"
        request["C2000"] = "And the backups"
        request["B1048576"] = "At the very end"
        items["A1500"] = 1499
        items["A1501"] = "A text instead of a number"
        items["C1502"] = "An item"
        items["B1505"] = 7
        items["E1503"] = "Far"
        items["A1504"] = "=A1503+1"

    refused = refusals(house, change=add)

    of_request = {"C20", "D4", "C2000", "B1048576"}
    assert set(refused) == of_request | {"A1501", "C1502", "E1503", "A1504", "C1505"}
    assert refused["C1502"] == "Una solicitud tiene hasta 200 elementos."


@pytest.mark.parametrize("cell", ["A5", "B3", "B12", "C3", "C12", "D7", "D12", "E7"])
def test_text_that_is_no_answer_of_the_request_is_refused_by_its_cell(
    house: House, cell: str
) -> None:
    assert set(refusals(house, {cell: "Please hurry."})) == {cell}


def test_labels_and_headings_that_were_overwritten_are_refused_by_their_cells(
    house: House,
) -> None:
    def of_request(book: Any) -> None:
        book.worksheets[0]["B1"] = "Very urgent"
        book.worksheets[0]["B4"] = "Auditing company: ACME SA"

    def of_items(book: Any) -> None:
        book.worksheets[1]["B1"] = "Service (the one of Madrid)"
        book.worksheets[1]["C1"] = None

    assert set(refusals(house, change=of_request)) == {"B1", "B4"}
    assert set(refusals(house, change=of_items)) == {"B1"}


@pytest.mark.parametrize("hidden", ["hidden", "veryHidden", "visible"])
def test_a_sheet_of_ones_own_is_refused_hidden_too(house: House, hidden: str) -> None:
    def add(book: Any) -> None:
        book.create_sheet("Extra")["A1"] = "And the backups"
        book["Extra"].sheet_state = hidden

    assert list(refusals(house, change=add)) == ["A1"]


def test_a_number_before_the_items_that_is_not_that_of_a_row_is_refused(house: House) -> None:
    def add(book: Any) -> None:
        items = book.worksheets[1]
        items["A2"] = 3  # rows were deleted
        items["A4"] = 3
        items["A4"].number_format = "00"
        items["A5"] = 0
        items["A6"] = -5
        items["A1100"] = 1.5
        items["A3"] = 4711
        items["A202"] = 201
        items["A203"] = 4711
        items["A1005"] = 1004
        items["A1006"] = 4711

    assert set(refusals(house, change=add)) == {"A3", "A5", "A6", "A203", "A1006", "A1100"}


def test_an_empty_drawing_as_some_programs_write_it_is_none(house: House) -> None:
    book = BytesIO(filled(house))
    changed = BytesIO()
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/drawing"
    relation = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId9" Type="{kind}" Target="../drawings/drawing1.xml"/></Relationships>'
    )
    with ZipFile(book) as old, ZipFile(changed, "w") as new:
        for entry in old.infolist():
            new.writestr(entry, old.read(entry))
        new.writestr("xl/worksheets/_rels/sheet1.xml.rels", relation)
        new.writestr("xl/drawings/drawing1.xml", "<wsDr/>")

    wanted = read_form(changed, requestable_services(house.north, MONDAY_9AM), at=MONDAY_9AM)

    assert len(wanted.items) == 2


def test_a_sheet_of_blanks_says_nothing(house: House) -> None:
    def add(book: Any) -> None:
        book.create_sheet("Extra")["B2"] = "   "

    assert refusals(house, change=add) == {}


def test_notes_and_pictures_are_refused_by_their_place(house: House) -> None:
    def note(book: Any) -> None:
        book.worksheets[1]["C2"].comment = Comment("Also the logs of May.", "Elsa")
        book.worksheets[0]["F40"].comment = Comment("Urgent.", "Elsa")

    def paste(book: Any) -> None:
        picture = BytesIO()
        NewPicture.new("RGB", (4, 4)).save(picture, "PNG")
        book.worksheets[1].add_image(Image(picture), "F3")

    noted = refusals(house, change=note)
    assert set(noted) == {"C2", "F40"}
    assert noted["C2"].startswith("La nota de esta celda no se lee.")
    pasted = refusals(house, change=paste)
    assert [(cell, words[:40]) for cell, words in pasted.items()] == [
        ("A1", "Una imagen o un cuadro de texto en esta h"[:40])
    ]


def test_a_text_box_of_old_programs_is_refused_and_an_empty_drawing_is_not(house: House) -> None:
    form = filled(house)
    shape = b'<v:shape type="#_x0000_t202"><v:textbox>Also May.<br></v:textbox></v:shape>'

    def with_drawing(content: bytes) -> BytesIO:
        found = BytesIO()
        with ZipFile(BytesIO(form)) as old, ZipFile(found, "w") as new:
            for name in old.namelist():
                new.writestr(name, old.read(name))
            new.writestr("xl/drawings/vmlDrawing1.vml", b"<xml>" + content + b"</xml>")
            new.writestr("xl/worksheets/_rels/sheet2.xml.rels", _RELATION)
        return found

    services = requestable_services(house.north, MONDAY_9AM)
    assert read_form(with_drawing(b""), services, at=MONDAY_9AM).items
    with pytest.raises(FormRefused) as refused:
        read_form(with_drawing(shape), services, at=MONDAY_9AM)
    assert [cell.partition("!")[2] for cell in refused.value.fields] == ["A1"]


@pytest.mark.parametrize(
    ("header", "is_refused"),
    [
        ("&A", False),
        ('&"Times New Roman,Regular"&12Página &P de &N', False),
        ("Urgent: also &KFF0000the backups of May", True),
        ("Urgent &P", True),
    ],
)
def test_words_in_the_header_or_footer_of_a_page_are_refused(
    house: House, header: str, is_refused: bool
) -> None:
    def write(book: Any) -> None:
        book.worksheets[0].oddHeader.center.text = header
        book.worksheets[0].oddFooter.right.text = "Page &P"

    assert set(refusals(house, change=write)) == ({"A1"} if is_refused else set())


def test_a_sheet_that_is_a_chart_and_what_is_added_to_the_lists_are_refused(house: House) -> None:
    def draw(book: Any) -> None:
        book.create_chartsheet("Graph").add_chart(BarChart())

    def add_column(book: Any) -> None:
        book.worksheets[2]["C2"] = "Backups"

    def add_row(book: Any) -> None:
        book.worksheets[2]["A9"] = "Backups"

    def add_below(book: Any) -> None:
        book.worksheets[2]["B60"] = "Backups"

    def write_over(book: Any) -> None:
        book.worksheets[2]["A2"] = "Backups of production"

    def add_note(book: Any) -> None:
        book.worksheets[2]["B2"].comment = Comment("Also the logs of May.", "Elsa")

    assert refusals(house, change=draw) == {
        "A1": "La hoja “Graph” no es del formulario. Pase lo que dice a “Elementos”."
    }
    for change in (add_column, add_row, add_below, write_over, add_note):
        (words,) = refusals(house, change=change).values()
        assert words.startswith("La hoja “Mesa” es solo para las listas.")


@pytest.mark.parametrize(
    ("number", "shown", "expected"),
    [
        (-12, "00000", "-00012"),
        (12, "00000", "00012"),
        (12.7, "00000", None),
        (2.1, "0.00", "2.10"),
        (-2.1, "0.00", "-2.10"),
        (2.125, "0.00", "2.125"),  # it is rounded to be shown
        (1234.5, "#,##0.00", "1234.50"),
        (7, "0.0", "7.0"),
        (999_999_999_999_999, "General", "999999999999999"),
        (10**15, "General", None),  # a spreadsheet keeps 15 digits
        (-(10**20), "0", None),
    ],
)
def test_a_number_is_read_as_it_is_shown(
    house: House, number: float, shown: str, expected: str | None
) -> None:
    def write(book: Any) -> None:
        book.worksheets[0]["C5"] = number
        book.worksheets[0]["C5"].number_format = shown

    if expected is None:
        assert set(refusals(house, change=write)) == {"C5"}
    else:
        assert read(house, change=write).auditor_name == expected


def test_characters_that_a_program_wrote_by_number_are_read(house: House) -> None:
    items = (("erp", "One_x000D_\nTwo_x000D_Three_x005F_x000D_"),)

    (item,) = read(house, items=items).items

    assert item.description == "One\nTwo\rThree_x000D_"


def test_blank_cells_say_nothing(house: House) -> None:
    assert refusals(house, dict.fromkeys(("A5", "B3", "C12", "D7"), "  ")) == {}


def test_items_on_a_sheet_of_their_own_are_refused(house: House) -> None:
    def add(book: Any) -> None:
        book.create_sheet("More")["F9"] = "Backups"

    def add_empty(book: Any) -> None:
        book.create_sheet("Sheet4")

    assert refusals(house, change=add) == {
        "A1": "La hoja “More” no es del formulario. Pase lo que dice a “Elementos”."
    }
    assert refusals(house, change=add_empty) == {}


def test_text_that_its_format_hides_is_not_taken(house: House) -> None:
    def hide(book: Any) -> None:
        book.worksheets[0]["C5"].number_format = ";;;"
        book.worksheets[0]["C4"].number_format = '0;0;0;"«"@"»"'

    assert set(refusals(house, change=hide)) == {"C5"}


def test_rows_and_columns_that_the_sheet_hides_by_default_are_hidden(house: House) -> None:
    def hide_rows(book: Any) -> None:
        book.worksheets[1].sheet_format.zeroHeight = True
        book.worksheets[1].row_dimensions[2].height = 15

    def flatten_rows(book: Any) -> None:
        book.worksheets[1].sheet_format.defaultRowHeight = 1

    def narrow_columns(book: Any) -> None:
        book.worksheets[1].sheet_format.defaultColWidth = 0
        del book.worksheets[1].column_dimensions["B"]

    assert set(refusals(house, change=hide_rows)) == {"B3", "C3"}
    assert set(refusals(house, change=flatten_rows)) == {"B2", "C2", "B3", "C3"}
    assert set(refusals(house, change=narrow_columns)) == {"B2", "B3"}
