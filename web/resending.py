"""A sent form that could not be taken: a page that says why, with what was typed, to be sent again
with one click.
"""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlsplit

from django.contrib.messages.storage import default_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from web.doors import is_api
from web.panels import is_partial, whole_page

# Fields that are not kept; those of a catalogue's form have names of their own.
_KEPT_BACK = frozenset(
    {
        *("csrfmiddlewaretoken", "code", "secret"),
        *("password", "password1", "password2", "oldpassword", "new_password"),
    }
)
# Fields that people type into. Of other fields, such as those of a catalogue's form, a text counts
# as typed when it is long.
TYPED = frozenset(
    {
        *("subject", "description", "body", "message", "reason", "supplier", "supplier_case"),
        *("visitors", "summary", "agreed_by", "place", "attendees", "answer", "name"),
    }
)
_LONG = 40  # letters
_AREA = re.compile(r"<textarea[^>]*>(.*?)</textarea>", re.DOTALL)
_FIELD = re.compile(r"<(?:input|option)\b[^>]*>")  # one name is a text here and a choice there
_VALUE = re.compile(r'\bvalue="([^"]*)"')


def not_sent(
    request: HttpRequest,
    reason: str,
    status: int,
    *,
    signs_in: bool = False,
    renewed: str = "",
    more: dict[str, str] | None = None,
    done: str = "",
    asks_database: bool = True,
) -> HttpResponse:
    """Return the page for a form that was not taken, with its fields. Those of a page of another
    site are shown and cannot be sent from here; files and secrets are not kept. ``renewed`` names a
    field that is not kept, because the page has a new one; ``more`` are fields that are sent along.
    ``done`` is the address of what the same text did before. Without ``asks_database`` the page has
    nothing of the person.
    """
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in _KEPT_BACK and name != renewed
        for value in values
    ]
    is_ours = _comes_from_us(request) and not request.path.startswith("/accounts/")
    context = {
        "reason": reason,
        "action": request.get_full_path() if is_ours else "",
        "fields": [*fields, *(more or {}).items()] if is_ours else [],
        "texts": _typed_texts(request) if is_ours else [],
        "has_files": bool(request.FILES),
        "signs_in": signs_in,
        "is_renewed": bool(renewed),
        "done": done,
    }
    if not asks_database:
        page = render_to_string("web/not_sent.html", context | {"csrf_token": get_token(request)})
        return HttpResponse(page, status=status)
    response = render(request, "web/not_sent.html", context, status=status)
    return whole_page(response) if is_partial(request) else response


def has_typed_text(request: HttpRequest) -> bool:
    """Tell whether a page of ours sent a text that is worth keeping."""
    return request.method == "POST" and _comes_from_us(request) and bool(_typed_texts(request))


def with_typed_text(request: HttpRequest, page: HttpResponse, reason: str) -> HttpResponse:
    """Return a page that refuses a form, if its fields have what was typed. Otherwise, as when its
    form is no longer on the page, return the page of a form that was not taken.
    """
    there = set(_texts_in_fields(page.content.decode()))
    typed = {_one_form(text) for text in _typed_texts(request)}
    if typed <= there:
        return page
    forget_messages(request)  # of which the reason is one
    return not_sent(request, reason, page.status_code)


def forget_messages(request: HttpRequest) -> None:
    """Drop the messages that this request added, as the middleware begins; earlier ones stay."""
    request._messages = default_storage(request)  # type: ignore[attr-defined]


def _typed_texts(request: HttpRequest) -> list[str]:
    return [
        value
        for name, values in request.POST.lists()
        if name not in _KEPT_BACK
        for value in values
        if len(value) >= _LONG or (name in TYPED and value.strip())
    ]


def _texts_in_fields(page: str) -> Iterator[str]:
    """Yield the texts in the fields of a page that people see."""
    yield from (_one_form(unescape(text)) for text in _AREA.findall(page))
    for field in _FIELD.findall(page):
        if 'type="hidden"' not in field:
            yield from (_one_form(unescape(text)) for text in _VALUE.findall(field))


def _one_form(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token another tab has replaced: by signing in, or out and in again."""
    words = _("You signed in again in another tab, so that this form was not accepted.")
    if is_api(request):
        return JsonResponse({"code": "not_allowed", "detail": words, "fields": {}}, status=403)
    return not_sent(request, words, 403)


def session_ended(request: HttpRequest) -> HttpResponse:
    """Answer a form that was sent after the session had ended."""
    return not_sent(request, _("Your session has ended."), 401, signs_in=True)


def _comes_from_us(request: HttpRequest) -> bool:
    """Tell whether a page of ours sent the form, by what the browser says of it."""
    site = request.headers.get("Sec-Fetch-Site", "")
    if site:
        return site == "same-origin"
    sender = request.headers.get("Origin") or request.headers.get("Referer", "")
    return urlsplit(sender).netloc == request.get_host()
