"""Read an audit request: a filled form cell by cell, so that nothing that a person wrote is dropped
without a word, or what was typed in its place (SPEC 9.1).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audits.workbook import (
    ENVIRONMENT_WORDS,
    FIELDS,
    FIRST_ITEM,
    FIRST_ROW,
    LISTS,
    MARK,
    MAX_ITEMS,
    MAX_TEXT,
    SERVICES,
    SHEETS,
    VALUE,
    FormField,
    given_texts,
    written,
)
from catalog.models import Service
from foundation.core.bounds import require_in_reach
from foundation.core.classification import Environment
from foundation.core.errors import Invalid, Text
from foundation.documents.tables import ReadSheet, UnreadableTable, cell_name, read_workbook

_LAST_COLUMN = 4  # of the cells that are looked at: the hints of the request
_NUMBER = re.compile(r"([0-9]{1,6})(?:\.0+)?")  # of a row, in whatever format
_ITEM = (2, 3)  # columns of an item: service and description
_BACKWARDS = gettext_lazy("The period ends before it begins.")
_ROWS_READ = 1000  # an item past the form's last line is refused, past this row too


class FormRefused(Invalid):
    """The form is not valid; ``fields`` maps each wrong cell to its error and correction."""

    code = "form_refused"


@dataclass(frozen=True)
class WantedItem:
    service: Service
    description: str


@dataclass(frozen=True)
class WantedAudit:
    """The content of a filled form. Dates are local days."""

    auditor_company: str
    auditor_name: str
    auditor_email: str
    purpose: str
    period_from: date
    period_to: date
    environment: Environment
    items: tuple[WantedItem, ...]


@dataclass(frozen=True)
class TypedAudit:
    """A request as it was typed on a page or sent to the API, not yet checked: ``values`` by the
    names of ``FIELDS``, and the service and the text of each item.
    """

    values: Mapping[str, Any]
    items: Sequence[tuple[Service, str]]


def read_typed(typed: TypedAudit, services: Sequence[Service], *, at: datetime) -> WantedAudit:
    """Return what was typed, by the rules of the form; ``services`` are the contracted ones.

    Raises ``Invalid`` with all wrong fields at once: the names of ``FIELDS``, ``items`` for their
    number, and ``items_7`` for those of the service with the id 7.
    """
    wrong: dict[str, Text] = {}
    values: dict[str, Any] = {}
    for field in FIELDS:
        try:
            values[field.name] = _read(field, typed.values.get(field.name), at)
        except ValueError as error:
            wrong[field.name] = str(error)
    if "period_to" not in wrong and _ends_before(values):
        wrong["period_to"] = _BACKWARDS
    items = []
    contracted = {service.pk for service in services}
    counts: dict[int, int] = {}
    for service, text in typed.items:
        described = written(text)
        counts[service.pk] = counts.get(service.pk, 0) + 1
        fault: Text = ""
        if service.pk not in contracted:
            fault = _("Choose a contracted service from the list.")
        elif not described:
            fault = _("Say what is requested.")
        elif len(described) > MAX_TEXT:
            fault = _("Shorten it to %(limit)d characters.") % {"limit": MAX_TEXT}
        if fault:
            place = f"items_{service.pk}"
            words = _item_words(counts[service.pk], service, fault)
            wrong[place] = f"{wrong[place]} {words}" if place in wrong else words
        items.append(WantedItem(service, described))
    if not items:
        wrong["items"] = _("List at least one item.")
    elif len(items) > MAX_ITEMS:
        wrong["items"] = _too_many()
    if wrong:
        raise Invalid(_("Some data of the request is missing or wrong."), fields=wrong)
    return WantedAudit(items=tuple(items), **values)


def _item_words(number: int, service: Service, fault: Text) -> str:
    return _("Item %(number)d of %(service)s: %(fault)s") % {
        "number": number,
        "service": service.name,
        "fault": fault,
    }


def _read(field: FormField, given: Any, at: datetime) -> Any:
    """Return the value of a field from what a cell holds or a person typed. Raises ``ValueError``
    with the words.
    """
    if not written(given):
        if field.is_required:
            raise ValueError(_("%(field)s is missing.") % {"field": field.label})
        return ""
    value = field.read(given)
    if isinstance(value, date):
        try:
            require_in_reach(value, at)
        except ValidationError as error:
            raise ValueError(error.messages[0]) from error
    return value


def _ends_before(values: Mapping[str, Any]) -> bool:
    start = values.get("period_from")
    end = values.get("period_to")
    return isinstance(start, date) and isinstance(end, date) and end < start


def read_form(stream: IO[bytes], services: Sequence[Service], *, at: datetime) -> WantedAudit:
    """Return the content of a filled form; ``services`` are the contracted ones.

    Raises ``FormRefused`` with all wrong cells at once, each by sheet and cell name.
    """
    sheets = _sheets(stream)
    wrong: dict[str, Text] = {}
    values: dict[str, Any] = {}
    request, items = sheets
    for row, field in enumerate(FIELDS, start=FIRST_ROW):
        cell = request.value(row, VALUE)
        where = f"{request.title}!C{row}"
        if fault := _fault(request, row, VALUE):
            wrong[where] = fault
            continue
        try:
            values[field.name] = _read(field, cell, at)
        except ValueError as error:
            wrong[where] = str(error)
    wrong |= _refuse_unread(request, given_texts()[0], _is_answer)
    if _ends_before(values):
        wrong[f"{request.title}!C{FIRST_ROW + 5}"] = _BACKWARDS
    wanted_items = _items(items, services, wrong)
    if not wanted_items and not any(where.startswith(items.title) for where in wrong):
        wrong[f"{items.title}!C{FIRST_ITEM}"] = _("List at least one item.")
    if wrong:
        cells = ", ".join(wrong)
        raise FormRefused(
            _("Correct these cells of the form: %(cells)s.") % {"cells": cells}, fields=wrong
        )
    return WantedAudit(items=tuple(wanted_items), **values)


def _sheets(stream: IO[bytes]) -> tuple[ReadSheet, ReadSheet]:
    """Return the sheet of the request and that of the items, in any language."""
    words = _(
        "This is not the audit request form. Download it from this page, fill it in and attach "
        "it as it is (XLSX)."
    )
    try:
        sheets = read_workbook(
            stream, max_rows=_ROWS_READ, max_columns=_LAST_COLUMN, counted_from=2
        )
    except UnreadableTable as error:
        raise FormRefused(words, fields={"form": words}) from error
    mark = next((sheet.value(1, 1) for sheet in sheets if sheet.title == LISTS), None)
    request, items = (
        next((sheet for sheet in sheets if sheet.title in names), None) for names in _titles()
    )
    if mark != MARK or request is None or items is None:
        raise FormRefused(words, fields={"form": words})
    for sheet in sheets:
        if sheet not in (request, items) and _says_more(sheet):
            added = (
                _("The sheet “%(sheet)s” is for lists alone. Move what was added to “%(items)s”.")
                if sheet.title == LISTS
                else _(
                    "The sheet “%(sheet)s” is not of the form. Move what it says to “%(items)s”."
                )
            )
            words = added % {"sheet": sheet.title, "items": items.title}
            raise FormRefused(words, fields={f"{sheet.title}!A1": words})
    for sheet in (request, items):
        if sheet.is_hidden:
            hidden = _("The sheet “%(sheet)s” is hidden: show it, so that you see what you send.")
            words = hidden % {"sheet": sheet.title}
            raise FormRefused(words, fields={f"{sheet.title}!A1": words})
    return request, items


def _says_more(sheet: ReadSheet) -> bool:
    """Tell whether a sheet beside the two of the form says something that the form did not have:
    in its sheet of lists, other than environments in A and, without a gap, services in B.
    """
    texts = {
        (row, column): text
        for row, cells in enumerate(sheet.rows, start=1)
        for column, value in enumerate(cells, start=1)
        if (text := written(value))
    }
    if sheet.title == LISTS:
        row = 1
        while texts.pop((row, SERVICES), None):
            row += 1
        known = {MARK, *ENVIRONMENT_WORDS}
        texts = {cell: text for cell, text in texts.items() if cell[1] != 1 or text not in known}
    return bool(texts or sheet.outside or sheet.notes or sheet.has_drawing or sheet.has_page_text)


def _is_answer(row: int, column: int) -> bool:
    """Tell whether the cell of the request is an answer."""
    return column == VALUE and row in range(FIRST_ROW, FIRST_ROW + len(FIELDS))


def _fault(sheet: ReadSheet, row: int, column: int) -> str:
    """Return why a cell's value cannot be taken for what the person wrote, or nothing."""
    if (row, column) in sheet.errors:
        return _("The cell shows the error %(error)s. Write the value itself.") % {
            "error": sheet.value(row, column)
        }
    if (row, column) in sheet.uncomputed:
        return _("The cell holds a formula without a result. Write the value itself.")
    if (row, column) in sheet.unseen:
        return _(
            "The cell holds a value and is hidden: show its row and column and split merged cells, "
            "or empty it."
        )
    if (row, column) in sheet.formatted:
        return _(
            "The cell shows a number in a format of its own. Write it as text, as it is to be read."
        )
    return ""


