"""Every refusal as ``{code, detail, fields}``, in the language of the request."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from api.idempotency import KeyInFlight, KeyReused
from foundation.core.errors import DomainError, NotAllowed, NotFound
from tickets.services import StaleTicket, TransitionNotAllowed
from web.timeline import author_words, sentence

# What a customer sees of a ticket anyway; notes and assignments stay inside the desk.
PUBLIC_VERBS = frozenset(
    {"ticket.raised", "ticket.state_changed", "ticket.classified", "ticket.escalated"}
)


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer to a refusal; None lets an unexpected error become a 500."""
    if isinstance(error, DomainError):
        return Response(_body(error), status=_status(error))
    response = exception_handler(error, context)
    if response is not None and isinstance(error, exceptions.ValidationError):
        fields = {
            name: " ".join(str(text) for text in _flat(texts))
            for name, texts in response.data.items()
        }
        response.data = {
            "code": "invalid",
            "detail": _("Some fields are not right."),
            "fields": fields,
        }
    elif response is not None:
        detail = response.data.get("detail", "")
        response.data = {
            "code": getattr(detail, "code", "error"),
            "detail": str(detail),
            "fields": {},
        }
    return response


def _flat(texts: Any) -> list[Any]:
    if isinstance(texts, dict):
        return [text for value in texts.values() for text in _flat(value)]
    return list(texts) if isinstance(texts, list) else [texts]


def _status(error: DomainError) -> int:
    if isinstance(error, NotFound):
        return 404
    if isinstance(error, StaleTicket):
        return 412
    if isinstance(error, KeyInFlight | TransitionNotAllowed):
        return 409
    if isinstance(error, KeyReused):
        return 422
    return 403 if isinstance(error, NotAllowed) else 400


def _body(error: DomainError) -> dict[str, Any]:
    body: dict[str, Any] = {
        "code": error.code,
        "detail": str(error),
        "fields": {name: str(text) for name, text in error.fields.items()},
    }
    if isinstance(error, StaleTicket):
        body["changes"] = [
            {"at": entry.at, "by": author_words(entry), "what": sentence(entry, "UTC")}
            for entry in error.changes
            if entry.verb in PUBLIC_VERBS
        ]
    if isinstance(error, TransitionNotAllowed):
        body["possible"] = error.possible
    return body
