"""Turns an outbox row into subject, text and HTML, in the recipient's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.template import Context, Engine, Template
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from foundation.core.links import Link, address_of
from foundation.documents.models import Blob
from foundation.notifications.models import OutboxMessage

# The values of letters that people wrote as formatted text.
_WRITTEN = ("body", "description", "signature")
_BEGIN = "\ue000"
_END = "\ue001"
_MASKED = gettext_noop("Sensitive data is hidden in this e-mail: read it in the ticket.")


@dataclass(frozen=True)
class RenderedMessage:
    subject: str
    text: str
    html: str
    attachment: bytes | None = None
    attachment_type: str = ""


def render_message(message: OutboxMessage) -> RenderedMessage:
    """Render ``notifications/<template>.subject.txt`` and ``.txt``. The HTML is the same text,
    escaped, inside ``mail.html``, so that each message has one template; what a person wrote is
    formatted there. A letter whose context has ``is_masked`` says at its end that something is
    hidden.

    Whitespace in the subject becomes single spaces, so it has no line break.
    """
    context = _context(message)
    subject = render_subject(message)
    with translation.override(message.language or "es"):
        text = _text(message, context)
        with context.update(_marked(message.context)):
            parts = _parts(_text(message, context))
        html = render_to_string(
            "notifications/mail.html",
            {"parts": parts, "language": message.language, "mail_subject": subject},
        )
    if message.attachment_id is None:
        return RenderedMessage(subject, text, html)
    blob = Blob.objects.get(pk=message.attachment_id)
    return RenderedMessage(subject, text, html, blob.read(), blob.content_type)


def render_subject(message: OutboxMessage, language: str = "") -> str:
    """Return the subject alone, on one line, in the language of the letter or another one."""
    with translation.override(language or message.language or "es"):
        template = _template(f"notifications/{message.template}.subject.txt")
        return " ".join(template.render(_context(message)).split())


def _text(message: OutboxMessage, context: Context) -> str:
    text = _template(f"notifications/{message.template}.txt").render(context).strip() + "\n"
    return f"{text}\n{_(_MASKED)}\n" if message.context.get("is_masked") else text


def _marked(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts that people wrote between marks that no text has."""
    return {
        name: f"{_BEGIN}{_unmarked(values[name])}{_END}" for name in _WRITTEN if values.get(name)
    }


def _unmarked(text: str) -> str:
    return text.replace(_BEGIN, "").replace(_END, "")


def _parts(text: str) -> list[tuple[str, bool]]:
    """Return the parts of a marked text, each with whether a person wrote it."""
    parts = []
    for piece in text.split(_BEGIN):
        written, mark, rest = piece.partition(_END)
        parts += [(written, True), (rest, False)] if mark else [(piece, False)]
    return [(part.strip("\n"), is_written) for part, is_written in parts if part.strip()]


def _context(message: OutboxMessage) -> Context:
    addresses = {name: address_of(Link(*link)) for name, link in message.links.items()}
    values = {**message.context, **addresses, "to_name": message.to_name}
    return Context(values, autoescape=False)


def _template(name: str) -> Template:
    return Engine.get_default().get_template(name)