def _refuse_unread(
    sheet: ReadSheet, given: Mapping[str, set[str]], is_read: Callable[[int, int], bool]
) -> dict[str, Text]:
    """Return the errors of what stands on a sheet and is not read: cells without ``is_read`` that
    say something else than the form has ``given`` there, notes, and drawings.
    """
    written_in = [
        (row, column)
        for row, cells in enumerate(sheet.rows, start=1)
        for column, value in enumerate(cells, start=1)
        if (text := written(value)) and text not in given.get(cell_name(row, column), ())
    ]
    unread = [*written_in, *sheet.uncomputed, *sheet.outside]
    wrong: dict[str, Text] = {
        f"{sheet.title}!{cell_name(*place)}": _(
            "Nothing is read from this cell. Move its text to column C, or empty it."
        )
        for place in unread
        if not is_read(*place)
    }
    for place in sheet.notes:
        wrong[f"{sheet.title}!{cell_name(*place)}"] = _(
            "The note on this cell is not read. Write what it says into column C, and delete it."
        )
    if sheet.has_page_text:
        wrong[f"{sheet.title}!A1"] = _(
            "The header or footer of this sheet's page is not read. Write what it says into column "
            "C, and delete it."
        )
    if sheet.has_drawing:
        wrong[f"{sheet.title}!A1"] = _(
            "A picture or a text box on this sheet is not read. Write what it says into column C, "
            "and delete it."
        )
    return wrong


