"""The audit request form as an XLSX workbook: made with the customer's contracted services, and
read back cell by cell (SPEC 9.1).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import translation
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from catalog.models import Service
from foundation.core.bounds import require_in_reach
from foundation.core.classification import Environment
from foundation.core.errors import Invalid, Text
from foundation.core.texts import is_blank
from foundation.documents.tables import (
    CellStyle,
    FormSheet,
    ReadSheet,
    UnreadableTable,
    form_bytes,
    read_workbook,
)

MAX_ITEMS = 200
MAX_TEXT = 2000
_LISTS = "Mesa"  # the hidden sheet with the mark and the values to choose from
_MARK = "mesa-audit-form"
_VERSION = 1
_FIRST_ROW = 4
_VALUE = 3  # column of the request sheet
_FIRST_ITEM = 2
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
class _Field:
    name: str
    label: str | Promise
    hint: str | Promise
    read: Callable[[Any], Any]
    is_required: bool = True


def _text(value: Any) -> str:
    text = str(value).strip()
    if len(text) > MAX_TEXT:
        raise ValueError(_("Shorten it to %(limit)d characters.") % {"limit": MAX_TEXT})
    return text


def _line(value: Any) -> str:
    text = " ".join(_text(value).split())
    if len(text) > 120:  # noqa: PLR2004 - ``max_length`` of the columns
        raise ValueError(_("Shorten it to %(limit)d characters.") % {"limit": 120})
    return text


def _email(value: Any) -> str:
    text = _line(value)
    try:
        validate_email(text)
    except ValidationError as error:
        raise ValueError(_("Write one e-mail address.")) from error
    return text


def _day(value: Any) -> date:
    text = str(value).strip()
    if type(value) in {int, float}:
        # Excel counts days from 1900 or 1904; without a date format nothing says which was meant.
        raise ValueError(
            _("%(number)s is a number. Give the cell a date format, or write 2026-01-31.")
            % {"number": text}
        )
    try:
        # A cell with a date and a time is ISO 8601 text.
        day = parse_date(text[:10] if "T" in text else text)
    except ValueError:
        day = None
    if day is None:
        raise ValueError(_("Write a date such as 2026-01-31."))
    return day


def _environment(value: Any) -> Environment:
    wanted = str(value).strip().casefold()
    for environment in Environment:
        if wanted in {
            environment.value,
            *(words[environment].casefold() for words in _ENVIRONMENTS.values()),
        }:
            return environment
    raise ValueError(_("Choose one from the list."))


_ENVIRONMENTS: dict[str, dict[Environment, str]] = {
    "es": {
        Environment.PRODUCTION: "Producción",
        Environment.TEST: "Pruebas",
        Environment.DEVELOPMENT: "Desarrollo",
        Environment.TRAINING: "Capacitación",
    },
    "en": {environment: environment.value.capitalize() for environment in Environment},
}

_FIELDS = (
    _Field("auditor_company", gettext_lazy("Auditing company"), "", _line),
    _Field("auditor_name", gettext_lazy("Auditor"), "", _line),
    _Field(
        "auditor_email",
        gettext_lazy("Auditor's e-mail"),
        gettext_lazy("Optional."),
        _email,
        is_required=False,
    ),
    _Field("purpose", gettext_lazy("Purpose of the audit"), "", _text),
    _Field(
        "period_from", gettext_lazy("Period from"), gettext_lazy("Date, such as 2026-01-01."), _day
    ),
    _Field("period_to", gettext_lazy("Period to"), gettext_lazy("Date, such as 2026-12-31."), _day),
    _Field(
        "environment",
        gettext_lazy("Environment"),
        gettext_lazy("Production; another one has to be evaluated and approved."),
        _environment,
    ),
)
_SHEETS = (pgettext_lazy("sheet", "Request"), pgettext_lazy("sheet", "Items"))
_COLUMNS = (gettext_lazy("No."), gettext_lazy("Service"), gettext_lazy("What is requested"))


def make_form(services: Sequence[Service], *, language: str) -> bytes:
    """Return the empty form in the active language, with lists of the environments and of the
    contracted services to choose from.
    """
    names = _ENVIRONMENTS["es" if language.startswith("es") else "en"]
    environments = [names[environment] for environment in Environment]
    lists = FormSheet(
        _LISTS,
        {
            "A1": _MARK,
            "B1": _VERSION,
            **{f"A{row}": name for row, name in enumerate(environments, start=2)},
            **{f"B{row}": service.name for row, service in enumerate(services, start=2)},
        },
        is_hidden=True,
    )
    return form_bytes([_request_sheet(len(environments)), _items_sheet(len(services)), lists])


def _request_sheet(environment_count: int) -> FormSheet:
    """Lay out the fields one below the other: label, value, hint."""
    values: dict[str, Any] = {
        "B1": _("External audit request"),
        "B2": _(
            "Fill in column C, and one line per requested item on the second sheet. Only what is "
            "listed there can be answered."
        ),
    }
    styles = {"B1": CellStyle.TITLE}
    for row, field in enumerate(_FIELDS, start=_FIRST_ROW):
        values |= {f"B{row}": str(field.label), f"D{row}": str(field.hint)}
        styles |= {
            f"B{row}": CellStyle.HEADING,
            f"C{row}": CellStyle.TEXT,
            f"D{row}": CellStyle.HINT,
        }
    last = _FIRST_ROW + len(_FIELDS) - 1
    return FormSheet(
        str(_SHEETS[0]),
        values,
        styles,
        choices={f"C{last}": f"{_LISTS}!$A$2:$A${environment_count + 1}"},
        widths={"A": 2, "B": 28, "C": 60, "D": 50},
    )


def _items_sheet(service_count: int) -> FormSheet:
    """Lay out a numbered line for each of the ``MAX_ITEMS`` items."""
    heads = dict(zip(("A1", "B1", "C1"), map(str, _COLUMNS), strict=True))
    numbers = {f"A{number + 1}": number for number in range(1, MAX_ITEMS + 1)}
    allowed = f"{_LISTS}!$B$2:$B${service_count + 1}"
    return FormSheet(
        str(_SHEETS[1]),
        heads | numbers,
        dict.fromkeys(heads, CellStyle.HEADING),
        choices={f"B{_FIRST_ITEM}:B{MAX_ITEMS + 1}": allowed} if service_count else {},
        widths={"A": 6, "B": 36, "C": 90},
        frozen_at="A2",
    )


def read_form(stream: IO[bytes], services: Sequence[Service], *, at: datetime) -> WantedAudit:
    """Return the content of a filled form; ``services`` are the contracted ones.

    Raises ``FormRefused`` with all wrong cells at once, each by sheet and cell name.
    """
    sheets = _sheets(stream)
    wrong: dict[str, Text] = {}
    values: dict[str, Any] = {}
    request, items = sheets
    for row, field in enumerate(_FIELDS, start=_FIRST_ROW):
        cell = request.value(row, _VALUE)
        where = f"{request.title}!C{row}"
        if fault := _fault(request, row, _VALUE):
            wrong[where] = fault
            continue
        if cell is None or is_blank(str(cell)):
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
    start = values.get("period_from")
    end = values.get("period_to")
    if isinstance(start, date) and isinstance(end, date) and end < start:
        wrong[f"{request.title}!C{_FIRST_ROW + 5}"] = _("The period ends before it begins.")
    wanted_items = _items(items, services, wrong)
    if not wanted_items and not any(where.startswith(items.title) for where in wrong):
        wrong[f"{items.title}!C{_FIRST_ITEM}"] = _("List at least one item.")
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
        sheets = read_workbook(stream, max_rows=_ROWS_READ, max_columns=_VALUE, counted_from=2)
    except UnreadableTable as error:
        raise FormRefused(words, fields={"form": words}) from error
    mark = next((sheet.value(1, 1) for sheet in sheets if sheet.title == _LISTS), None)
    request, items = (
        next((sheet for sheet in sheets if sheet.title in names), None) for names in _titles()
    )
    if mark != _MARK or request is None or items is None:
        raise FormRefused(words, fields={"form": words})
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


def _titles() -> list[set[str]]:
    """Return the titles of the request sheet and of the items sheet, in every language."""
    titles: list[set[str]] = [set(), set()]
    for language in ("es", "en"):
        with translation.override(language):
            for names, title in zip(titles, _SHEETS, strict=True):
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
    for row in range(_FIRST_ITEM, len(sheet.rows) + 1):
        named, described = (
            "" if is_blank(text) else text.strip()
            for text in (str(sheet.value(row, column) or "") for column in (2, 3))
        )
        if not named and not described:
            continue
        if row > MAX_ITEMS + 1:
            wrong[f"{sheet.title}!C{row}"] = _("A request has up to %(limit)d items.") % {
                "limit": MAX_ITEMS
            }
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
    for row, name in sheet.beside:
        if row >= _FIRST_ITEM:
            wrong[f"{sheet.title}!{name}"] = _(
                "Nothing is read from this column. Move it to column C, or empty the cell."
            )
    if sheet.beyond is not None:
        wrong[f"{sheet.title}!C{sheet.beyond}"] = _("A request has up to %(limit)d items.") % {
            "limit": MAX_ITEMS
        }
    return wanted_items
