"""Renders every error as ``{code, detail, fields}``, in the language of the request."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from foundation.core.errors import DomainError
from web.errors import api_body, api_status, retry_headers


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer to a refusal; None lets an unexpected error become a 500."""
    if isinstance(error, DomainError):
        return Response(api_body(error), status=api_status(error), headers=retry_headers(error))
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
