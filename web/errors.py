"""From a refusal of the domain to a page, a message on a form, or an answer of the API."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from escalation import verbs as escalation_verbs
from foundation.core.errors import DomainError, NotAllowed, NotFound
from tickets import verbs as tickets_verbs
from tickets.services import StaleTicket, TransitionNotAllowed
from web.timeline import author_words, sentence

# What a customer sees of a ticket anyway; notes and assignments stay inside the desk.
PUBLIC_VERBS = frozenset(
    {
        tickets_verbs.RAISED,
        tickets_verbs.STATE_CHANGED,
        tickets_verbs.CLASSIFIED,
        escalation_verbs.ESCALATED,
    }
)
# The failed precondition of If-Match, and conflicts that only a machine is told apart.
API_STATUS = {
    "stale": 412,
    "transition_not_allowed": 409,
    "idempotency_key_in_flight": 409,
    "idempotency_key_reused": 422,
}


def page_status(error: DomainError) -> int:
    """Return the status of the page that shows the refusal."""
    if isinstance(error, NotFound):
        return 404
    if isinstance(error, StaleTicket):
        return 409
    return 403 if isinstance(error, NotAllowed) else 400


def api_status(error: DomainError) -> int:
    """Return the status with which the API answers."""
    return API_STATUS.get(error.code) or page_status(error)


def error_page(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Render the refusal as a page of its own, for a view that has no form to show it on."""
    status = page_status(error)
    return render(request, f"{status}.html", {"message": error.message}, status=status)


def put_on_form(form: forms.BaseForm, error: DomainError) -> None:
    """Show a refusal on the form: what it says of a field beside that field, its sentence on top
    unless a field says it.
    """
    beside = {name: str(text) for name, text in error.fields.items() if name in form.fields}
    if str(error.message) not in beside.values():
        form.add_error(None, str(error.message))
    for name, text in beside.items():
        form.add_error(name, text)


def api_body(error: DomainError) -> dict[str, Any]:
    """Return ``{code, detail, fields}``, with what changed or what is possible where that helps."""
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
