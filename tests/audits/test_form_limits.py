"""Limits of the cells of the request form: the last accepted and the first refused value."""

from datetime import date, datetime
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from audits.queries import requestable_services
from audits.workbook import make_form
from foundation.core.classification import Environment
from tests.support.audits import ITEMS, read, refusals
from tests.support.house import MONDAY_9AM, House


def test_lines_have_120_characters_and_the_purpose_2000(house: House) -> None:
    longest = {"C4": "c" * 120, "C5": "n" * 120, "C7": "p" * 2000}
    too_long = {"C4": "c" * 121, "C5": "n" * 121, "C7": "p" * 2001}

    wanted = read(house, longest)
    found = refusals(house, too_long)

    assert (len(wanted.auditor_company), len(wanted.auditor_name), len(wanted.purpose)) == (
        120,
        120,
        2000,
    )
    assert set(found) == {"C4", "C5", "C7"}
    assert ("120" in found["C4"], "2000" in found["C7"]) == (True, True)


def test_lines_lose_their_breaks_and_the_purpose_keeps_them(house: House) -> None:
    wanted = read(house, {"C4": " Auditores \n Reunidos ", "C7": " one\ntwo "})

    assert (wanted.auditor_company, wanted.purpose) == ("Auditores Reunidos", "one\ntwo")


def test_the_address_is_optional_and_has_to_be_one(house: House) -> None:
    assert read(house, {"C6": None}).auditor_email == ""
    assert read(house, {"C6": "  "}).auditor_email == ""
    assert set(refusals(house, {"C6": "elsa@"})) == {"C6"}


@pytest.mark.parametrize(
    "typed",
    [
        date(2025, 3, 4),
        datetime(2025, 3, 4, 10, 30),  # noqa: DTZ001 - cells have no zone
        "2025-03-04",
        " 2025-03-04 ",
    ],
)
def test_a_day_is_a_date_an_instant_or_text(house: House, typed: Any) -> None:
    assert read(house, {"C8": typed}).period_from == date(2025, 3, 4)


@pytest.mark.parametrize("typed", ["2025-13-40", "4 March", 45000, True])
def test_another_day_is_refused_with_an_example(house: House, typed: Any) -> None:
    assert "2026-01-31" in refusals(house, {"C8": typed})["C8"]


def test_a_day_without_the_format_of_one_is_said_to_be_a_number(house: House) -> None:
    assert refusals(house, {"C8": 45720})["C8"].startswith("45720 es un número.")


def test_a_period_may_last_one_day_and_never_ends_before_it_begins(house: House) -> None:
    one_day = read(house, {"C8": "2025-05-01", "C9": "2025-05-01"})

    assert one_day.period_from == one_day.period_to == date(2025, 5, 1)
    assert set(refusals(house, {"C8": "2025-05-02", "C9": "2025-05-01"})) == {"C9"}


@pytest.mark.parametrize(
    ("typed", "environment"),
    [
        ("Production", Environment.PRODUCTION),
        (" pruebas ", Environment.TEST),
        ("DESARROLLO", Environment.DEVELOPMENT),
        ("training", Environment.TRAINING),
    ],
)
def test_an_environment_is_named_in_both_languages(
    house: House, typed: str, environment: Environment
) -> None:
    assert read(house, {"C10": typed}).environment == environment


def test_the_form_holds_two_hundred_items_in_order(house: House) -> None:
    items = [("erp", f"Item {number}") for number in range(1, 201)]

    wanted = read(house, items=items)

    assert [each.description for each in wanted.items] == [text for _slug, text in items]
    assert {each.service.slug for each in wanted.items} == {"erp"}
    assert refusals(house, items=[*items, ("erp", "One more")]) != {}


@pytest.mark.parametrize("row", [203, 1000, 1001, 1_048_576])
def test_an_item_behind_the_last_line_is_refused_in_every_row(house: House, row: int) -> None:
    def add(book: Any) -> None:
        book.worksheets[1][f"B{row}"] = house.services["erp"].name_es
        book.worksheets[1][f"C{row}"] = "One more"

    assert refusals(house, change=add) == {f"C{row}": "Una solicitud tiene hasta 200 elementos."}


def test_numbers_without_an_item_are_no_items(house: House) -> None:
    """A person drags the numbering of the first column further down."""

    def number_rows(book: Any) -> None:
        for row in range(202, 1200):
            book.worksheets[1][f"A{row}"] = row - 1

    assert len(read(house, change=number_rows).items) == len(ITEMS)


def test_an_error_of_the_spreadsheet_is_no_text(house: House) -> None:
    def break_cells(book: Any) -> None:
        for sheet, cell in ((0, "C5"), (1, "C2")):
            book.worksheets[sheet][cell] = "#N/A"
            book.worksheets[sheet][cell].data_type = "e"

    found = refusals(house, change=break_cells)

    assert set(found) == {"C5", "C2"}
    assert all("#N/A" in text for text in found.values())
    assert read(house, {"C5": "#hash"}).auditor_name == "#hash"


def test_a_value_that_nobody_sees_is_not_taken(house: House) -> None:
    """Rows are hidden by hand or by a filter, columns by hand."""

    def hide_rows(book: Any) -> None:
        book.worksheets[0].row_dimensions[7].hidden = True
        book.worksheets[1].row_dimensions[3].hidden = True
        book.worksheets[1].row_dimensions[90].hidden = True  # without an item

    def hide_column(book: Any) -> None:
        book.worksheets[1].column_dimensions["B"].hidden = True

    assert set(refusals(house, change=hide_rows)) == {"C7", "B3", "C3"}
    assert set(refusals(house, change=hide_column)) == {"B2", "B3"}


