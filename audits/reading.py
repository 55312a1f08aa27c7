"""Read a filled audit request form back, cell by cell: nothing that a person wrote is dropped
without a word (SPEC 9.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _

from audits.workbook import (
    FIELDS,
    FIRST_ITEM,
    FIRST_ROW,
    LISTS,
    MARK,
    MAX_ITEMS,
    MAX_TEXT,
    SHEETS,
    VALUE,
    written,
)
from catalog.models import Service
from foundation.core.bounds import require_in_reach
from foundation.core.classification import Environment
from foundation.core.errors import Invalid, Text
from foundation.documents.tables import ReadSheet, UnreadableTable, cell_name, read_workbook

_LAST_COLUMN = 4  # of the cells that are looked at: the hints of the request
_ITEM = (2, 3)  # columns of an item: service and description
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
        if not written(cell):
            values[field.name] = ""
            if field.is_required:
                wrong[where] = _("%(field)s is missing.") % {"field": field.label}
            continue
        try:
            values[field.name] = value = field.read(cell)
            if isinstance(value, date):
                require_in_reach(value, at)
        except ValueError as error:
            wrong[where] = str(error)
        except ValidationError as error:
            wrong[where] = error.messages[0]
    _refuse_unread(request, wrong)
    start = values.get("period_from")
    end = values.get("period_to")
    if isinstance(start, date) and isinstance(end, date) and end < start:
        wrong[f"{request.title}!C{FIRST_ROW + 5}"] = _("The period ends before it begins.")
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
        if sheet not in (request, items) and not sheet.is_hidden and (sheet.rows or sheet.outside):
            added = _("The sheet “%(sheet)s” is not of the form. Move what it says to “%(items)s”.")
            words = added % {"sheet": sheet.title, "items": items.title}
            raise FormRefused(words, fields={f"{sheet.title}!A1": words})
    for sheet in (request, items):
        if sheet.is_hidden:
            hidden = _("The sheet “%(sheet)s” is hidden: show it, so that you see what you send.")
            words = hidden % {"sheet": sheet.title}
            raise FormRefused(words, fields={f"{sheet.title}!A1": words})
    return request, items


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


def _refuse_unread(request: ReadSheet, wrong: dict[str, Text]) -> None:
    """Refuse what stands in a cell of the request that the form does not read."""
    rows = range(FIRST_ROW, FIRST_ROW + len(FIELDS))
    given = {(1, 2), (2, 2), *((row, column) for row in rows for column in (2, VALUE))}
    unread = [*request.uncomputed, *request.outside]
    for row, cells in enumerate(request.rows, start=1):
        for column, value in enumerate(cells, start=1):
            text = written(value)
            is_hint = column == _LAST_COLUMN and row in rows and text in _hints(row - FIRST_ROW)
            if text and not is_hint:
                unread.append((row, column))
    for row, column in unread:
        if (row, column) not in given:
            wrong[f"{request.title}!{cell_name(row, column)}"] = _unread()


def _hints(number: int) -> set[str]:
    """Return the hint of a field in every language."""
    found = set()
    for language in ("es", "en"):
        with translation.override(language):
            found.add(str(FIELDS[number].hint))
    return found


def _unread() -> str:
    return _("Nothing is read from this cell. Move its text to column C, or empty it.")


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
    _refuse_beside(sheet, wrong)
    return wanted_items


def _refuse_beside(sheet: ReadSheet, wrong: dict[str, Text]) -> None:
    """Refuse what stands beside the items and below the rows that are read: text instead of a
    number before them, or anything behind them.
    """
    unread = [each for each in sheet.uncomputed if each[1] not in _ITEM and each[0] >= FIRST_ITEM]
    for row in range(1, len(sheet.rows) + 1):
        for column in (1, _LAST_COLUMN):
            value = sheet.value(row, column)
            is_given = column == 1 and (row < FIRST_ITEM or type(value) is int)
            if written(value) and not is_given:
                unread.append((row, column))
    for row, column in unread:
        wrong[f"{sheet.title}!{cell_name(row, column)}"] = _unread()
    for row, column in sheet.outside:
        if row > _ROWS_READ and column in _ITEM:
            wrong[f"{sheet.title}!C{row}"] = _too_many()
        else:
            wrong[f"{sheet.title}!{cell_name(row, column)}"] = _unread()


def _too_many() -> str:
    return _("A request has up to %(limit)d items.") % {"limit": MAX_ITEMS}
