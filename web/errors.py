"""Turns domain errors into pages, form errors and API responses."""

import sys
from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import (
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db.utils import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import defaults

from escalation import verbs as escalation_verbs
from foundation.accounts.limits import TooMany
from foundation.core.errors import DomainError, NotAllowed, NotFound
from tickets import verbs as tickets_verbs
from tickets.queries import TimelineEntry
from tickets.services import StaleTicket, TransitionNotAllowed
from web.doors import is_api
from web.resending import has_typed_text, not_sent
from web.storage import cannot_store, storage_refused
from web.timeline import author_words, sentence

# Verbs that customers may read; notes and assignments stay inside the desk.
PUBLIC_VERBS = frozenset(
    {
        tickets_verbs.RAISED,
        tickets_verbs.STATE_CHANGED,
        tickets_verbs.CLASSIFIED,
        escalation_verbs.ESCALATED,
    }
)
# Error codes whose API status differs from ``page_status``: 412 for a failed If-Match, 409 and 422
# for conflicts.
API_STATUS = {
    "stale": 412,
    "transition_not_allowed": 409,
    "macro_refused": 409,
    "idempotency_key_in_flight": 409,
    "idempotency_key_reused": 422,
}


_PAGES = frozenset({400, 403, 404})  # statuses with a page of their own


def page_status(error: DomainError) -> int:
    """Return the HTTP status of the error page: 404 not found, 409 stale, 429 above a limit, 403
    not allowed, else 400.
    """
    if isinstance(error, NotFound):
        return 404
    if error.code == "stale":
        return 409
    if isinstance(error, TooMany):
        return 429
    return 403 if isinstance(error, NotAllowed) else 400


def api_status(error: DomainError) -> int:
    """Return the status with which the API answers."""
    return API_STATUS.get(error.code) or page_status(error)


def error_page(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Render the refusal as a page of its own, for a view that has no form to show it on. A person
    who sent a text finds it there.
    """
    status = page_status(error)
    if has_typed_text(request):
        response = not_sent(request, str(error.message), status)
    else:
        name = f"{status}.html" if status in _PAGES else "400.html"
        response = render(request, name, {"message": error.message}, status=status)
    for header, value in retry_headers(error).items():
        response[header] = value
    return response


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403 to who has not the capability, with the text that they sent."""
    if has_typed_text(request):
        words = _("Your role does not include it. Ask your administrator if you need it.")
        return not_sent(request, words, 403)
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404: a page, or the API's own shape of an error."""
    if is_api(request):
        return _api_answer(404, "not_found", _("There is nothing at this address."))
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that could not be read: too large, or too many fields or files."""
    is_large = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    words = (
        _("It is too large to be taken. Go back: what you typed is still in the form. Send less.")
        if is_large
        else _("This request could not be read.")
    )
    status = 413 if is_large else 400
    if is_api(request):
        return _api_answer(status, "too_large" if is_large else "bad_request", words)
    return render(request, "400.html", {"message": words}, status=status)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 after an unexpected error, or 503 when nothing can be stored or read: a page that
    needs nothing, or the API's own shape.
    """
    error = sys.exception()
    if error is not None and cannot_store(error):
        try:
            return storage_refused(request)
        except DatabaseError:  # the page asks the database too
            if has_typed_text(request):
                return storage_refused(request, asks_database=False)
            response = defaults.server_error(request)
            response.status_code = 503
            return response
    if is_api(request):
        words = _("Something failed on our side. Nothing was half done: try again.")
        return _api_answer(500, "server_error", words)
    return defaults.server_error(request)


def _api_answer(status: int, code: str, words: str) -> HttpResponse:
    return JsonResponse({"code": code, "detail": words, "fields": {}}, status=status)


def retry_headers(error: DomainError) -> dict[str, str]:
    """Return ``Retry-After`` (seconds) for a limit that was reached, else no header."""
    return {"Retry-After": str(error.retry_after)} if isinstance(error, TooMany) else {}


def put_on_form(form: forms.BaseForm, error: DomainError) -> None:
    """Add a domain error to the form: each field message beside its field, and the main message
    above the form unless a field has the same text.
    """
    beside = {str(text) for name, text in error.fields.items() if name in form.fields}
    if str(error.message) not in beside:
        form.add_error(None, str(error.message))
    put_fields_on_form(form, error)


def first_error(form: forms.BaseForm) -> str:
    """Return the first message of a form that has one."""
    return str(next(iter(form.errors.values()))[0])


def put_fields_on_form(form: forms.BaseForm, error: DomainError) -> None:
    """Put the field messages of a domain error beside their fields, for a page that shows the main
    message above the form. They replace the form's own messages of these fields.
    """
    for name, text in error.fields.items():
        if name in form.fields:
            form.errors.pop(name, None)
            form.add_error(name, str(text))


def _public(entry: TimelineEntry) -> TimelineEntry:
    """Return a fact without the number of another ticket, which its reader may not see."""
    payload = {name: each for name, each in entry.payload.items() if name != "duplicate_of"}
    return replace(entry, payload=payload)


def api_body(error: DomainError) -> dict[str, Any]:
    """Return ``{code, detail, fields}``.

    Add ``changes`` (public verbs only) for ``StaleTicket``, ``possible`` for
    ``TransitionNotAllowed``.
    """
    body: dict[str, Any] = {
        "code": error.code,
        "detail": str(error),
        "fields": {name: str(text) for name, text in error.fields.items()},
    }
    if isinstance(error, StaleTicket):
        body["changes"] = [
            {"at": entry.at, "by": author_words(entry), "what": sentence(_public(entry), "UTC")}
            for entry in error.changes
            if entry.verb in PUBLIC_VERBS
        ]
    if isinstance(error, TransitionNotAllowed):
        body["possible"] = error.possible
    return body
