"""The audit request form as an XLSX workbook, made with the customer's contracted services (SPEC
9.1). ``reading`` reads it back.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import translation
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from audits.models.fields import LONGEST_LINE
from catalog.models import Service
from foundation.core.classification import Environment
from foundation.core.texts import is_blank
from foundation.documents.tables import CellStyle, FormSheet, filled_form, form_bytes

MAX_ITEMS = 200
MAX_TEXT = 2000
LISTS = "Mesa"  # the hidden sheet with the mark and the values to choose from
SERVICES = 2  # its column with the services
MARK = "mesa-audit-form"
_VERSION = 1
FIRST_ROW = 4
VALUE = 3  # column of the request sheet
FIRST_ITEM = 2


@dataclass(frozen=True)
class FormField:
    """A field of the request. ``read`` returns the value of what a cell holds or a person typed, or
    raises ``ValueError`` with the words.
    """

    name: str
    label: str | Promise
    hint: str | Promise
    read: Callable[[Any], Any]
    is_required: bool = True


def written(value: Any) -> str:
    """Return a cell's value as text; blank for an empty one."""
    if isinstance(value, bool):
        return str(value).upper()
    text = "" if value is None else str(value)
    return "" if is_blank(text) else text.strip()


def _text(value: Any) -> str:
    text = written(value)
    if len(text) > MAX_TEXT:
        raise ValueError(_("Shorten it to %(limit)d characters.") % {"limit": MAX_TEXT})
    return text


def _line(value: Any) -> str:
    text = " ".join(_text(value).split())
    if len(text) > LONGEST_LINE:
        raise ValueError(_("Shorten it to %(limit)d characters.") % {"limit": LONGEST_LINE})
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

ENVIRONMENT_WORDS = {word for words in _ENVIRONMENTS.values() for word in words.values()}

FIELDS = (
    FormField("auditor_company", gettext_lazy("Auditing company"), "", _line),
    FormField("auditor_name", gettext_lazy("Auditor"), "", _line),
    FormField(
        "auditor_email",
        gettext_lazy("Auditor's e-mail"),
        gettext_lazy("Optional."),
        _email,
        is_required=False,
    ),
    FormField("purpose", gettext_lazy("Purpose of the audit"), "", _text),
    FormField(
        "period_from", gettext_lazy("Period from"), gettext_lazy("Date, such as 2026-01-01."), _day
    ),
    FormField(
        "period_to", gettext_lazy("Period to"), gettext_lazy("Date, such as 2026-12-31."), _day
    ),
    FormField(
        "environment",
        gettext_lazy("Environment"),
        gettext_lazy("Production; another one has to be evaluated and approved."),
        _environment,
    ),
)
SHEETS = (pgettext_lazy("sheet", "Request"), pgettext_lazy("sheet", "Items"))
_COLUMNS = (gettext_lazy("No."), gettext_lazy("Service"), gettext_lazy("What is requested"))


def make_form(services: Sequence[Service], *, language: str) -> bytes:
    """Return the empty form in the active language, with lists of the environments and of the
    contracted services to choose from.
    """
    names = _ENVIRONMENTS["es" if language.startswith("es") else "en"]
    environments = [names[environment] for environment in Environment]
    lists = FormSheet(
        LISTS,
        {
            "A1": MARK,
            "B1": _VERSION,
            **{f"A{row}": name for row, name in enumerate(environments, start=2)},
            **{f"B{row}": service.name for row, service in enumerate(services, start=2)},
        },
        is_hidden=True,
    )
    return form_bytes([_request_sheet(len(environments)), _items_sheet(len(services)), lists])


def completed_form(
    values: Mapping[str, Any],
    items: Sequence[tuple[Service, str]],
    services: Sequence[Service],
    *,
    language: str,
) -> bytes:
    """Return the form with a request filled in: ``values`` by the names of ``FIELDS``."""
    written_values = {
        f"C{row}": values[field.name] for row, field in enumerate(FIELDS, start=FIRST_ROW)
    }
    last = FIRST_ROW + len(FIELDS) - 1
    names = _ENVIRONMENTS["es" if language.startswith("es") else "en"]
    written_values[f"C{last}"] = names[Environment(values["environment"])]
    lines = {
        cell: value
        for row, (service, text) in enumerate(items, start=FIRST_ITEM)
        for cell, value in ((f"B{row}", service.name), (f"C{row}", text))
    }
    return filled_form(make_form(services, language=language), [written_values, lines])


def given_texts() -> list[dict[str, set[str]]]:
    """Return of the request sheet and of the items sheet what the form itself has in its cells, in
    every language.
    """
    found: list[dict[str, set[str]]] = [{}, {}]
    for language in ("es", "en"):
        with translation.override(language):
            for texts, sheet in zip(found, (_request_sheet(0), _items_sheet(0)), strict=True):
                for cell, value in sheet.values.items():
                    texts.setdefault(cell, set()).add(written(value))
    return found


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
    for row, field in enumerate(FIELDS, start=FIRST_ROW):
        values |= {f"B{row}": str(field.label), f"D{row}": str(field.hint)}
        styles |= {
            f"B{row}": CellStyle.HEADING,
            f"C{row}": CellStyle.TEXT,
            f"D{row}": CellStyle.HINT,
        }
    last = FIRST_ROW + len(FIELDS) - 1
    return FormSheet(
        str(SHEETS[0]),
        values,
        styles,
        choices={f"C{last}": f"{LISTS}!$A$2:$A${environment_count + 1}"},
        widths={"A": 2, "B": 28, "C": 60, "D": 50},
    )


def _items_sheet(service_count: int) -> FormSheet:
    """Lay out a numbered line for each of the ``MAX_ITEMS`` items."""
    heads = dict(zip(("A1", "B1", "C1"), map(str, _COLUMNS), strict=True))
    numbers = {f"A{number + 1}": number for number in range(1, MAX_ITEMS + 1)}
    allowed = f"{LISTS}!$B$2:$B${service_count + 1}"
    return FormSheet(
        str(SHEETS[1]),
        heads | numbers,
        dict.fromkeys(heads, CellStyle.HEADING),
        choices={f"B{FIRST_ITEM}:B{MAX_ITEMS + 1}": allowed} if service_count else {},
        widths={"A": 6, "B": 36, "C": 90},
        frozen_at="A2",
    )
