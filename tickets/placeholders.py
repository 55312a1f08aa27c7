"""Placeholders of saved replies: ``{{requester}}``, or ``{{solicitante}}``, is the requester's
name. One without a value stays as it is, and a text with one is not sent.
"""

import re
from collections.abc import Callable

from django.utils.translation import override

from foundation.accounts.models import User
from foundation.core.templatetags.words import instant
from foundation.core.wording import is_spanish
from tickets.models import Ticket

_MARK = re.compile(r"\{\{\s*([^{}\s]{1,40})\s*\}\}")

Value = Callable[[Ticket, User], str]


def _due(ticket: Ticket, writer: User) -> str:
    """Return the next due instant, in the customer's time zone."""
    return instant(ticket.next_due_at, ticket.organization.time_zone) if ticket.next_due_at else ""


# Each by its name in English and in Spanish.
PLACEHOLDERS: dict[tuple[str, str], Value] = {
    ("requester", "solicitante"): lambda ticket, writer: ticket.requester.full_name,
    ("first_name", "nombre"): lambda ticket, writer: ticket.requester.get_short_name(),
    ("company", "empresa"): lambda ticket, writer: ticket.organization.name,
    ("number", "numero"): lambda ticket, writer: ticket.number,
    ("subject", "asunto"): lambda ticket, writer: ticket.subject,
    ("service", "servicio"): lambda ticket, writer: ticket.service.name,
    ("due", "vencimiento"): _due,
    ("assignee", "asignado"): lambda ticket, writer: str(ticket.assignee or ""),
    ("me", "yo"): lambda ticket, writer: writer.full_name,
}
_BY_NAME = {name: value for names, value in PLACEHOLDERS.items() for name in names}


def placeholders() -> list[str]:
    """Return the placeholders as they are written, in the reader's language."""
    place = 1 if is_spanish() else 0
    return [f"{{{{{names[place]}}}}}" for names in PLACEHOLDERS]


def unknown_in(text: str) -> list[str]:
    """Return the placeholders of a text that there are not, as they are written."""
    return [mark[0] for mark in _MARK.finditer(text) if mark[1].lower() not in _BY_NAME]


def left_in(text: str) -> list[str]:
    """Return the placeholders of a text that nothing has replaced, as they are written."""
    return [mark[0] for mark in _MARK.finditer(text) if mark[1].lower() in _BY_NAME]


def without_value(text: str, ticket: Ticket, writer: User) -> list[str]:
    """Return the placeholders of a text for which a ticket has no value, as they are written."""
    return [
        mark[0]
        for mark in _MARK.finditer(text)
        if not _BY_NAME.get(mark[1].lower(), _nothing)(ticket, writer)
    ]


def _nothing(ticket: Ticket, writer: User) -> str:
    return ""


def filled(text: str, ticket: Ticket, writer: User, language: str) -> str:
    """Return a text with the values of a ticket, in the language of its reader."""

    def value(mark: re.Match[str]) -> str:
        found = _BY_NAME.get(mark[1].lower())
        return (found(ticket, writer) if found else "") or mark[0]

    with override(language):
        return _MARK.sub(value, text)