def _titles() -> list[set[str]]:
    """Return the titles of the request sheet and of the items sheet, in every language."""
    titles: list[set[str]] = [set(), set()]
    for language in ("es", "en"):
        with translation.override(language):
            for names, title in zip(titles, SHEETS, strict=True):
                names.add(str(title))
    return titles


def _items(
    sheet: ReadSheet, services: Sequence[Service], wrong: dict[str, Text]
) -> list[WantedItem]:
    by_name = {
        name.casefold(): service
        for service in services
        for name in (service.name_es, service.name_en)
        if name
    }
    wanted_items = []
    uncomputed = {row for row, column in sheet.uncomputed if column in _ITEM}
    for row in sorted({*range(FIRST_ITEM, len(sheet.rows) + 1), *uncomputed}):
        named, described = (written(sheet.value(row, column)) for column in (2, 3))
        if not named and not described and row not in uncomputed:
            continue
        if row > MAX_ITEMS + 1:
            wrong[f"{sheet.title}!C{row}"] = _too_many()
            break
        faults = {
            f"{sheet.title}!{letter}{row}": fault
            for letter, column in (("B", 2), ("C", 3))
            if (fault := _fault(sheet, row, column))
        }
        if faults:
            wrong.update(faults)
            continue
        service = by_name.get(named.casefold())
        if service is None:
            wrong[f"{sheet.title}!B{row}"] = _("Choose a contracted service from the list.")
        if not described:
            wrong[f"{sheet.title}!C{row}"] = _("Say what is requested.")
        elif len(described) > MAX_TEXT:
            wrong[f"{sheet.title}!C{row}"] = _("Shorten it to %(limit)d characters.") % {
                "limit": MAX_TEXT
            }
        if service is not None and described:
            wanted_items.append(WantedItem(service, described))
    for row, column in sheet.outside:
        if row > _ROWS_READ and column in _ITEM:
            wrong[f"{sheet.title}!C{row}"] = _too_many()

    def is_read(row: int, column: int) -> bool:
        digits = _NUMBER.fullmatch(written(sheet.value(row, column)))
        is_number = (
            column == 1 and digits is not None and 1 <= int(digits[1]) <= max(MAX_ITEMS, row)
        )
        return row >= FIRST_ITEM and (column in _ITEM or is_number)

    wrong |= _refuse_unread(sheet, given_texts()[1], is_read)
    return wanted_items


def _too_many() -> str:
    return _("A request has up to %(limit)d items.") % {"limit": MAX_ITEMS}