def test_a_row_or_column_too_small_to_see_and_a_hidden_sheet_are_hidden(
    house: House,
) -> None:
    def flatten(book: Any) -> None:
        book.worksheets[0].row_dimensions[7].height = 1.5
        book.worksheets[0].row_dimensions[8].height = 2
        book.worksheets[1].column_dimensions["B"].width = 0.4
        book.worksheets[1].column_dimensions["C"].width = 0.5

    def hide_sheet(book: Any) -> None:
        book.worksheets[1].sheet_state = "veryHidden"

    assert set(refusals(house, change=flatten)) == {"C7", "B2", "B3"}
    assert refusals(house, change=hide_sheet) == {
        "A1": "La hoja “Elementos” está oculta: hay que mostrarla para ver lo que se envía."
    }


def test_what_stands_beside_an_item_is_refused_by_its_cell(house: House) -> None:
    def add(book: Any) -> None:
        book.worksheets[1]["D1"] = "Remarks"
        book.worksheets[1]["D3"] = ""
        book.worksheets[1]["E3"] = "Only of March"
        book.worksheets[1]["F3"] = 7
        book.worksheets[0]["D5"] = "Our remark"

    assert set(refusals(house, change=add)) == {"D1", "E3", "F3", "D5"}


@pytest.mark.parametrize("shown", ["00-000", '0" MXN"', "0%", "# ?/?"])
def test_a_number_that_is_shown_otherwise_is_no_text(house: House, shown: str) -> None:
    def format_number(book: Any) -> None:
        book.worksheets[0]["C5"].number_format = shown

    assert set(refusals(house, {"C5": 12345}, change=format_number)) == {"C5"}
    assert read(house, {"C5": "12-345"}, change=format_number).auditor_name == "12-345"


@pytest.mark.parametrize("shown", ["General", "0", "#,##0", "@"])
def test_a_number_that_is_shown_as_it_is_read_is_text(house: House, shown: str) -> None:
    def format_number(book: Any) -> None:
        book.worksheets[0]["C5"].number_format = shown

    assert read(house, {"C5": 12345}, change=format_number).auditor_name == "12345"


def test_a_period_lies_within_reach(house: House) -> None:
    assert read(house, {"C8": "1990-01-01", "C9": "2046-03-02"}).period_to == date(2046, 3, 2)
    found = refusals(house, {"C8": "1989-12-31", "C9": "2046-03-03"})
    assert set(found) == {"C8", "C9"}
    assert all("1990-01-01" in text for text in found.values())


def test_a_merged_cell_holds_what_its_first_cell_shows(house: House) -> None:
    def merge(book: Any) -> None:
        book.worksheets[0].merge_cells("C7:D7")

    assert read(house, {"C7": "Yearly"}, change=merge).purpose == "Yearly"


def test_a_code_keeps_its_zeros(house: House) -> None:
    def format_code(book: Any) -> None:
        book.worksheets[0]["C5"].number_format = "00000"

    assert read(house, {"C5": 123}, change=format_code).auditor_name == "00123"
    assert read(house, {"C5": "00123"}).auditor_name == "00123"
    assert read(house, {"C5": 123.0}).auditor_name == "123"
    assert read(house, {"C5": 1.5}).auditor_name == "1.5"


def test_an_item_needs_a_service_and_a_text(house: House) -> None:
    found = refusals(house, items=(("erp", None), (None, "Text"), ("erp", "Complete")))

    assert set(found) == {"C2", "B3"}
    assert set(refusals(house, items=())) == {"C2"}


def test_the_empty_form_lists_environments_and_contracted_services(house: House) -> None:
    services = requestable_services(house.north, MONDAY_9AM)

    book = load_workbook(BytesIO(make_form(services, language="es")))

    request, items, lists = book.worksheets
    assert (lists.title, lists.sheet_state, lists["A1"].value) == (
        "Mesa",
        "hidden",
        "mesa-audit-form",
    )
    assert [lists.cell(row, 1).value for row in range(2, 6)] == [
        "Producción",
        "Pruebas",
        "Desarrollo",
        "Capacitación",
    ]
    assert [lists.cell(row, 2).value for row in range(2, len(services) + 2)] == [
        service.name for service in services
    ]
    assert (items["A2"].value, items["A201"].value, items["A202"].value) == (1, 200, None)
    choices = {
        str(each.sqref): each.formula1
        for sheet in (request, items)
        for each in sheet.data_validations.dataValidation
    }
    assert choices == {
        "C10": "=Mesa!$A$2:$A$5",
        "B2:B201": f"=Mesa!$B$2:$B${len(services) + 1}",
    }


def test_a_new_form_has_labels_before_empty_answers_and_hints_behind_them(house: House) -> None:
    services = requestable_services(house.north, MONDAY_9AM)

    request = load_workbook(BytesIO(make_form(services, language="en"))).worksheets[0]

    rows = [[request.cell(row, column).value for column in (2, 3, 4)] for row in range(4, 11)]
    assert [row[0] for row in rows][:2] == ["Empresa auditora", "Auditor"]
    assert all(label for label, _answer, _hint in rows)
    assert [answer for _label, answer, _hint in rows] == [None] * 7
    assert any(hint for _label, _answer, hint in rows)
